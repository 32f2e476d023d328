// Versions of endpoint interfaces: `major.minor[.revision]`. oslo_messaging/_utils.py: version_is_compatible.

import { InvalidVersionError } from './errors.ts'

const INTEGER = /^\s*[+-]?\d+\s*$/

/**
 * Whether a server that implements one version can serve a request for another: same major; the requested minor, and with
 * equal minors the requested revision, not greater. Numbers count, not texts: 1.10 is newer than 1.9.
 *
 * Nothing implemented means everything is served; nothing requested fits no version. A malformed version fits none.
 */
export function versionIsCompatible(implemented: string | undefined, requested: string | undefined): boolean {
  if (implemented === undefined || implemented === requested) return true
  if (requested === undefined) return false
  const ours = parseVersion(implemented)
  const theirs = parseVersion(requested)
  if (!ours || !theirs || ours[0] !== theirs[0]) return false
  return theirs[1] === ours[1] ? theirs[2] <= ours[2] : theirs[1] < ours[1]
}

/** Returns the version. Throws InvalidVersionError unless it is `int.int` or `int.int.int`; what follows is ignored, as Python does. */
export function checkVersion(version: string): string {
  if (typeof version !== 'string' || !parseVersion(version)) throw new InvalidVersionError(version)
  return version
}

function parseVersion(version: string): readonly [number, number, number] | undefined {
  const [major, minor, revision = '0'] = version.split('.', 4)
  if (major === undefined || minor === undefined) return undefined
  if (!INTEGER.test(major) || !INTEGER.test(minor) || !INTEGER.test(revision)) return undefined
  return [Number(major), Number(minor), Number(revision)]
}
