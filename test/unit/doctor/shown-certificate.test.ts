import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shownCertificate } from '../../../src/doctor/shown-certificate.ts'

const facts = { subject: 's', issuer: 'i', names: undefined }

test('a certificate is shown with the day on which it ends, and one without a readable date is shown too', () => {
  assert.equal(shownCertificate({ ...facts, validTo: new Date('2027-01-31T12:00:00Z') }).until, '2027-01-31')
  assert.equal(shownCertificate({ ...facts, validTo: new Date('never') }).until, 'an unreadable date')
})
