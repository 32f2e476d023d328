// The suite: what every intermediary is put to, in the order of the page.

import { CALLS } from './calls.ts'
import { CASTS } from './casts.ts'
import { HOSTS } from './hosts.ts'
import { LOSSES } from './losses.ts'
import { NOTIFICATIONS } from './notifications.ts'
import { PYTHON_PEERS } from './python.ts'
import type { Scenario } from './scenario.ts'
import { ROUND_TRIPS } from './values.ts'

export const SCENARIOS: readonly Scenario[] = [
  ...CALLS,
  ...CASTS,
  ...NOTIFICATIONS,
  ...ROUND_TRIPS,
  ...HOSTS,
  ...PYTHON_PEERS,
  ...LOSSES,
]
