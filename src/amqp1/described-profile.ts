// A kind of peer as options describe it: for one that nobody has written a profile for, or that is set up in a way of its own.

import { OptionError } from '../support/options.ts'
import { createAddresser } from './addressing.ts'
import { reasonOf } from './errors.ts'
import type { AmqpOptions } from './options.ts'
import { PLAIN_PROFILE } from './plain-profile.ts'
import type { NodeForm, PeerTraits, Profile, ReplyForm } from './profile.ts'
import { namedProfile } from './profiles.ts'
import { type ReplyAddressPolicy, replyAddressPolicy } from './reply-address.ts'
import { SERVICE_BUS_PROFILE } from './service-bus-profile.ts'
import { serviceBusTokenNodes } from './service-bus-token.ts'
import { temporaryQueues } from './temporary-queues.ts'

/** What options say of the peer, before it has said a word. */
export interface DescribedProfile {
  /** The kind that they name. */
  readonly named: Profile | undefined
  /** A kind with what else they say: for that one, or where none is named for the one that is found. */
  readonly describe: (kind: Profile) => Profile
}

/** Throws OptionError where one option needs another one, or bars it. */
export function describedProfile(options: AmqpOptions): DescribedProfile {
  const { profile } = options
  const named = profile === undefined ? undefined : namedProfile(profile)
  const nodes = tokenNodes(options, named)
  const describe = (kind: Profile): Profile => {
    const replies = describedReplies(options, kind.replies)
    const capabilities = describedCapabilities(options, kind.capabilities)
    return { ...kind, replies, capabilities, ...(nodes ? { nodes } : {}) }
  }
  const described = describe(named ?? PLAIN_PROFILE)
  if (named) checkAddresses(options, described)
  return { named, describe }
}

/** A kind that goes by something else for notifications than for requests is left that. */
function describedCapabilities(
  { queueCapabilities: queue, topicCapabilities: topic }: AmqpOptions,
  known: PeerTraits['capabilities'],
): PeerTraits['capabilities'] {
  if (queue.length + topic.length === 0) return known
  const { request = [], broadcast = [], notification = queue } = known ?? {}
  return {
    request: queue.length > 0 ? queue : request,
    broadcast: topic.length > 0 ? topic : broadcast,
    notification,
  }
}

/** Whether the addresses that other options make are any of the peer's: it says so now, and not with each link. */
function checkAddresses(options: AmqpOptions, kind: Profile): void {
  const { nodes, name } = kind
  const addresser = createAddresser({ options, controlExchange: 'EXCHANGE', virtualHost: undefined }, kind)
  const { unicast, anycast, multicast } = addresser.server({ topic: 'TOPIC', server: 'SERVER' })
  try {
    for (const address of [unicast, anycast]) nodes?.source(address, 'request', 'ID')
    nodes?.source(multicast, 'broadcast', 'ID')
    nodes?.source(addresser.notification({ topic: 'TOPIC' }), 'notification', 'ID')
  } catch (error) {
    throw invalid('profile', `"${name}" does not go with other options: ${reasonOf(error)}`)
  }
}

/** The nodes of the kind that is named, for who shows a token for each of them. */
function tokenNodes({ cbsToken }: AmqpOptions, named: Profile | undefined): NodeForm | undefined {
  if (cbsToken === undefined) return undefined
  if (named !== SERVICE_BUS_PROFILE)
    throw invalid('cbs_token', `it is for Service Bus alone: say profile=${SERVICE_BUS_PROFILE.name} too`)
  return serviceBusTokenNodes(cbsToken)
}

/** Stands in an address for a text that is one of a kind. */
const ID = '{id}'

/** Servers write to what is described as ours, and to what the kind allows: it knows what else its addresses may mean. */
function describedReplies(options: AmqpOptions, known: ReplyForm | undefined): ReplyForm | undefined {
  const { replyAddress, replyToAddress = replyAddress, replyCapabilities } = options
  const mayReplyTo = known?.mayReplyTo ?? replyAddressPolicy(options)
  const named = replyAddress !== undefined && replyToAddress === replyAddress && !replyAddress.includes(ID)
  if (known?.at && named && replyCapabilities.length === 0) return known.at(replyAddress)
  if (replyAddress === undefined) {
    if (replyToAddress !== undefined)
      throw invalid('reply_to_address', 'it says where replies to reply_address are sent, and there is none')
    return replyCapabilities.length === 0 ? known : temporaryQueues(mayReplyTo, replyCapabilities)
  }
  if (replyCapabilities.length > 0)
    throw invalid('reply_capabilities', 'they are for addresses that the peer gives, and reply_address says our own')
  if (replyToAddress?.includes(ID) !== replyAddress.includes(ID))
    throw invalid('reply_to_address', `expected ${ID} in it exactly where reply_address has it`)
  const written = (address: string, id: string): string => address.replaceAll(ID, id)
  const { declareAt } = known ?? {}
  const ours = [replyAddress, replyToAddress as string].map(formOf)
  return {
    source: (id) => ({ address: written(replyAddress, id) }),
    replyTo: (id) => written(replyToAddress as string, id),
    // What is declared goes with the connection.
    ...(declareAt ? { declarations: (id) => declareAt(written(replyAddress, id)) } : { outlives: true }),
    mayReplyTo: (address) => ours.some((form) => form(address)) || mayReplyTo(address),
  }
}

/** Whether an address is one of that form: the ids of other clients are as ours. */
function formOf(address: string): ReplyAddressPolicy {
  const parts = address.split(ID).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const form = new RegExp(`^${parts.join('[\\w-]{1,100}')}$`)
  return (other) => form.test(other)
}

const invalid = (option: string, why: string): OptionError =>
  new OptionError(
    'OPTION_INVALID',
    'oslo_messaging_amqp',
    option,
    `option "${option}" in group [oslo_messaging_amqp]: ${why}`,
  )
