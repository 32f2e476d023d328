import { Decoder } from './decoder.ts'
import * as descriptors from './descriptors.ts'
import { Encoder } from './encoder.ts'
import * as format from './format-codes.ts'
import { decodeHeaderSection, encodeHeaderSection, type Header } from './header-section.ts'
import type { Fields } from './types.ts'

/** A message in two parts. */
export interface SplitMessage {
  /** Undefined: it has none. */
  readonly header: Header | undefined
  /** Everything behind the header: a view of the bytes. */
  readonly sections: Buffer
}

/** The sections of annotations, in the order in which they stand. */
const ANNOTATIONS = Object.freeze({
  'delivery-annotations': descriptors.DELIVERY_ANNOTATIONS,
  'message-annotations': descriptors.MESSAGE_ANNOTATIONS,
})

/**
 * What an intermediary may change of a message: its header and its annotations (specification part 3, section 3.2). All other
 * bytes stay as they are, and none of them is looked at. Keeps the memory that it works with.
 */
export class MessageSplicer {
  readonly #decoder = new Decoder()
  readonly #encoder = new Encoder(1024)

  /** @throws DecodeError when the message does not begin with a section, or its header cannot be read. */
  split(message: Buffer): SplitMessage {
    if (message.length === 0) return { header: undefined, sections: message }
    const d = this.#decoder
    d.reset(message)
    const descriptor = d.readDescriptor('message')
    if (descriptor < descriptors.HEADER || descriptor > descriptors.FOOTER) {
      throw d.fail('message: expected a section, found another described value', 0)
    }
    if (descriptor !== descriptors.HEADER) return { header: undefined, sections: message }
    const header = decodeHeaderSection(d)
    return { header, sections: message.subarray(d.position) }
  }

  /** A header and what `split` found behind the old one, in memory of their own. */
  join(header: Header, sections: Uint8Array): Buffer {
    const e = this.#encoder
    try {
      encodeHeaderSection(e, header)
      const head = e.take()
      const joined = Buffer.allocUnsafe(head.length + sections.length)
      joined.set(head)
      joined.set(sections, head.length)
      return joined
    } finally {
      this.#empty()
    }
  }

  /**
   * The sections behind a header with `fields` among the annotations of one kind: what is there under the same name is
   * replaced, what is there under other names keeps its bytes.
   *
   * @throws DecodeError when the sections before those annotations, or they, cannot be read; EncodeError when the fields cannot
   * be written.
   */
  annotate(sections: Buffer, kind: keyof typeof ANNOTATIONS, fields: Fields): Buffer {
    const { start, content, end } = this.#find(sections, ANNOTATIONS[kind])
    const e = this.#encoder
    try {
      e.writeDescriptor(ANNOTATIONS[kind])
      const map = e.beginCompound()
      const kept = content < 0 ? 0 : this.#copyEntries(sections, content, fields, kind)
      for (const [name, value] of fields) {
        e.writeSymbol(name, kind)
        e.writeValue(value, kind)
      }
      e.endMap(map, kept + fields.size)
      return Buffer.concat([sections.subarray(0, start), e.take(), sections.subarray(end)])
    } finally {
      this.#empty()
    }
  }

  /** Where a section stands, or would stand (then `content` is -1). */
  #find(sections: Buffer, wanted: number): { start: number; content: number; end: number } {
    const d = this.#decoder
    d.reset(sections)
    while (d.position < d.end) {
      const start = d.position
      const descriptor = d.readDescriptor('message')
      if (descriptor < descriptors.DELIVERY_ANNOTATIONS)
        throw d.fail('message: expected a section behind the header', start)
      if (descriptor > wanted) return { start, content: -1, end: start }
      const content = d.position
      d.skipValue()
      if (descriptor === wanted) return { start, content, end: d.position }
    }
    return { start: d.end, content: -1, end: d.end }
  }

  /** Writes the entries of a map again, without those whose name is in `replaced`; gives their number. */
  #copyEntries(sections: Buffer, at: number, replaced: Fields, what: string): number {
    const d = this.#decoder
    d.reset(sections, at)
    if (d.skipNull()) return 0
    const items = d.beginMap(what)
    const end = d.compoundEnd
    let kept = 0
    for (let i = 0; i < items; i += 2) {
      const start = d.position
      const name = this.#entryName(what)
      d.skipValue()
      if (d.position > end) break
      if (name !== undefined && replaced.has(name)) continue
      this.#encoder.rawBytes(sections.subarray(start, d.position))
      kept += 1
    }
    d.endCompound(end, what)
    return kept
  }

  /** The keys of annotations are symbols, or of type ulong (3.2.10), which have no name here. */
  #entryName(what: string): string | undefined {
    const d = this.#decoder
    switch (d.buffer[d.position]) {
      case format.SYMBOL8:
      case format.SYMBOL32:
      case format.STRING8:
      case format.STRING32:
        return d.readName(what)
      default:
        d.skipValue()
        return undefined
    }
  }

  /** Whatever has happened: nothing of it is left for the next message. */
  #empty(): void {
    this.#encoder.truncate(0)
    this.#encoder.reuse()
  }
}
