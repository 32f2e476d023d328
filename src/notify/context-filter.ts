// Notifications reach anybody who listens: of their context only what identifies is sent, never tokens or catalogs.
// oslo_messaging/notify/notifier.py, with Debian's security fix. RPC contexts are sent as they are.

import type { SerializedContext } from '../messaging/serializer.ts'

/** The keys of a context that are no secrets. */
const SAFE_KEYS: readonly string[] = Object.freeze([
  'user_id',
  'project_id',
  'domain_id',
  'user_domain_id',
  'project_domain_id',
  'is_admin',
  'request_id',
  'roles',
  'user_name',
  'project_name',
  'domain_name',
  'user_domain_name',
  'project_domain_name',
  'service_user_id',
  'service_user_domain_id',
  'service_user_domain_name',
  'service_project_id',
  'service_project_name',
  'service_project_domain_id',
  'service_project_domain_name',
  'service_roles',
  'global_request_id',
  'system_scope',
  'user',
  'domain',
  'user_domain',
  'project_domain',
])

const safe: ReadonlySet<string> = new Set(SAFE_KEYS)

/** The context with its safe keys only, in their order. */
export function safeContext(context: object): SerializedContext {
  const filtered: Record<string, unknown> = {}
  const given = context as SerializedContext
  for (const key of Object.keys(given)) if (safe.has(key)) filtered[key] = given[key]
  return filtered
}
