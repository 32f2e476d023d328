import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, listen, type Sender } from '../../../src/amqp/index.ts'
import { ConnectionSessions } from '../../../src/amqp1/connection-sessions.ts'
import { ReplyUpkeep } from '../../../src/amqp1/reply-upkeep.ts'
import { requestForm } from '../../../src/amqp1/service-bus-profile.ts'

test('what keeps the reply link is asked for again and again, whatever is answered', async (t) => {
  const renewed: unknown[] = []
  let attaches = 0
  let tell: () => void = () => {}
  const twice = new Promise<void>((resolve) => {
    tell = resolve
  })
  const listener = await listen({
    onLink(request) {
      attaches += 1
      // With the first link the first request comes to nothing.
      if (attaches === 1) return request.refuse({ condition: 'amqp:internal-error' })
      assert.equal(request.address, 'replies/$management')
      if (request.role === 'receiver') {
        const answers = request.acceptSender()
        renewed.push(answers)
        return
      }
      request.acceptReceiver({
        onDelivery({ message: { properties, body } }) {
          const [answers] = renewed as [Sender]
          const applicationProperties = new Map([['statusCode', 410]])
          void answers.send(
            { properties: { correlationId: properties?.messageId }, applicationProperties },
            { settled: true },
          )
          if (renewed.push(body) === 3) tell()
        },
      })
    },
  })
  t.after(() => listener.close())
  const connection = await connect({ port: listener.port })
  t.after(() => connection.close())
  const form = {
    everyMs: 5,
    management: requestForm('replies/$management'),
    request: (id: string) => ({ method: 'renew', path: 'replies', body: { value: { 'session-id': id } } }),
  }
  const upkeep = new ReplyUpkeep(form, 'me', new ConnectionSessions(connection, false))
  upkeep.start()
  await twice
  upkeep.stop()
  const asked = { type: 'value', value: new Map([['session-id', 'me']]) }
  assert.deepEqual(renewed.slice(1), [asked, asked])
})
