// What to paste, by the kind of peer: into its configuration, a shell, or the options of this library.

import type { AmqpOptions } from '../amqp1/options.ts'
import { artemisAdvice } from './artemis-advice.ts'
import type { Advice, Finding, PeerFacts } from './diagnosis.ts'

export interface AdviceScope {
  /** The kind of peer: a value of the option `profile`. */
  readonly profile: string
  readonly options: AmqpOptions
  readonly peer: PeerFacts
  readonly findings: readonly Finding[]
  /** The host of the URL is this machine. */
  readonly local: boolean
}

export function adviceFor(scope: AdviceScope): Advice[] {
  const ofKind = BY_PROFILE[scope.profile]?.(scope) ?? []
  return [...ofKind, ...aboutConnection(scope)]
}

const RABBITMQ4_PERMISSIONS: Advice = {
  title:
    'RabbitMQ 4 needs no policy. Where a user may not do everything in the virtual host, this is what he needs (instead of /, nova: its name, his name)',
  text: [
    'rabbitmqctl set_permissions --vhost / nova \\',
    "  '^(exclusive|unicast|broadcast|reply)\\.|^amq\\.dyn-' \\",
    "  '^(exclusive|unicast|broadcast|reply)\\.|^amq\\.(dyn-|direct$|default$)' \\",
    "  '^(exclusive|unicast|broadcast|reply)\\.|^amq\\.(dyn-|direct$)'",
  ].join('\n'),
}

const BY_PROFILE: Readonly<Record<string, (scope: AdviceScope) => readonly Advice[]>> = {
  'qpid-dispatch-router': ({ options }) => [
    {
      title:
        'qdrouterd.conf or skrouterd.conf: fan-outs have to reach all servers, requests one of them. Without these lines every address is balanced, and a fan-out comes to one server only',
      text: routerAddresses(options),
    },
    {
      title:
        'a notification is published when a listener has taken it: start listeners first, or send notifications to a broker',
      text: '',
    },
  ],
  'qpid-cpp': ({ options }) => [
    {
      title:
        'qpidd: queues and topics are made for these names (options of the command, or lines of qpidd.conf without the dashes)',
      text: [
        `--queue-patterns ${options.serverRequestPrefix}`,
        `--queue-patterns ${options.groupRequestPrefix}`,
        `--topic-patterns ${options.broadcastPrefix}`,
      ].join('\n'),
    },
  ],
  rabbitmq3: () => [
    {
      title:
        'RabbitMQ 3: queues of replies, fan-outs and single servers outlive who they were made for; this policy removes those that nobody uses for ten minutes',
      text: `rabbitmqctl set_policy oslo-messaging '^(amq\\.gen-|reply\\.|exclusive\\.)' '{"expires":600000}' --apply-to queues`,
    },
  ],
  'rabbitmq4.0': () => [RABBITMQ4_PERMISSIONS],
  'rabbitmq4.1': () => [RABBITMQ4_PERMISSIONS],
  rabbitmq4: () => [RABBITMQ4_PERMISSIONS],
  artemis: ({ options }) => [artemisAdvice(options)],
  activemq: () => [
    {
      title:
        "only where peers with Python's driver are on it too: without a user they speak no SASL (activemq.xml, at the connector), and fan-outs reach both with these options",
      text: [
        'wireFormat.allowNonSaslConnections=true',
        "addressing_mode=legacy    # this library's and Python's",
        "broadcast_prefix=topic://broadcast    # Python's",
      ].join('\n'),
    },
  ],
  'broker-j': ({ options }) => [
    {
      title:
        'Broker-J, only where it has access rules: what its users have to be allowed in the virtual host (an ACL file)',
      text: [
        'ACL ALLOW ALL CREATE QUEUE',
        'ACL ALLOW ALL CREATE EXCHANGE name="oslo.notifications"',
        'ACL ALLOW ALL BIND EXCHANGE',
      ].join('\n'),
    },
    {
      title:
        "only where peers with Python's driver are on it too, which makes no queues: an attribute of the virtual host, and Python's options",
      text: [
        `"nodeAutoCreationPolicies": ${JSON.stringify([queuesForAll(options)])}`,
        'addressing_mode=legacy',
        'broadcast_prefix=amq.direct/broadcast',
      ].join('\n'),
    },
  ],
  'service-bus': ({ options }) => [
    {
      title:
        'Service Bus makes nothing by itself: what was tried here is there only if somebody has created it. For a topic TOPIC, each of its servers SERVER, and notifications, create',
      text: serviceBusEntities(options),
    },
  ],
  plain: ({ options, findings }) =>
    findings.every(({ state }) => state !== 'no')
      ? []
      : [
          {
            title:
              'nothing is known of this product. Where it has other names for queues and topics, describe it by options (omsg options explains each), for instance',
            text: describedBy(options),
          },
        ],
}

