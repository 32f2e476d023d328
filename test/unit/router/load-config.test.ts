import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadRouterConfig, type RouterConfig } from '../../../src/router/load-config.ts'
import { type Pem, selfSigned } from '../../support/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'router-config-'))
let server: Pem
let authority: Pem

before(async () => {
  ;[server, authority] = await Promise.all([selfSigned('localhost'), selfSigned('authority')])
  write('server.pem', server.cert)
  write('server.key', server.key)
  write('authority.pem', authority.cert)
  write('password.txt', 's3cret\n')
})
after(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const load = (name: string, text: string): Promise<RouterConfig> => loadRouterConfig(write(name, text))

/** Refused with this message, in which FILE stands for the path. */
async function refuses(name: string, text: string | Uint8Array, message: string): Promise<void> {
  const path = write(name, text)
  await assert.rejects(loadRouterConfig(path), {
    name: 'RouterConfigError',
    code: 'ROUTER_CONFIG',
    message: message.replaceAll('FILE', path).replaceAll('FOLDER', folder),
  })
}

describe('a configuration in JSON', () => {
  it('names a users file, whose path begins where the configuration is', async () => {
    const { options } = await load('users-beside.json', '{"users": "secrets/users.json"}')
    assert.equal(options.users, join(folder, 'secrets', 'users.json'))
    await refuses('users-beside.json', '{"users":\n""}', 'FILE:2: users: expected a text that is not empty, found ""')
  })

  const json = (value: unknown): Promise<RouterConfig> => load('router.json', JSON.stringify(value))

  it('has the names of the options', async () => {
    const options = {
      host: '127.0.0.1',
      port: 5673,
      containerId: 'r',
      rules: [
        { prefix: 'a', distribution: 'multicast' },
        { pattern: 'b.#.c', distribution: 'queue', queue: { maxMessages: 10 } },
      ],
      defaultDistribution: 'closest',
      hostnames: ['router.example'],
      allowAnonymous: true,
      maxAddresses: 7,
      channelMax: 3,
      idleTimeoutMs: 0,
      sasl: { mechanisms: ['ANONYMOUS'], required: true },
    }
    const config = await json(options)
    assert.deepEqual(JSON.parse(JSON.stringify(config)), { options, warnings: [] })
  })

  it('may be empty, and is told from the other syntax by its first sign', async () => {
    assert.deepEqual(await load('router.conf', '\n {}'), { options: {}, warnings: [] })
  })

  it('takes certificates from files beside it', async () => {
    const { options } = await json({ tls: { certFile: 'server.pem', keyFile: join(folder, 'server.key'), ca: 'x' } })
    assert.deepEqual({ ...options.tls }, { cert: server.cert, key: server.key, ca: 'x' })
  })

  const wrong: readonly (readonly [text: string, message: string])[] = [
    ['[]', 'FILE:1: expected an object, found an array'],
    ['{\n"prot": 1}', 'FILE:2: options of startRouter: unknown name "prot"; did you mean "port"?'],
    ['{\n"port": "5672"}', 'FILE:2: port: expected a whole number from 0 to 65535, found "5672"'],
    ['{"host": null}', 'FILE:1: host: expected a text, found null'],
    [
      '{"rules": [\n{"prefix": "a", "distribution": "closest"},\n{"prefix": "b",\n"distribution": "all"}]}',
      'FILE:4: rules[1].distribution: expected one of multicast, closest, balanced, queue, unavailable, found "all"',
    ],
    [
      '{"rules": [\n{"pattern": "a", "distributon": "closest"}]}',
      'FILE:2: rules[0]: unknown name "distributon"; did you mean "distribution"?',
    ],
    [
      '{"defaultDistribution": ""}',
      'FILE:1: defaultDistribution: expected one of multicast, closest, balanced, queue, unavailable, found ""',
    ],
    ['{"sasl": {\n"mechanism": []}}', 'FILE:2: sasl: unknown name "mechanism"; did you mean "mechanisms"?'],
    ['{\n"log": "text"}', 'FILE:2: log: cannot stand in a file: it is a function, which startRouter takes'],
    [
      '{"sasl": {"authenticate": "yes"}}',
      'FILE:1: sasl.authenticate: cannot stand in a file: it is a function, which startRouter takes',
    ],
    ['{"tls": true}', 'FILE:1: tls: expected an object, found true'],
    ['{"tls": {"certfile": "x"}}', 'FILE:1: tls: unknown name "certfile"; did you mean "certFile"?'],
    ['{"tls": {"requestCert": "s3cret"}}', 'FILE:1: tls.requestCert: expected true or false, found a text'],
    ['{"tls": {"keyFile": 5}}', 'FILE:1: tls.keyFile: expected a text, found 5'],
    ['{"tls": {\n"keyFile": "none.key"}}', 'FILE:2: tls.keyFile: cannot read FOLDER/none.key: ENOENT'],
    [
      '{"tls": {"key": "x", "keyFile": "server.key"}}',
      'FILE:1: tls.keyFile: stands beside tls.key: one of them is meant',
    ],
    ['{"__proto__": {}}', 'FILE:1: options of startRouter: unknown name "__proto__"'],
  ]
  for (const [text, message] of wrong) {
    it(`is refused with ${text.replaceAll('\n', ' ')}`, () => refuses('wrong.json', text, message))
  }
})

describe('a configuration as qdrouterd.conf', () => {
  it('is followed where it means something here, and the rest is named', async () => {
    const { options, warnings } = await load(
      'qdrouterd.conf',
      `router {
    mode: interior
    id: Router.A
    defaultDistribution: unavailable
    workerThreads: 4
}

listener {
    name: clients
    host: ::1
    port: amqp
    authenticatePeer: no
    saslMechanisms: ANONYMOUS
    maxFrameSize: 16384
    maxSessions: 100
    maxSessionFrames: 50
    idleTimeoutSeconds: 16
    initialHandshakeTimeoutSeconds: 5
    stripAnnotations: both
    openProperties: {
        "key": "value"
    }
}

listener {
    port: 8672
    http: yes
}

connector {
    role: inter-router
    host: elsewhere
}

address {
    prefix: closest
    distribution: closest
}

address {
    pattern: events/*/#
    distribution: multicast
    waypoint: yes
}

address {
    prefix: jobs
    distribution: queue
    maxMessages: 1000
    deadLetter: dead
}

address {
    prefix: plain
}

log {
    module: DEFAULT
}

log {
    module: ROUTER
}
`,
    )
    assert.deepEqual(options, {
      containerId: 'Router.A',
      defaultDistribution: 'unavailable',
      host: '::1',
      port: 5672,
      maxFrameSize: 16_384,
      channelMax: 99,
      incomingWindow: 50,
      idleTimeoutMs: 16_000,
      handshakeTimeoutMs: 5_000,
      sasl: { mechanisms: ['ANONYMOUS'], required: false },
      rules: [
        { prefix: 'closest', distribution: 'closest' },
        { pattern: 'events/*/#', distribution: 'multicast' },
        {
          prefix: 'jobs',
          distribution: 'queue',
          queue: { maxMessages: 1000, deadLetter: 'dead' },
        },
        { prefix: 'plain', distribution: 'balanced' },
      ],
    })
    const path = join(folder, 'qdrouterd.conf')
    assert.deepEqual(warnings, [
      `${path}: not used here: connector (line 30), log (lines 57, 61), listener (line 25)`,
      `${path}:1: not used here, in router: a mode other than standalone, workerThreads`,
      `${path}:40: not used here, in address: waypoint`,
      `${path}:8: not used here, in listener: stripAnnotations, openProperties`,
    ])
  })

  it('has the fixed addresses of the driver’s specification', async () => {
    const { options, warnings } = await load(
      'appendix-b.conf',
      `  fixed-address {
      prefix: /unicast
      fanout: single
      bias: closest
  }

  fixed-address {
      prefix: /spread
      fanout: single
      bias: spread
  }

  fixed-address {
      prefix: /broadcast
      fanout: multiple
  }

  fixed-address {
      prefix: /
      fanout: single
  }
`,
    )
    assert.deepEqual(options, {
      rules: [
        { prefix: '/unicast', distribution: 'closest' },
        { prefix: '/spread', distribution: 'balanced' },
        { prefix: '/broadcast', distribution: 'multicast' },
      ],
      defaultDistribution: 'closest',
    })
    assert.deepEqual(warnings, [])
  })

  const listener = (...attributes: readonly string[]): string => `listener {\n${attributes.join('\n')}\n}\n`
  const profile = (...attributes: readonly string[]): string =>
    `sslProfile {\nname: p\ncertFile: server.pem\n${attributes.join('\n')}\n}\n`

  it('makes TLS of the profile of its listener', async () => {
    const { options, warnings } = await load(
      'tls.conf',
      `${profile(
        'privateKeyFile: server.key',
        'caCertFile: authority.pem',
        'ciphers: HIGH',
        'protocols: TLSv1.3 TLSv1.2',
        'password: file:password.txt',
        'uidFormat: n',
      )}${listener('port: amqps', 'sslProfile: p', 'authenticatePeer: yes', 'saslMechanisms: EXTERNAL', 'requireSsl: yes')}`,
    )
    assert.deepEqual(options, {
      port: 5671,
      sasl: { mechanisms: ['EXTERNAL'], required: true },
      tls: {
        cert: server.cert,
        key: server.key,
        passphrase: 's3cret',
        ca: authority.cert,
        ciphers: 'HIGH',
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        requestCert: true,
        rejectUnauthorized: true,
      },
    })
    assert.deepEqual(warnings, [`${join(folder, 'tls.conf')}:1: not used here, in sslProfile: uidFormat`])
  })

  it('reads passwords as they are written there', async () => {
    const text = (password: string): string => profile('keyFile: server.key', password) + listener('sslProfile: p')
    for (const password of ['password: s3cret', 'password: pass:s3cret', 'password: literal:s3cret']) {
      const { options } = await load('password.conf', text(password))
      assert.equal(options.tls?.passphrase, 's3cret')
    }
    const { options } = await load('password.conf', text('passwordFile: password.txt'))
    assert.equal(options.tls?.passphrase, 's3cret')
    await refuses(
      'password.conf',
      text('password: env:NO_SUCH_VARIABLE'),
      'FILE:5: sslProfile.password: there is no environment variable NO_SUCH_VARIABLE',
    )
  })

  it('never lets in more easily whom it asks for a proof', async () => {
    const access = async (...attributes: readonly string[]) =>
      (await load('access.conf', listener(...attributes))).options
    assert.deepEqual((await access('authenticatePeer: yes', 'saslMechanisms: PLAIN ANONYMOUS')).sasl, {
      mechanisms: ['PLAIN'],
      required: true,
    })
    assert.equal((await access('require-peer-auth: yes')).sasl?.required, true)
    assert.deepEqual((await access('authenticatePeer: yes')).sasl, { mechanisms: ['PLAIN'], required: true })
    assert.deepEqual((await access('authenticatePeer: yes', 'saslMechanisms: GSSAPI')).sasl, {
      mechanisms: ['PLAIN'],
      required: true,
    })
    assert.deepEqual((await access('authenticatePeer: yes', 'saslMechanisms: SCRAM-SHA-256 SCRAM-SHA-1')).sasl, {
      mechanisms: ['SCRAM-SHA-256'],
      required: true,
    })
    assert.deepEqual((await access('saslMechanisms: ANONYMOUS, PLAIN, SCRAM-SHA-512')).sasl, {
      mechanisms: ['ANONYMOUS'],
      required: false,
    })
    assert.equal((await access('authenticatePeer: no')).sasl, undefined)
  })

  it('names what it asks for and does not get', async () => {
    const { warnings } = await load(
      'asks.conf',
      profile('keyFile: server.key') +
        listener('sslProfile: p', 'requireSsl: no', 'saslMechanisms: ANONYMOUS PLAIN GSSAPI', 'role: normal') +
        'listener {\n role: edge\n}\nsslProfile {\n name: other\n}\nmystery {\n}\n',
    )
    const path = join(folder, 'asks.conf')
    assert.deepEqual(warnings, [
      `${path}: not used here: mystery (line 18), listener (line 12), sslProfile (line 15)`,
      `${path}:6: not used here, in listener: the SASL mechanism GSSAPI, the SASL mechanism PLAIN (there are no users), requireSsl: no (with TLS nobody comes in without)`,
    ])
  })

  const wrong: readonly (readonly [text: string, message: string])[] = [
    ['listner {\n}', 'FILE:1: unknown block "listner"; did you mean "listener"?'],
    [listener('hst: x'), 'FILE:2: listener.hst: unknown name; did you mean "host"?'],
    [listener('port: http'), 'FILE:2: listener.port: expected a whole number from 0 to 65535'],
    [
      listener('', 'maxFrameSize: 100'),
      'FILE:3: listener.maxFrameSize: expected a whole number from 512 to 4294967295',
    ],
    [
      listener('idleTimeoutSeconds: 1e9'),
      'FILE:2: listener.idleTimeoutSeconds: expected a whole number from 0 to 2000000',
    ],
    [listener('authenticatePeer: maybe'), 'FILE:2: listener.authenticatePeer: expected yes or no'],
    [listener('host: {', '}'), 'FILE:2: listener.host: expected a value, found a map'],
    [listener('sslProfile: q'), 'FILE:2: listener.sslProfile: there is no sslProfile of this name in the file'],
    [listener('requireSsl: yes'), 'FILE:2: listener.requireSsl: needs an sslProfile'],
    [listener('requireEncryption: yes'), 'FILE:2: listener.requireEncryption: needs an sslProfile'],
    [listener('allow-unsecured: no'), 'FILE:2: listener.allowUnsecured: needs an sslProfile'],
    [listener('port: constructor'), 'FILE:2: listener.port: expected a whole number from 0 to 65535'],
    [listener('saslMechanisms: EXTERNAL'), 'FILE:2: listener.saslMechanisms: EXTERNAL needs an sslProfile'],
    [
      listener('saslMechanisms: PLAIN'),
      'FILE:2: listener.saslMechanisms: expected ANONYMOUS or EXTERNAL, or authenticatePeer: yes',
    ],
    [
      listener('sslProfile: p', 'saslMechanisms: EXTERNAL') + profile(),
      'FILE:3: listener.saslMechanisms: EXTERNAL needs the caCertFile of the sslProfile: who signs the certificates of clients',
    ],
    [`sslProfile {\nname: p\n}\n${listener('sslProfile: p')}`, 'FILE:1: sslProfile.certFile: is missing'],
    [
      profile('privateKeyFile: none.key') + listener('sslProfile: p'),
      'FILE:4: sslProfile.privateKeyFile: cannot read FOLDER/none.key: ENOENT',
    ],
    [
      profile('protocols: SSLv3') + listener('sslProfile: p'),
      'FILE:4: sslProfile.protocols: expected some of TLSv1 TLSv1.1 TLSv1.2 TLSv1.3',
    ],
    ['\naddress {\ndistribution: closest\n}', 'FILE:2: address: expected prefix or pattern, found neither'],
    ['address {\nprefix: a\npattern: b\n}', 'FILE:1: address: expected prefix or pattern, found both'],
    ['address {\nprefix: a/*\n}', 'FILE:1: address.prefix: * and # stand for other tokens in a pattern only'],
    [
      'address {\nprefix: a\ndistribution: all\n}',
      'FILE:3: address.distribution: expected one of multicast, closest, balanced, queue, unavailable',
    ],
    ['address {\nprefix: a\n}\naddress {\npattern: /a/#\n}', 'FILE:4: address.pattern: "/a/#" has a rule already'],
    ['address {\nprefix: a\nprefx: b\n}', 'FILE:3: address.prefx: unknown name; did you mean "prefix"?'],
    [
      'address {\nprefix: a\nmaxMessages: 5\n}',
      'FILE:1: address.queue: only the distribution "queue" has such options, not "balanced"',
    ],
    ['fixed-address {\nfanout: single\n}', 'FILE:1: fixedAddress.prefix: is missing'],
    ['fixed-address {\nprefix: /a\nfanout: some\n}', 'FILE:3: fixedAddress.fanout: expected one of multiple, single'],
  ]
  for (const [text, message] of wrong) {
    it(`is refused with ${text.trim().replaceAll('\n', ' ')}`, () => refuses('wrong.conf', text, message))
  }
})

describe('a configuration', () => {
  it('is a file that can be read', async () => {
    const none = join(folder, 'none.json')
    await assert.rejects(loadRouterConfig(none), { code: 'ROUTER_CONFIG', message: `${none}: cannot be read: ENOENT` })
    await assert.rejects(loadRouterConfig(folder), {
      code: 'ROUTER_CONFIG',
      message: `${folder}: cannot be read: EISDIR`,
    })
  })

  it('is a text in UTF-8 of no more than a mebibyte', async () => {
    await refuses('latin1.conf', Buffer.from([0xe4]), 'FILE: expected a text in UTF-8')
    await refuses('large.conf', '#'.repeat(1024 * 1024 + 1), 'FILE: expected at most 1048576 bytes')
  })

  it('may begin with a byte order mark, and be empty', async () => {
    assert.deepEqual(await load('bom.json', '\ufeff{}'), { options: {}, warnings: [] })
    assert.deepEqual(await load('empty.conf', ''), { options: {}, warnings: [] })
  })
})
