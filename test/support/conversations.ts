// The recorded conversations of test/vectors/conversations/ (scripts/record-conversations.mjs makes them).

import { readVectors } from '../unit/codec/vectors.ts'
import { cutUnits } from './wire-units.ts'

export type Party = 'client' | 'server'

/**
 * Whole protocol headers and frames: what the client says before it is the server's turn; of the server each for itself, since it
 * may have answered in one go what a client of ours, who waits for answers, asks one after the other.
 */
export interface Step {
  readonly from: Party
  readonly units: readonly Buffer[]
}

export interface Conversation {
  readonly name: string
  /** Who they were, with their versions. */
  readonly client: string
  readonly server: string
  readonly steps: readonly Step[]
}

interface Recorded {
  readonly name: string
  readonly client: string
  readonly server: string
  readonly chunks: readonly { readonly from: Party; readonly hex: string }[]
}

export const conversations: readonly Conversation[] = readVectors<Recorded>('conversations').map(conversationOf)

export function conversationNamed(name: string): Conversation {
  const found = conversations.find((conversation) => conversation.name === name)
  if (!found) throw new Error(`no conversation is called ${name}`)
  return found
}

/** All bytes of one end. */
export const bytesOf = ({ steps }: Conversation, from: Party): Buffer =>
  Buffer.concat(steps.filter((step) => step.from === from).flatMap(({ units }) => units))

/** A frame that was on its way in two chunks counts for the step in which it ends. */
function conversationOf({ name, client, server, chunks }: Recorded): Conversation {
  const begun: Record<Party, Buffer> = { client: Buffer.alloc(0), server: Buffer.alloc(0) }
  const steps: Step[] = []
  for (const { from, hex } of chunks) {
    const { units, rest } = cutUnits(Buffer.concat([begun[from], Buffer.from(hex, 'hex')]))
    begun[from] = rest
    if (from === 'server') steps.push(...units.map((unit) => ({ from, units: [unit] })))
    else if (units.length > 0) steps.push({ from, units })
  }
  if (begun.client.length + begun.server.length > 0) throw new Error(`${name} ends amid a frame`)
  return { name, client, server, steps }
}
