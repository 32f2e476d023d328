// The routing configuration as oslo keeps it: a YAML file (option routing_config). The one place that knows of the package yaml, an
// optional peer dependency.

import { readFile } from 'node:fs/promises'
import { ConfigFileError } from '../messaging/errors.ts'
import { Routes, type RoutingConfig } from './routing-config.ts'

/**
 * Reads a routing file, for `routing` of a Notifier. An empty file has no groups: nothing is published.
 *
 *     const routing = await loadRouting('/etc/nova/routing.yaml')
 *     const notifier = new Notifier(transport, { publisherId, publishers: 'routing', routing })
 *
 * Needs the package yaml: `npm install yaml`.
 *
 * @throws ConfigFileError (`CONFIG_FILE`): it cannot be read, is no YAML or no such configuration, or the package is not there.
 */
export async function loadRouting(path: string): Promise<RoutingConfig> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new ConfigFileError(`cannot be read: ${reason}`, { cause }).at(path)
  }
  const { parse } = await yamlPackage(path)
  try {
    // As YAML 1.1 had it a file of some lines may stand for gigabytes (aliases of aliases).
    const config = (parse(text, { maxAliasCount: 100 }) ?? {}) as RoutingConfig
    new Routes(config)
    return config
  } catch (cause) {
    throw new ConfigFileError(cause instanceof Error ? cause.message : String(cause), { cause }).at(path)
  }
}

/** What is used of it, so that the types of this library need none of its. */
interface YamlPackage {
  parse(text: string, options: { readonly maxAliasCount: number }): unknown
}

async function yamlPackage(path: string): Promise<YamlPackage> {
  try {
    return await import('yaml')
  } catch (cause) {
    throw new ConfigFileError('a routing file needs the package yaml, version 2: npm install yaml', { cause }).at(path)
  }
}
