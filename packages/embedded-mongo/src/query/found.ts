import { decodeDoc } from '../bson/decode.ts'
import type { Doc } from '../bson/values.ts'

/** A record a query came to: its bytes, decoded when first looked at. */
export class Found {
  readonly rid: number
  readonly bytes: Buffer
  #doc: Doc | undefined

  constructor(rid: number, bytes: Buffer) {
    this.rid = rid
    this.bytes = bytes
  }

  get doc(): Doc {
    this.#doc ??= decodeDoc(this.bytes, true)
    return this.#doc
  }
}
