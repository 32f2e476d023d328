// The promises of src/messaging/driver.ts as cases that every driver has to pass.

import { describe } from 'node:test'
import type { CreateBus } from './bus-fixture.ts'
import { callCases } from './call-cases.ts'
import { castCases } from './cast-cases.ts'
import { lifeCycleCases } from './life-cycle-cases.ts'
import { monitorCases } from './monitor-cases.ts'
import { notificationCases } from './notification-cases.ts'

export type { ConformanceBus, CreateBus } from './bus-fixture.ts'

/** Declares the suite for one driver. `createBus` is called for every case. */
export function driverConformance(name: string, createBus: CreateBus): void {
  describe(`the driver contract: ${name}`, () => {
    callCases(createBus)
    monitorCases(createBus)
    castCases(createBus)
    notificationCases(createBus)
    lifeCycleCases(createBus)
  })
}
