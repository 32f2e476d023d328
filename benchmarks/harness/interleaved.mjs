// Runs ways from one end to the other, interleaved round by round, and keeps what was measured.
//
// A way: its name, `ends` (the module of both ends), `relay` (the module of what stands between, if something does), `ours`: it has
// to run; others are skipped where they, or what they need, are not installed.

import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { start } from './child.mjs'
import { describeMachine } from './report.mjs'

/** Options that all such benchmarks have; `passes`: how often each is measured in a round. Ends the program when they cannot be. */
export function readOptions(ways, inFlight) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      passes: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      'in-flight': { type: 'string', default: inFlight },
      profile: { type: 'string' },
    },
  })
  const asked = values.only === '' ? ways.map(({ way }) => way) : values.only.split(',')
  const unknown = asked.filter((name) => !ways.some(({ way }) => way === name))
  if (unknown.length > 0) {
    console.error(`--only: there is no ${unknown.join(', ')}; expected ${ways.map(({ way }) => way).join(', ')}`)
    process.exit(2)
  }
  return {
    ways: ways.filter(({ way }) => asked.includes(way)),
    rounds: Number(values.rounds),
    passes: Number(values.passes),
    seconds: Number(values.seconds),
    inFlights: values['in-flight'].split(',').map(Number),
    nodeOptions: values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`],
  }
}

export class Interleaved {
  #options
  #roles
  #warmUp
  #measure
  /** By operations in flight and way: its rounds. */
  #results = new Map()
  /** By way: why. */
  #skipped = new Map()

  /**
   * `roles`: of the end that is started first, and of the one that acts. `warmUp(running, inFlight)`, `measure(running, inFlight)`:
   * with the processes of a way, `acting`, `other` and `between`; `measure` resolves with what to keep.
   */
  constructor(options, { roles, warmUp, measure }) {
    this.#options = options
    this.#roles = roles
    this.#warmUp = warmUp
    this.#measure = measure
  }

  async run() {
    const { rounds, passes, seconds } = this.#options
    console.log(describeMachine())
    const measured = passes === 1 ? `${seconds} s` : `${passes} times ${seconds} s`
    console.log(`${rounds} rounds of ${measured} each, interleaved; 128 characters; all on loopback\n`)
    const [loadBefore] = loadavg()
    for (let round = 0; round < rounds; round++) await this.#runRound()
    console.log(`load average: ${loadBefore.toFixed(1)} before, ${loadavg()[0].toFixed(1)} at the end\n`)
    for (const [way, why] of this.#skipped) console.log(`skipped: ${way}: ${why}`)
    if (this.#skipped.size > 0) console.log()
  }

  /** Those that were not skipped. */
  get ways() {
    return this.#options.ways.filter(({ way }) => !this.#skipped.has(way))
  }

  /** What the rounds of a way were, in order; undefined where it was not measured. */
  roundsOf = (way, inFlight) => (this.#skipped.has(way) ? undefined : this.#results.get(keyOf(inFlight, way)))

  /** All processes of the round are there and warm before the first is measured, so that those who are compared run close together. */
  async #runRound() {
    const { passes, inFlights } = this.#options
    const running = new Map()
    for (const way of this.ways) {
      await this.#attempt(way, async () => {
        running.set(way, await this.#start(way))
        await this.#warmUp(running.get(way), Math.max(...inFlights))
      })
    }
    for (let pass = 0; pass < passes; pass++) {
      for (const inFlight of inFlights) {
        for (const way of this.ways) await this.#attempt(way, () => this.#keep(way, running.get(way), inFlight))
      }
    }
    for (const { processes } of running.values()) await stopAll(processes)
  }

  /** Others may fail, and are skipped from then on; this library may not. */
  async #attempt({ way, ours }, work) {
    try {
      await work()
    } catch (error) {
      if (ours) throw error
      this.#skipped.set(way, error.message.replace(/ imported from .*|\n.*/s, ''))
    }
  }

  async #keep({ way }, running, inFlight) {
    const round = await this.#measure(running, inFlight)
    const key = keyOf(inFlight, way)
    this.#results.set(key, [...(this.#results.get(key) ?? []), round])
  }

  async #start({ ends, relay }) {
    const processes = []
    const add = async (...args) => {
      const one = await start(...args, this.#options.nodeOptions)
      processes.unshift(one)
      return one
    }
    try {
      const between = relay && (await add(relay, 'relay', undefined))
      const other = await add(ends, this.#roles[0], between?.port)
      const acting = await add(ends, this.#roles[1], between?.port ?? other.port)
      return { acting, other, between, processes }
    } catch (error) {
      await stopAll(processes)
      throw error
    }
  }
}

const keyOf = (inFlight, way) => `${inFlight} ${way}`

/** The ends before what stands between: nobody has to put up with its loss. */
async function stopAll(processes) {
  for (const one of processes) await one.stop()
}

/** What each process of a way used while `work` ran, in the order acting, other, between; and what `work` resolved with. */
export async function withUsage({ acting, other, between }, work) {
  const counted = [acting, other, ...(between ? [between] : [])]
  const usages = () => Promise.all(counted.map((one) => one.ask({ command: 'usage' })))
  const before = await usages()
  const result = await work()
  const after = await usages()
  return { result, cpu: after.map(({ cpu }, n) => cpu - before[n].cpu) }
}
