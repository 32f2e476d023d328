import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readConf } from '../../../src/router/conf-reader.ts'
import { ConfigFile } from '../../../src/router/config-file.ts'
import { RouterConfigError } from '../../../src/router/errors.ts'

/** The blocks, each as its name, its line, and its attributes as text. */
function read(...lines: readonly string[]): unknown[] {
  return readConf(new ConfigFile('q.conf', lines.join('\n'))).map(({ name, line, attributes }) => [
    name,
    line,
    Object.fromEntries([...attributes.values()].map((attribute) => [attribute.name, attribute.value])),
  ])
}

describe('the syntax of qdrouterd.conf', () => {
  it('is blocks of attributes, with comments', () => {
    const blocks = read(
      '## a file',
      '',
      'router {   # the router',
      '    mode: standalone',
      '    id:Router.A # its name',
      '  # not this: one',
      '}',
      'listener {',
      '\thost : ::1\r',
      '    saslMechanisms: ANONYMOUS PLAIN',
      '  } # done',
    )
    assert.deepEqual(blocks, [
      ['router', 3, { mode: 'standalone', id: 'Router.A' }],
      ['listener', 8, { host: '::1', saslMechanisms: 'ANONYMOUS PLAIN' }],
    ])
  })

  it('has the Appendix B of the driver’s specification in it', () => {
    const blocks = read(
      'fixed-address {',
      '    prefix: /unicast',
      '    fanout: single',
      '    bias: closest',
      '}',
      'fixed-address {',
      '    prefix: /broadcast',
      '    fanout: multiple',
      '}',
    )
    assert.deepEqual(blocks, [
      ['fixedAddress', 1, { prefix: '/unicast', fanout: 'single', bias: 'closest' }],
      ['fixedAddress', 6, { prefix: '/broadcast', fanout: 'multiple' }],
    ])
  })

  it('lets a block stand on one line', () => {
    const blocks = read(
      'address { prefix: a distribution: multicast }',
      'address { pattern: a/#/b   distribution: closest } # and } more',
      'listener { host: ::1 saslMechanisms: ANONYMOUS PLAIN port: amqp }',
      'log { }',
      'log {}',
    )
    assert.deepEqual(blocks, [
      ['address', 1, { prefix: 'a', distribution: 'multicast' }],
      ['address', 2, { pattern: 'a/#/b', distribution: 'closest' }],
      ['listener', 3, { host: '::1', saslMechanisms: 'ANONYMOUS PLAIN', port: 'amqp' }],
      ['log', 4, {}],
      ['log', 5, {}],
    ])
  })

  it('lets a # be a part of a pattern, whose value ends at a blank', () => {
    assert.deepEqual(read('address {', 'pattern: a/# the rest', 'prefix: a#b', '}'), [
      ['address', 1, { pattern: 'a/#', prefix: 'a' }],
    ])
  })

  it('takes names with hyphens for those in camel case', () => {
    assert.deepEqual(read('ssl-profile {', 'cert-file: x', 'max_frame-size: 1', '}'), [
      ['sslProfile', 1, { certFile: 'x', maxFrameSize: '1' }],
    ])
  })

  it('has maps, which are passed over', () => {
    const blocks = read(
      'vhost {',
      '  hostname: *.example # any',
      '  groups: {',
      '    "admin": {',
      '      "users": "a } b", # }',
      '      # }',
      '      "limits": {"links": 1}',
      '    }',
      '  }',
      '  openProperties: {"a": "\\"}"}',
      '  maxConnections: 5',
      '}',
    )
    assert.deepEqual(blocks, [
      ['vhost', 1, { hostname: '*.example', groups: undefined, openProperties: undefined, maxConnections: '5' }],
    ])
  })

  const wrong: readonly (readonly [lines: readonly string[], message: string])[] = [
    [['', 'port: 5672'], 'q.conf:2: expected a block, as "address {", found the attribute port'],
    [['hello'], 'q.conf:1: expected a block, as "address {", found something else'],
    [['}'], 'q.conf:1: expected a block, as "address {", found something else'],
    [['listener'], 'q.conf:1: expected a block, as "address {", found something else'],
    [['listener {', 'host: x'], 'q.conf:1: expected "}" at the end of the block listener that begins here'],
    [
      ['listener {', 'host: x', 'address {', '}'],
      'q.conf:3: expected an attribute, as "name: value", or the "}" of listener',
    ],
    [['listener {', 'host', '}'], 'q.conf:2: expected an attribute, as "name: value", or the "}" of listener'],
    [['listener {', 'host: # x', '}'], 'q.conf:2: expected a value for host'],
    [['listener {', 'host: x', 'host: y', '}'], 'q.conf:3: expected each attribute once, and host stands here again'],
    [
      ['listener { host: x'],
      'q.conf:1: expected a line end behind "listener {", or the whole block with its "}" on the line',
    ],
    [
      ['listener {', 'a: {', '"b": {', '}', '}'],
      'q.conf:1: expected "}" at the end of the block listener that begins here',
    ],
    [
      ['listener {', 'a: {', '"b": "}"', '}'],
      'q.conf:1: expected "}" at the end of the block listener that begins here',
    ],
    [['listener {', 'a: {', '"b": {'], 'q.conf:2: expected "}" at the end of the map that begins here'],
    [['listener { a: { }'], 'q.conf:1: expected no map in a block on one line'],
  ]
  for (const [lines, message] of wrong) {
    it(`does not have ${JSON.stringify(lines.join(' '))}, and the message says where and what`, () => {
      assert.throws(() => read(...lines), { name: 'RouterConfigError', code: 'ROUTER_CONFIG', message })
    })
  }

  it('is told from any other text', () => {
    const piece = fc.oneof(
      fc.constantFrom('{', '}', ':', '#', '"', '\\', '\n', ' ', 'a', 'pattern', 'a: b', 'x {\n', '\n}\n'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          read(pieces.join(''))
        } catch (error) {
          assert.ok(error instanceof RouterConfigError, String(error))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes long lines of hostile signs for what they are', () => {
    const length = 500_000
    for (const sign of ['{', '}', ' ', '\t', '#', ':', '"', '\\"', '-', '_', 'a', 'a ', '} ', 'a: ', '-a']) {
      const run = sign.repeat(length / sign.length)
      for (const text of [
        run,
        `x { ${run}`,
        `x { ${run} }`,
        `x {\na: ${run}\n}`,
        `x {\na: { ${run}\n}\n}`,
        `${run} {\n}`,
      ]) {
        try {
          read(text)
        } catch (error) {
          assert.ok(error instanceof RouterConfigError, String(error))
        }
      }
    }
  })
})
