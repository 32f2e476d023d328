// A diagnosis for a person.

import type { Advice, Area, Diagnosis, Finding, FindingState, PeerFacts } from '../doctor/diagnosis.ts'
import { certificateText } from '../doctor/shown-certificate.ts'
import { printable } from './printable.ts'
import { type Style, styled } from './styled.ts'

const STYLES: Readonly<Record<FindingState, Style>> = { ok: 'green', no: ['bold', 'red'], note: 'yellow' }
const AREAS: readonly (readonly [Area, string])[] = [
  ['connection', 'Connection'],
  ['rpc', 'RPC'],
  ['notifications', 'Notifications'],
]
const LABEL_WIDTH = 'sender that names each address'.length
/** Characters of one text of the peer's, and of a sentence of ours that repeats some. */
const LONGEST_TEXT = 200
const LONGEST_SENTENCE = 600

/** Escaped, and cut: a peer may say much. */
function peerText(text: string, longest = LONGEST_TEXT): string {
  const escaped = printable(text)
  return escaped.length > longest ? `${escaped.slice(0, longest)}…` : escaped
}

/** Several lines, without one at the end. What the peer said has its control characters escaped, and is cut where it is long. */
export function readableDiagnosis(diagnosis: Diagnosis, { colour }: { readonly colour: boolean }): string {
  const style = (format: Style, text: string): string => (colour ? styled(format, text) : text)
  const finding = ({ check, state, said }: Finding): string =>
    `  ${style(STYLES[state], state.padEnd(4))}  ${check.padEnd(LABEL_WIDTH)}  ${peerText(said, LONGEST_SENTENCE)}`.trimEnd()
  const fact = ([label, value]: readonly [string, string]): string =>
    `        ${label.padEnd(LABEL_WIDTH)}  ${printable(value)}`
  const lines = [style('bold', printable(diagnosis.url))]
  for (const [area, title] of AREAS) {
    const own = diagnosis.findings.filter((one) => one.area === area)
    if (own.length === 0) continue
    lines.push('', title, ...own.map(finding))
    if (area === 'connection') lines.push(...factsOf(diagnosis).map(fact))
  }
  if (diagnosis.leftBehind) lines.push('', `Left behind: ${diagnosis.leftBehind}.`)
  lines.push('', style('bold', verdict(diagnosis)))
  for (const { title, text } of diagnosis.advice) lines.push('', ...adviceLines({ title, text }))
  return lines.join('\n')
}

function factsOf({ peer, profile, addresses }: Diagnosis): (readonly [string, string])[] {
  if (!peer || !addresses) return []
  return [
    [
      'product',
      [peer.product ?? 'not said', peer.version ?? '']
        .map((text) => peerText(text))
        .join(' ')
        .trim(),
    ],
    ['taken for (profile)', profile ?? ''],
    ...protection(peer),
    ['largest frame', `${peer.maxFrameSize} bytes`],
    ['channels', String(peer.channelMax + 1)],
    ['hangs up after silence of', peer.idleTimeoutMs === 0 ? 'never' : `${peer.idleTimeoutMs} ms`],
    ['offers', peerText(peer.capabilities.join(' ')) || 'no capabilities'],
    ['addresses', addresses.syntax],
    ['  any server of a topic', addresses.anyServer],
    ['  one server', addresses.oneServer],
    ['  all servers', addresses.allServers],
    ['  notifications', addresses.notification],
  ]
}

function protection({ tls, sasl }: PeerFacts): (readonly [string, string])[] {
  const chain = tls?.chain ?? []
  return [
    ['TLS', tls ? `${tls.protocol}, ${tls.cipher}` : 'no'],
    ...chain.map(({ subject, issuer, names, until }, depth): readonly [string, string] => [
      depth === 0 ? '  certificate' : '  of its issuer',
      certificateText({
        subject: peerText(subject),
        issuer: peerText(issuer),
        names: names && peerText(names),
        until,
      }),
    ]),
    ['SASL', sasl ? `${sasl.mechanism}, of ${peerText(sasl.offered.join(' '))}` : 'no'],
  ]
}

function verdict({ peer, rpc, notifications, findings }: Diagnosis): string {
  if (!peer) return 'Nobody let us in: neither RPC nor notifications would work.'
  const would = (what: string, works: boolean): string => `${what} would ${works ? '' : 'not '}work`
  const notes = findings.some(({ area, state }) => area !== 'connection' && state === 'note')
  return `${would('RPC', rpc)}, ${would('notifications', notifications)}${notes ? '; see the notes' : ''}.`
}

const adviceLines = ({ title, text }: Advice): string[] => [
  `To do: ${title}${text === '' ? '' : ':'}`,
  ...(text === '' ? [] : text.split('\n').map((line) => `    ${printable(line)}`)),
]
