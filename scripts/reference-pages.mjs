// The pages of docs/reference/ that are made from the source, by their paths.
import { CONFIG_TABLES } from '../dist/oslo-config.js'
import { optionsPage } from '../dist/support/option-reference.js'
import { amqpPage } from './amqp-reference.mjs'
import { channelsPage } from './channels-reference.mjs'

export function referencePages() {
  return new Map([
    ['docs/reference/options.md', optionsPage(CONFIG_TABLES)],
    ['docs/reference/amqp.md', amqpPage()],
    ['docs/reference/channels.md', channelsPage()],
  ])
}
