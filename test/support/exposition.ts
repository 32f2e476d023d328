// Reads the text format of Prometheus, version 0.0.4, and takes nothing that is not quite it.

import assert from 'node:assert/strict'

export interface Sample {
  /** The name, with labels as they stand there. */
  readonly series: string
  readonly value: number
}

export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: string
}

export interface Exposition {
  readonly families: readonly MetricFamily[]
  readonly samples: readonly Sample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`)
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge)$`)
const SAMPLE = new RegExp(`^((${NAME})(?:\\{${LABEL}(?:,${LABEL})*\\})?) (\\d+(?:\\.\\d+)?)$`)

export function readExposition(text: string): Exposition {
  assert.ok(text.endsWith('\n'), 'the last line ends with a line feed')
  const families: MetricFamily[] = []
  const samples: Sample[] = []
  const lines = text.slice(0, -1).split('\n').values()
  for (const line of lines) {
    const help = HELP.exec(line)
    if (help) {
      const type = TYPE.exec(lines.next().value ?? '')
      assert.equal(type?.[1], help[1], `TYPE follows HELP: ${line}`)
      assert.ok(!families.some(({ name }) => name === help[1]), `a family stands together: ${line}`)
      families.push({ name: help[1] as string, help: help[2] as string, type: type?.[2] as string })
      continue
    }
    const sample = SAMPLE.exec(line)
    assert.ok(sample, `a sample: ${line}`)
    assert.equal(sample[2], families.at(-1)?.name, `a sample stands below its family: ${line}`)
    assert.ok(!samples.some(({ series }) => series === sample[1]), `a series is there once: ${line}`)
    samples.push({ series: sample[1] as string, value: Number(sample[3]) })
  }
  for (const { name } of families)
    assert.ok(
      samples.some(({ series }) => series === name || series.startsWith(`${name}{`)),
      `${name} has a sample`,
    )
  return { families, samples }
}
