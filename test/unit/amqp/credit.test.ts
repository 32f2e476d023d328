import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { senderCredit, topUp } from '../../../src/amqp/credit.ts'

describe('the credit of a sender', () => {
  it('is what the receiver grants less what is on its way', () => {
    assert.equal(senderCredit(0, 10, 0), 10)
    assert.equal(senderCredit(5, 10, 8), 7)
  })

  it('is none when more was sent than is granted now', () => {
    assert.equal(senderCredit(0, 2, 5), 0)
  })

  it('holds across the wrap of the delivery-count', () => {
    assert.equal(senderCredit(0xfffffffe, 10, 1), 7)
    assert.equal(senderCredit(0xffffffff, 1, 0xffffffff), 1)
  })

  it('may be as large as a uint', () => {
    assert.equal(senderCredit(0, 0xffffffff, 0), 0xffffffff)
    assert.equal(senderCredit(7, 0x80000000, 9), 0x7ffffffe)
    assert.equal(senderCredit(5, 0xffffffff, 0), 0xffffffff)
  })
})

describe('the credit that a receiver gives back', () => {
  it('is the window less what is held', () => {
    assert.equal(topUp(100, 0, 0), 100)
    assert.equal(topUp(100, 0, 30), 70)
  })

  it('waits until half of the window can be given', () => {
    assert.equal(topUp(100, 51, 0), undefined)
    assert.equal(topUp(100, 50, 0), 100)
    assert.equal(topUp(100, 60, 40), undefined)
  })

  it('is given at once when the sender has none left', () => {
    assert.equal(topUp(100, 0, 99), 1)
    assert.equal(topUp(1, 0, 0), 1)
  })

  it('is none when as much is held as the window has', () => {
    assert.equal(topUp(100, 0, 100), undefined)
    assert.equal(topUp(100, 0, 120), undefined)
  })
})
