import type { Router, RouterOptions } from '../router/index.ts'
import { startProbedRouter } from '../router/router.ts'
import { ActiveEffects } from './active-effects.ts'
import { Chaos } from './chaos.ts'

/** A router with somebody who disturbs it. */
export interface TestRouter extends Router {
  readonly chaos: Chaos
}

/**
 * Starts a router that does to its peers what a test asks for. All else is as with `startRouter` of the door
 * `oslo-messaging/router`: on a free port of the loopback, unless it is told another.
 *
 * @throws what that throws.
 */
export async function startRouter(options: RouterOptions = {}): Promise<TestRouter> {
  const effects = new ActiveEffects()
  const router = await startProbedRouter(options, effects)
  return Object.assign(router, { chaos: new Chaos(effects) })
}
