import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { listen } from '../../../src/amqp/listener.ts'
import { clientOf, openSession, startListener } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'

const expected = (message: RegExp) => ({ name: 'TypeError', message })

describe('options that plain JavaScript gets wrong', () => {
  it('are no object: it is said what is expected, and never what was given', async () => {
    for (const given of ['amqp://me:secret@host', 5672, null, [], () => {}]) {
      const options = given as object
      await assert.rejects(connect(options), (error: Error) => {
        assert.equal(error.name, 'TypeError')
        assert.match(
          error.message,
          /^options of connect: expected an object, as \{ host: 'localhost', port: 5672 \}, not /,
        )
        assert.doesNotMatch(error.message, /secret/)
        return true
      })
      await assert.rejects(listen(options), expected(/^options of listen: expected an object, as .*, not /))
    }
    await assert.rejects(
      connect({ sasl: 'me:secret' as unknown as object }),
      expected(/^sasl of connect: .*, not a string$/),
    )
  })

  it('have a name that there is not: the nearest one is named', async () => {
    await assert.rejects(connect({ hots: 'x' } as object), expected(/unknown name "hots"; did you mean "host"\?/))
    await assert.rejects(listen({ Port: 1 } as object), expected(/unknown name "Port"; did you mean "port"\?/))
    await assert.rejects(connect({ sasl: { user: 'x' } as object }), expected(/^sasl of connect: unknown name "user"/))
    await assert.rejects(listen({ sasl: { authentcate: () => true } as object }), expected(/mean "authenticate"\?/))
  })

  it('are of a link: nothing is attached', async (t) => {
    const { session, peer } = await openSession(t)
    await assert.rejects(
      session.attachSender('queue' as unknown as object),
      expected(/^options of a sender: .*, not a string$/),
    )
    await assert.rejects(session.attachReceiver({ adress: 'q' } as object), expected(/did you mean "address"\?/))
    await assert.rejects(session.attachSender({ creditWindow: 1 } as object), expected(/unknown name "creditWindow"/))
    assert.deepEqual(peer.unread, [])
    const [sender] = await Promise.all([session.attachSender({ address: 'q' }), peer.attachAsServer()])
    assert.equal(sender.handle, 0)
  })

  it('are of the answer to a link: the peer hears a refusal, and the error is reported', async (t) => {
    const defects = defectsOf(t)
    const listener = await startListener(t, {
      onLink: (request) => void request.acceptReceiver({ onDelivry: () => {} } as object),
    })
    const peer = await clientOf(t, listener)
    peer.send({ type: 'attach', name: 'up', handle: 0, role: false, source: {}, target: {}, initialDeliveryCount: 0 })
    assert.equal((await peer.expect('attach')).target, undefined)
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:internal-error')
    assert.match(String(defects[0]?.error), /did you mean "onDelivery"\?/)
  })
})
