/**
 * For tests of applications: a router that fails on request, a bus within the process, and time that passes when it is told to.
 *
 * @module
 */

export type { AddressPattern } from './address-pattern.ts'
export { REPLIES } from './address-pattern.ts'
export type { Chaos, ChaosCounters, ConnectionFilter, LinkFilter } from './chaos.ts'
export type { ChaosEffect } from './chaos-effect.ts'
export { ChaosMissedError, FakeClockError, TestingError } from './errors.ts'
export type { FakeClock } from './fake-clock.ts'
export { useFakeClock } from './fake-clock.ts'
export { createMemoryTransport } from './memory-transport.ts'
export type { TestRouter } from './test-router.ts'
export { startRouter } from './test-router.ts'
