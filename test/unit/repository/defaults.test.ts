// A default stands in one place of the code, and once more in the comment of its option, where users and the reference read it.
// Here the two are held together.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LIMIT_DEFAULTS, limitsOf } from '../../../src/amqp/limits.ts'
import { CONNECTION_DEFAULTS, LINK_DEFAULTS, LISTEN_DEFAULTS, SASL_FRAME_SIZE } from '../../../src/amqp/options.ts'
import { SCRAM_DEFAULTS } from '../../../src/amqp/scram-credentials.ts'
import { WEB_SOCKET_DEFAULTS } from '../../../src/amqp/web-socket-options.ts'
import { tablesOfAmqp } from '../../support/reference-pages.ts'

const { protocols, ...WEB_SOCKET } = WEB_SOCKET_DEFAULTS
const SASL = { maxSaslFrameSize: SASL_FRAME_SIZE.accepted }

/** Which defaults fill in which interface. */
const FILLED_IN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ConnectOptions: CONNECTION_DEFAULTS,
  EndpointOptions: CONNECTION_DEFAULTS,
  ListenOptions: LISTEN_DEFAULTS,
  LimitOptions: LIMIT_DEFAULTS,
  SessionOptions: LINK_DEFAULTS,
  LinkOptions: LINK_DEFAULTS,
  SenderOptions: LINK_DEFAULTS,
  ReceiverOptions: LINK_DEFAULTS,
  SendOptions: LINK_DEFAULTS,
  ClientSaslOptions: SASL,
  ServerSaslOptions: SASL,
  ScramCredentialsOptions: SCRAM_DEFAULTS,
  WebSocketConnectOptions: WEB_SOCKET,
  WebSocketListenOptions: WEB_SOCKET,
}

/** Defaults that are no option, each with its reason. */
const NO_OPTION: Readonly<Record<string, string>> = {
  tlsPort: 'the default of `port` with TLS',
  closeTimeoutMs: 'how long an end is waited for; not to be set',
  saltBytes: 'the length of the default of `salt`',
}

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2 }

const tables = await tablesOfAmqp()
const documented = new Map(
  tables.flatMap(({ name, members }) => members.map((member) => [`${name}.${member.name}`, member.default] as const)),
)

/** What a documented default begins with: `text`, 65 536 or 128 MiB. Undefined: it is told in words. */
function valueInWords(text: string): string | number | undefined {
  const quoted = /^`([^`]+)`/.exec(text)?.[1]
  if (quoted !== undefined) return quoted
  const [, digits, unit] = /^(\d[\d ]*?)(?: ([KM]iB))?(?![\d ])/.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits.replaceAll(' ', '')) * (UNITS[unit ?? ''] ?? 1)
}

describe('a default in a comment', () => {
  it('is read as text, as a number, or as a size', () => {
    assert.deepEqual(
      ['`localhost`', '5672, with TLS 5671', '65 536', '0: a free one', '128 MiB', '256 KiB', 'a random name'].map(
        valueInWords,
      ),
      ['localhost', 5672, 65_536, 0, 128 * 1024 ** 2, 256 * 1024, undefined],
    )
  })

  for (const { name, members } of tables) {
    const defaults = FILLED_IN[name] ?? {}
    for (const member of members.filter((candidate) => candidate.name in defaults)) {
      it(`is what the code has: ${name}.${member.name}`, () => {
        assert.equal(valueInWords(member.default), defaults[member.name])
      })
    }
  }

  it('is there for each default that the code has', () => {
    for (const defaults of new Set(Object.values(FILLED_IN))) {
      for (const name of Object.keys(defaults)) {
        const places = Object.keys(FILLED_IN).filter((place) => FILLED_IN[place] === defaults)
        const told = places.some((place) => documented.get(`${place}.${name}`))
        assert.ok(told || name in NO_OPTION, `${name}: no option says in its comment what its default is`)
      }
    }
  })

  it('may be told in words: the port with TLS, what is twice another, a list', () => {
    assert.equal(documented.get('WebSocketConnectOptions.protocols'), `\`['${protocols.join("', '")}']\``)
    assert.ok(documented.get('ConnectOptions.port')?.endsWith(`with TLS ${CONNECTION_DEFAULTS.tlsPort}`))
    assert.equal(documented.get('LimitOptions.maxIncomplete'), 'twice `maxMessageSize`')
    assert.equal(limitsOf({}).maxIncomplete, 2 * LIMIT_DEFAULTS.maxMessageSize)
    assert.equal(limitsOf({ maxMessageSize: 1_000 }).maxIncomplete, 2_000)
  })
})