/** The specification's distributions; a notification goes to one of those who listen. */
function routerAddresses(options: AmqpOptions): string {
  const { rpcAddressPrefix, notifyAddressPrefix, multicastAddress, unicastAddress, anycastAddress } = options
  const blocks = [
    [`${rpcAddressPrefix}/${multicastAddress}`, 'multicast'],
    [`${rpcAddressPrefix}/${unicastAddress}`, 'closest'],
    [`${rpcAddressPrefix}/${anycastAddress}`, 'balanced'],
    [`${notifyAddressPrefix}/${anycastAddress}`, 'balanced'],
    [options.broadcastPrefix, 'multicast'],
    [options.serverRequestPrefix, 'closest'],
    [options.groupRequestPrefix, 'balanced'],
  ]
  return blocks.map(([prefix, way]) => `address {\n    prefix: ${prefix}\n    distribution: ${way}\n}`).join('\n')
}

/** Whoever attaches to one finds it there. */
const queuesForAll = ({ serverRequestPrefix, groupRequestPrefix }: AmqpOptions): object => ({
  pattern: `(${serverRequestPrefix}|${groupRequestPrefix})\\..*`,
  nodeType: 'queue',
  createdOnPublish: true,
  createdOnConsume: true,
  attributes: {},
})

function serviceBusEntities(options: AmqpOptions): string {
  const { serverRequestPrefix, groupRequestPrefix, broadcastPrefix, replyAddress = 'replies' } = options
  const all = `${broadcastPrefix}.openstack.TOPIC.all`
  return [
    'IN="--resource-group GROUP --namespace-name NAMESPACE"',
    `az servicebus queue create $IN --name ${replyAddress} --enable-session true --lock-duration PT5M --default-message-time-to-live PT1H`,
    `az servicebus queue create $IN --name ${groupRequestPrefix}.openstack.TOPIC --lock-duration PT5M`,
    `az servicebus queue create $IN --name ${serverRequestPrefix}.openstack.TOPIC.SERVER --lock-duration PT5M`,
    `az servicebus topic create $IN --name ${all}`,
    `az servicebus topic subscription create $IN --topic-name ${all} --name SERVER --lock-duration PT5M`,
    `az servicebus queue create $IN --name ${groupRequestPrefix}.openstack.notifications.info --lock-duration PT5M`,
  ].join('\n')
}

const describedBy = (options: AmqpOptions): string =>
  [
    'addressing_mode=legacy',
    `server_request_prefix=${options.serverRequestPrefix}`,
    `group_request_prefix=${options.groupRequestPrefix}`,
    `broadcast_prefix=${options.broadcastPrefix}`,
    'queue_capabilities=queue',
    'topic_capabilities=topic',
    'reply_address=reply.{id}',
  ].join('\n')

function aboutConnection({ peer, options, local }: AdviceScope): Advice[] {
  const advice: Advice[] = []
  const [own] = peer.tls?.chain ?? []
  if (own && Date.parse(own.until) - Date.now() < SOON_MS)
    advice.push({ title: `the certificate of the peer ends on ${own.until}: renew it`, text: '' })
  if (peer.sasl?.mechanism === 'PLAIN' && !peer.tls && !local)
    advice.push({
      title: 'the password goes over the network as it is: use amqps:// where others can listen',
      text: '',
    })
  if (options.idleTimeoutMs === 0)
    advice.push({
      title: 'idle_timeout is 0: a peer that is gone without a word is never noticed',
      text: 'idle_timeout=60',
    })
  return advice
}

/** A month. */
const SOON_MS = 30 * 24 * 3_600_000
