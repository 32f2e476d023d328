// A link from one document to another leads somewhere: the file is there, and so is the heading.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT } from '../../support/source-files.ts'

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** Without blocks of code, where brackets mean something else. */
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '')

/** As GitHub names them. */
function anchorsOf(page: string): Set<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function defectOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(ROOT, target))) return `${page}: ${link} is not there`
  if (anchor !== undefined && !anchorsOf(target).has(anchor)) return `${page}: ${link} has no such heading`
  return undefined
}

describe('the documents', () => {
  it('link to what is there', () => {
    const links = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => ({ page, link })),
    )
    const own = links.filter(({ link }) => !/^[a-z]+:/.test(link))
    assert.ok(own.length > 20)
    assert.deepEqual(
      own.flatMap(({ page, link }) => defectOf(page, link) ?? []),
      [],
    )
  })
})
