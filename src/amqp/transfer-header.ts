// The performative of a single-frame transfer, encoded once a link and patched for each message: of its fields only
// delivery-id, delivery-tag and settled change (AMQP 1.0 part 2, 2.7.5). Saves the generic list encoder on the hottest path.

import { TRANSFER } from '../codec/descriptors.ts'
import type { Encoder } from '../codec/encoder.ts'

const LENGTH = 24
const HANDLE_AT = 7
const ID_AT = 12
const TAG_AT = 18
const SETTLED_AT = 23
const TRUE = 0x41
const FALSE = 0x42

export class TransferHeader {
  readonly #template: Buffer

  constructor(handle: number) {
    this.#template = Buffer.from([
      ...[0x00, 0x53, TRANSFER, 0xc0, LENGTH - 5, 5], // descriptor, list8, its size, five fields
      ...[0x70, 0, 0, 0, 0], // handle: uint
      ...[0x70, 0, 0, 0, 0], // delivery-id: uint
      ...[0xa0, 4, 0, 0, 0, 0], // delivery-tag: the same four bytes, so unique among the unsettled
      ...[0x43, FALSE], // message-format: 0, settled
    ])
    this.#template.writeUInt32BE(handle, HANDLE_AT)
  }

  write(encoder: Encoder, deliveryId: number, settled: boolean): void {
    const template = this.#template
    template.writeUInt32BE(deliveryId, ID_AT)
    template.writeUInt32BE(deliveryId, TAG_AT)
    template[SETTLED_AT] = settled ? TRUE : FALSE
    encoder.rawBytes(template)
  }
}
