import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { safeContext } from '../../../src/notify/context-filter.ts'

describe('safeContext', () => {
  it('keeps what identifies and drops everything else', () => {
    const context = {
      user_id: 'u',
      project_id: 'p',
      request_id: 'req-1',
      roles: ['admin'],
      is_admin: true,
      global_request_id: 'req-2',
      auth_token: 'secret',
      service_catalog: [{}],
      password: 'secret',
      ['__proto__']: 'x',
    }
    assert.deepEqual(safeContext(context), {
      user_id: 'u',
      project_id: 'p',
      request_id: 'req-1',
      roles: ['admin'],
      is_admin: true,
      global_request_id: 'req-2',
    })
  })

  it('leaves the context itself as it was', () => {
    const context = Object.freeze({ auth_token: 'secret' })
    assert.deepEqual(safeContext(context), {})
    assert.deepEqual(context, { auth_token: 'secret' })
  })
})
