// What is known about a kind of peer: what it needs besides the addresses that options name, and what it does differently. Each kind is
// a file of its own (…-profile.ts); which of them a connection has: profiles.ts.

import type { AmqpValue, Message } from '../amqp/index.ts'
import type { PeerIdentity } from './peer-identity.ts'
import type { SourceTerms } from './subscription-link.ts'

/** Legacy addresses with these prefixes, where options do not say another address syntax or prefix. */
export interface AddressForm {
  readonly serverRequestPrefix: string
  readonly groupRequestPrefix: string
  readonly broadcastPrefix: string
  /** Writes the name that follows the prefix. Default: as it is. */
  readonly encode?: (name: string) => string
}

/** How a link for replies is attached where a plain dynamic address is not to be had. `id`: one of a kind. */
export interface ReplyForm {
  source(
    id: string,
  ): Pick<SourceTerms, 'address' | 'filter'> | { readonly dynamic: true; readonly capabilities: readonly string[] }
  /** Where replies are to be sent. Undefined: the address that the peer gives. */
  replyTo(id: string): string | undefined
  /** Whether a server writes to an address that a caller names. */
  mayReplyTo(address: string): boolean
  /** Its node outlives the connection: with the same id over each one is left behind at most. Default: each has an id of its own. */
  readonly outlives?: boolean
  /** What has to be declared before the link attaches. Default: nothing. */
  declarations?(id: string): readonly Declaration[]
  /** Its node is shared by groups: a request says which one its reply is for (reply-to-group-id), and the reply repeats it (group-id). */
  readonly grouped?: boolean
  /** What has to be asked for again and again while the link is attached, or the peer takes it away. Default: nothing. */
  readonly upkeep?: ReplyUpkeepForm
  /** What has to be declared for the address that `reply_address` names; it goes with the connection. Default: nothing. Throws LinkError. */
  declareAt?(address: string): readonly Declaration[]
  /** The same at another address, which the option `reply_address` names. Default: that option describes replies by itself. */
  at?(address: string): ReplyForm
}

export interface ReplyUpkeepForm {
  readonly everyMs: number
  readonly management: ManagementForm
  request(id: string): ManagementRequest
}

/** What a link is for, as far as it says what a node has to be like. Broadcast: a request to all servers of a topic. */
export type NodeUse = 'request' | 'broadcast' | 'notification'

/** What makes a node, or makes sure of it. */
export type Declaration = ManagementRequest | PassingLink

/** One request to the peer's management node. */
export interface ManagementRequest {
  readonly method: string
  readonly path: string
  readonly body: Readonly<Record<string, AmqpValue>>
}

/** How the peer's management node is spoken to. */
export interface ManagementForm {
  readonly address: string
  /**
   * True: requests and answers go over a pair of links (AMQP Link Pairing 1.0). False: over two that are told apart by the reply-to of
   * the request, which is what the link for the answers calls its own end (AMQP Management 1.0, working draft).
   */
  readonly paired: boolean
  /** The request, but for its message-id and reply-to. */
  request(request: ManagementRequest): Pick<Message, 'properties' | 'applicationProperties' | 'body'>
  /** `status`: as of HTTP. */
  answer(message: Message): { readonly status: string; readonly why: string | undefined }
}

/** A sender that attaches with these capabilities and goes again: the peer makes what they ask for. */
export interface PassingLink {
  readonly address: string
  readonly capabilities: readonly string[]
}

/** What has to be declared for an address before links attach to it. */
export interface NodeForm {
  /** Where something is requested there. */
  readonly management?: ManagementForm
  target(address: string, use: NodeUse): DeclaredNode
  /** `id`: one of a kind, for nodes of one subscriber. */
  source(address: string, use: NodeUse, id: string): DeclaredNode
  /** Before replies are sent to an address, or received there. Default: nothing. */
  reply?(address: string): readonly Declaration[]
}

export interface DeclaredNode {
  /** What the link attaches to. */
  readonly address: string
  readonly declarations: readonly Declaration[]
}

/** What the Open frame has to say to such a peer; known beforehand from the option `profile`, else from a connection that is opened anew. */
export interface BeforeOpen {
  /** What it calls this virtual host there. */
  hostname(virtualHost: string): string
}

/** What a kind of peer does. */
export interface PeerTraits {
  /** Which address syntax it is given where options do not say. */
  readonly syntax: 'legacy' | 'routable'
  /** It throws settled messages away, silently, when the consumer has no credit. */
  readonly dropsSettled: boolean
  /** It ends the whole session to refuse one link. */
  readonly endsSessionToRefuse: boolean
  /** A message that was rejected comes again, and again: it is neither dropped nor put elsewhere. */
  readonly redeliversRejected: boolean
  /** It sends more than it has credit for: a Flow that crosses its transfers counts these once more (at most as many as were granted). */
  readonly overrunsCredit: boolean
  /** What a consumer says it cannot deliver (modified, undeliverable-here) stays in the queue for others, also where there are none. */
  readonly keepsUndeliverable: boolean
  /** It refuses a message that has no body, not even an empty one. */
  readonly refusesBodiless: boolean
  /** What it stores of a message that does not say `durable` is gone when it starts again. */
  readonly forgetsUnlessDurable: boolean
  /** So is a node that a link has made, and what is in it, when the terminus does not say it. */
  readonly forgetsNodesUnlessDurable: boolean
  /** Undefined: as the options say. */
  readonly addresses: AddressForm | undefined
  /** What stands before the address of what goes to all servers, in both syntaxes, where the peer goes by that; or nothing. */
  readonly broadcastScheme: string
  /** What a server attaches to for what goes to all, where that has a name of each server's. Undefined: the address that it is sent to. */
  readonly broadcastSource: ((address: string, server: string) => string) | undefined
  /** What is asked of the node that a link attaches to (capabilities of the terminus). Undefined: nothing. */
  readonly capabilities: Readonly<Record<NodeUse, readonly string[]>> | undefined
  /** Undefined: reply addresses are dynamic. */
  readonly replies: ReplyForm | undefined
  /** What a pool of listeners is there. Undefined: nothing that is known of. */
  readonly pools: PoolSupport | undefined
  /** Undefined: links make the nodes that they need, or there are none. */
  readonly nodes: NodeForm | undefined
  /** Undefined: the same as to any other. */
  readonly beforeOpen: BeforeOpen | undefined
}

/** A kind of peer. */
export interface Profile extends PeerTraits {
  /** As the option `profile` calls it. */
  readonly name: string
  /** Whether a peer that says this of itself is one. */
  readonly fits: (peer: PeerIdentity) => boolean
}

/** What holds for one connection. */
export interface PeerProfile extends PeerTraits, Pick<PeerIdentity, 'product' | 'version'> {
  readonly name: string
}

/** Stands between an address and the name of a pool. */
export const POOL_MARK = '::'

/** A subscription to an address that consumers share by its name. */
export interface PoolSupport {
  /** What a link attaches to; `expiryS`: the seconds that the pool outlives its last link. */
  source(address: string, pool: string, expiryS: number): SourceTerms
  /** What has to be declared before. Default: nothing. */
  declarations?(address: string, pool: string, expiryS: number): readonly Declaration[]
}
