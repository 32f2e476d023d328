// Apache Qpid's broker in C++ (qpidd), and what says nothing of itself, which oslo.messaging takes for it: legacy addresses, for which
// the broker has queue and topic patterns (its option --queue-patterns).

import { defineProfile } from './plain-profile.ts'

export const QPID_CPP_PROFILE = defineProfile({
  name: 'qpid-cpp',
  fits: ({ product }) => product === undefined || product === 'qpid-cpp',
  syntax: 'legacy',
})
