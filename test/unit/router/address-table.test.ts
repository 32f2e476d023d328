import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddressCount } from '../../../src/router/address-count.ts'
import { AddressTable } from '../../../src/router/address-table.ts'
import { Consumer } from '../../../src/router/consumer.ts'
import { DistributionRules } from '../../../src/router/distribution-rules.ts'
import { Producer } from '../../../src/router/producer.ts'
import { Traffic } from '../../../src/router/traffic.ts'
import { VirtualHosts } from '../../../src/router/virtual-hosts.ts'

const rules = new DistributionRules([{ prefix: 'nowhere', distribution: 'unavailable' }])

describe('the address table', () => {
  it('has one address for one name, distributed by the rules', () => {
    const table = new AddressTable(rules, 'r')
    assert.equal(table.obtain('broadcast.x'), table.obtain('broadcast.x'))
    assert.equal(table.obtain('broadcast.x')?.distribution, 'multicast')
    assert.equal(table.size, 1)
  })

  it('has nothing to attach to for an unavailable address', () => {
    assert.equal(new AddressTable(rules, 'r').obtain('nowhere/at/all'), undefined)
  })

  it('forgets an address when the last link has left', () => {
    const table = new AddressTable(rules, 'r')
    const address = table.obtain('x')!
    const consumer = new Consumer(address)
    const producer = new Producer(new Traffic(), address)
    address.addConsumer(consumer)
    address.addProducer(producer)
    address.removeConsumer(consumer)
    table.releaseUnused(address)
    assert.equal(table.find('x'), address)
    address.removeProducer(producer)
    table.releaseUnused(address)
    assert.equal(table.find('x'), undefined)
  })

  it('makes dynamic addresses in the way of Qpid Dispatch Router, with 128 random bits', () => {
    const table = new AddressTable(rules, 'router-1')
    const owner = {}
    const address = table.createDynamic(owner)!
    assert.match(address.name, /^amqp:\/_topo\/0\/router-1\/temp\.[\w-]{22}$/)
    assert.notEqual(table.createDynamic(owner)?.name, address.name)
    assert.equal(table.obtain(address.name), address)
    assert.equal(address.owner, owner)
  })

  it('forgets a dynamic address with its receiver, although somebody still sends to it', () => {
    const table = new AddressTable(rules, 'r')
    const address = table.createDynamic({})!
    const consumer = new Consumer(address)
    address.addConsumer(consumer)
    address.addProducer(new Producer(new Traffic(), address))
    table.releaseUnused(address)
    assert.equal(table.find(address.name), address)
    address.removeConsumer(consumer)
    table.releaseUnused(address)
    assert.equal(table.obtain(address.name), undefined)
  })

  it('does not make a dynamic address because somebody names one', () => {
    assert.equal(new AddressTable(rules, 'r').obtain('amqp:/_topo/0/r/temp.guess'), undefined)
  })
})

describe('the bound of all addresses', () => {
  it('holds over all virtual hosts, and for dynamic addresses', () => {
    const hosts = new VirtualHosts(rules, 'r', [], new AddressCount(2))
    const [a, b] = [hosts.enter('a').table, hosts.enter('b').table]
    assert.ok(a.obtain('x'))
    assert.ok(b.createDynamic({}))
    assert.equal(a.obtain('y'), undefined)
    assert.equal(a.createDynamic({}), undefined)
    assert.equal(a.refusalOf('y').condition, 'amqp:resource-limit-exceeded')
    assert.equal(a.refusalOf('nowhere').condition, 'amqp:not-found')
    assert.ok(a.obtain('x'), 'what is there already stays')
  })

  it('has room again when an address goes, by itself or with its virtual host', () => {
    const hosts = new VirtualHosts(rules, 'r', [], new AddressCount(1))
    const { table } = hosts.enter('a')
    table.releaseUnused(table.obtain('x')!)
    assert.ok(table.obtain('y'))
    hosts.leave('a')
    assert.ok(hosts.enter('b').table.obtain('z'))
  })
})

describe('virtual hosts', () => {
  const open = (): VirtualHosts => new VirtualHosts(rules, 'r', ['0.0.0.0', 'Router.Example'])

  it('have a table each', () => {
    const hosts = open()
    assert.notEqual(hosts.enter('a'), hosts.enter('b'))
    assert.equal(hosts.enter('a'), hosts.enter('A'))
  })

  it('are one and the same for no name, names of the router, and IP addresses', () => {
    const hosts = open()
    const { table } = hosts.enter(undefined)
    for (const name of ['', 'localhost', 'router.example', '127.0.0.1', '10.1.2.3', '::1', '[::1]']) {
      assert.equal(hosts.enter(name).table, table, name)
    }
  })

  it('vanish with their last connection', () => {
    const hosts = open()
    const { table } = hosts.enter('a')
    hosts.enter('a')
    hosts.leave('a')
    assert.equal(hosts.enter('a').table, table)
    hosts.leave('a')
    hosts.leave('a')
    assert.notEqual(hosts.enter('a').table, table)
  })

  it('count the addresses of all', () => {
    const hosts = open()
    hosts.enter('a').table.obtain('x')
    hosts.enter('b').table.obtain('x')
    assert.equal(hosts.addresses, 2)
  })
})
