import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeOptions, optionsPage } from '../../../src/support/option-reference.ts'
import {
  boolean,
  givenNames,
  integer,
  list,
  OptionError,
  optionalString,
  optionTable,
  resolveOptions,
  seconds,
  string,
} from '../../../src/support/options.ts'

const TABLE = optionTable('oslo_messaging_amqp', {
  idleTimeoutMs: seconds({ name: 'idle_timeout', default: 60, min: 0, help: 'Silence.' }),
  replyLinkCredit: integer({ name: 'reply_link_credit', default: 200, min: 1, max: 1000, help: 'Credit.' }),
  ssl: boolean({ name: 'ssl', default: false, help: 'TLS.' }),
  prefix: string({ name: 'rpc_address_prefix', default: 'om/rpc', help: 'Prefix.' }),
  mode: string({ name: 'addressing_mode', default: 'dynamic', choices: ['legacy', 'dynamic'], help: 'Mode.' }),
  password: optionalString({ name: 'ssl_key_password', secret: true, help: 'Password.' }),
  preSettled: list({ name: 'pre_settled', default: ['rpc-cast'], choices: ['rpc-cast', 'notify'], help: 'Kinds.' }),
})

const resolve = (values: Record<string, unknown>, origin = 'options') => resolveOptions(TABLE, [{ origin, values }])
const failure = (values: Record<string, unknown>): OptionError => {
  try {
    resolve(values)
  } catch (error) {
    assert.ok(error instanceof OptionError)
    return error
  }
  return assert.fail('expected an error')
}

test('without any source the defaults hold, durations in milliseconds', () => {
  assert.deepEqual(
    { ...resolve({}) },
    {
      idleTimeoutMs: 60_000,
      replyLinkCredit: 200,
      ssl: false,
      prefix: 'om/rpc',
      mode: 'dynamic',
      password: undefined,
      preSettled: ['rpc-cast'],
    },
  )
})

test('a value is taken as its own type or as text', () => {
  assert.equal(resolve({ idle_timeout: 5 }).idleTimeoutMs, 5000)
  assert.equal(resolve({ idle_timeout: ' 5 ' }).idleTimeoutMs, 5000)
  for (const text of ['true', '1', 'ON', 'Yes']) assert.equal(resolve({ ssl: text }).ssl, true)
  for (const text of ['false', '0', 'Off', 'no']) assert.equal(resolve({ ssl: text }).ssl, false)
  assert.deepEqual(resolve({ pre_settled: 'rpc-cast, NOTIFY' }).preSettled, ['rpc-cast', 'notify'])
  assert.deepEqual(resolve({ pre_settled: [] }).preSettled, [])
  assert.equal(resolve({ ssl_key_password: null }).password, undefined)
})

test('a later source wins over an earlier one, and undefined says nothing', () => {
  const options = resolveOptions(TABLE, [
    { origin: 'options', values: { idle_timeout: 5, ssl: true } },
    { origin: 'url query', values: { idle_timeout: '7', ssl: undefined } },
  ])
  assert.equal(options.idleTimeoutMs, 7000)
  assert.equal(options.ssl, true)
})

test('resolved options are frozen, and copies of what was given', () => {
  const given = ['rpc-cast']
  const options = resolve({ pre_settled: given })
  given.push('notify')
  assert.deepEqual(options.preSettled, ['rpc-cast'])
  assert.ok(Object.isFrozen(options) && Object.isFrozen(options.preSettled))
})

test('an unknown name is an error that suggests the nearest one', () => {
  const error = failure({ idle_timout: 1 })
  assert.equal(error.code, 'OPTION_UNKNOWN')
  assert.equal(
    error.message,
    'unknown option "idle_timout" in group [oslo_messaging_amqp] (options); did you mean "idle_timeout"?',
  )
  assert.equal(
    failure({ completely_different_thing: 1 }).message,
    'unknown option "completely_different_thing" in group [oslo_messaging_amqp] (options)',
  )
})

test('names of Object.prototype are unknown options like any other', () => {
  assert.equal(failure({ constructor: 1 }).code, 'OPTION_UNKNOWN')
  assert.equal(failure(JSON.parse('{"__proto__": 1}')).code, 'OPTION_UNKNOWN')
})

test('a value that the option cannot have is an error that says what was expected', () => {
  const said = (values: Record<string, unknown>) => failure(values).message.replace(/^.*\(options\): /, '')
  assert.equal(said({ idle_timeout: '1.5' }), 'expected whole seconds of at least 0, not "1.5"')
  assert.equal(said({ idle_timeout: 1.5 }), 'expected whole seconds of at least 0, not 1.5')
  assert.equal(said({ idle_timeout: -1 }), 'expected whole seconds of at least 0, not -1')
  assert.equal(said({ reply_link_credit: '1,2' }), 'expected an integer between 1 and 1000, not "1,2"')
  assert.equal(said({ ssl: 'maybe' }), 'expected true or false (or 1, on, yes; 0, off, no), not "maybe"')
  assert.equal(said({ addressing_mode: 'routeable' }), 'expected one of legacy, dynamic, not "routeable"')
  assert.equal(said({ pre_settled: 'rpc-shout' }), 'expected a list of rpc-cast, notify, not "rpc-shout"')
  assert.equal(said({ rpc_address_prefix: 7 }), 'expected a text, not 7')
})

test('an error never shows the value of a secret option', () => {
  assert.doesNotMatch(failure({ ssl_key_password: 4711 }).message, /4711/)
})

test('it can be asked which options were said', () => {
  const names = givenNames([{ origin: 'a', values: { ssl: true, idle_timeout: undefined } }])
  assert.deepEqual([...names], ['ssl'])
})

test('descriptions show names, expectations and defaults, but no secret', () => {
  const rows = describeOptions(TABLE)
  assert.deepEqual(rows.map((row) => row.name).slice(0, 2), ['idle_timeout', 'reply_link_credit'])
  assert.equal(rows[0]?.default, '60')
  assert.equal(rows[0]?.accepts, 'whole seconds of at least 0')
  assert.equal(rows[5]?.secret, true)
  assert.equal(rows[5]?.default, '')
})

test('the reference page has a section for each group and a row for each option', () => {
  const page = optionsPage([TABLE])
  assert.match(page, /^## \[oslo_messaging_amqp\]$/m)
  for (const row of describeOptions(TABLE)) assert.ok(page.includes(`| \`${row.name}\` |`))
})
