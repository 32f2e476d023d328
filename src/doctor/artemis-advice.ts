// What belongs into Artemis' broker.xml: one block for each match, as a second one of the same match would replace the first.

import type { AmqpOptions } from '../amqp1/options.ts'
import type { Advice } from './diagnosis.ts'

export function artemisAdvice(options: AmqpOptions): Advice {
  const legacy = options.addressingMode === 'legacy'
  return {
    title: `broker.xml: queues of requests may go with their servers; those of notifications must not, or they would keep nothing for the next listener${legacy ? LEGACY : ROUTABLE}. The lines on routing types are only for Python's peers, which ask for no kind of address`,
    text: [
      ...(legacy ? [] : [WORDS_END_AT_A_SLASH]),
      '<address-settings>',
      ...(legacy ? legacySettings(options) : routableSettings(options)),
      '</address-settings>',
    ].join('\n'),
  }
}

/** Its patterns go by whole words, which in these addresses end so. */
const WORDS_END_AT_A_SLASH = '<wildcard-addresses><delimiter>/</delimiter></wildcard-addresses>'

const ROUTABLE =
  '. The delimiter holds for the whole broker: where other matches have dots between their words, they have to be written with / too'
const LEGACY = ' (in this addressing mode they begin as the requests of groups do)'

const routableSettings = ({ rpcAddressPrefix, notifyAddressPrefix, multicastAddress }: AmqpOptions): string[] => [
  ...addressSetting(`${rpcAddressPrefix}/#`, 'ANYCAST', true),
  ...addressSetting(`${rpcAddressPrefix}/${multicastAddress}/#`, 'MULTICAST', true),
  ...addressSetting(`${notifyAddressPrefix}/#`, 'ANYCAST', false),
]

const legacySettings = ({ serverRequestPrefix, groupRequestPrefix, broadcastPrefix }: AmqpOptions): string[] => [
  ...addressSetting(`${serverRequestPrefix}.#`, 'ANYCAST', true),
  ...addressSetting(`${broadcastPrefix}.#`, 'MULTICAST', true),
  ...addressSetting(`${groupRequestPrefix}.#`, 'ANYCAST', false),
]

const addressSetting = (match: string, routingType: 'ANYCAST' | 'MULTICAST', mayGo: boolean): string[] => [
  `  <address-setting match="${match}">`,
  `    <auto-delete-queues>${mayGo}</auto-delete-queues>`,
  `    <auto-delete-addresses>${mayGo}</auto-delete-addresses>`,
  "    <!-- only where Python's peers are on it too: -->",
  `    <default-address-routing-type>${routingType}</default-address-routing-type>`,
  `    <default-queue-routing-type>${routingType}</default-queue-routing-type>`,
  '  </address-setting>',
]
