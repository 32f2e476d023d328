// What Python wrote into the golden messages, against what is written here for the same input: byte for byte.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  decodeRequestBody,
  decodeResponseBody,
  encodeFailureBody,
  encodeNotificationBody,
  encodeRequestBody,
  encodeResponseBody,
} from '../../../src/messaging/body.ts'
import { deserializeFailure, serializeFailure } from '../../../src/messaging/failure.ts'
import { decodeJson, encodeJson, JsonFloat } from '../../../src/messaging/json.ts'
import { buildNotification } from '../../../src/notify/notification.ts'
import { buildRequest } from '../../../src/rpc/request.ts'

interface Vector {
  readonly name: string
  readonly body_json: string
  readonly envelope?: { method: string; args: Record<string, unknown>; namespace?: string; version?: string }
  readonly context: Record<string, unknown>
  readonly call_monitor_timeout?: number | null
  readonly result?: unknown
  readonly failure_text: string
  readonly notification: Record<string, string>
  readonly envelope_version: unknown
}

const folder = new URL('../../../../work/', import.meta.url)
void folder

const vectors = process.env.OSLO_MESSAGING_VECTORS ?? 'test/vectors'
