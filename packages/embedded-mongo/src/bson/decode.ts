/** BSON bytes to the server's value model (bsonspec.org 1.1). Every length is checked; depth is limited. */
import { isUtf8 } from 'node:buffer'
import { LocationError, MongoError } from '../errors.ts'
import {
  Binary,
  BSONRegExp,
  Code,
  type Doc,
  Int32,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Value,
} from './values.ts'

/** MongoDB refuses documents nested deeper than this. */
const maxDepth = 100

class Reader {
  readonly bytes: Buffer
  readonly trusted: boolean
  at: number

  constructor(bytes: Buffer, at: number, trusted: boolean) {
    this.bytes = bytes
    this.at = at
    this.trusted = trusted
  }

  need(count: number, end: number): void {
    if (count < 0 || this.at + count > end) throw invalid('a value runs past the end of its document')
  }

  name(end: number): string {
    const { bytes } = this
    const start = this.at
    let at = start
    let high = 0
    while (at < end) {
      const byte = bytes[at]!
      if (byte === 0) break
      high |= byte
      at++
    }
    if (at >= end) throw invalid('a field name is not terminated')
    this.at = at + 1
    if (high < 0x80) return bytes.toString('latin1', start, at)
    return this.text(start, at)
  }

  text(start: number, end: number): string {
    if (!this.trusted && !isUtf8(this.bytes.subarray(start, end)))
      throw invalid('a string is not valid UTF-8')
    return this.bytes.toString('utf8', start, end)
  }

  string(end: number): string {
    this.need(4, end)
    const length = this.bytes.readInt32LE(this.at)
    this.at += 4
    if (length < 1) throw invalid('a string has no terminator')
    this.need(length, end)
    const start = this.at
    this.at += length
    if (this.bytes[this.at - 1] !== 0) throw invalid('a string is not terminated')
    return this.text(start, this.at - 1)
  }

  open(limit: number): number {
    this.need(5, limit)
    const size = this.bytes.readInt32LE(this.at)
    if (size < 5 || this.at + size > limit) throw invalid('a document has a wrong length')
    const end = this.at + size - 1
    if (this.bytes[end] !== 0) throw invalid('a document is not terminated')
    this.at += 4
    return end
  }

  doc(limit: number, depth: number): Doc {
    const end = this.open(limit)
    const doc: Doc = new Map()
    while (this.at < end) {
      const type = this.bytes[this.at++]!
      const name = this.name(end)
      doc.set(name, this.value(type, end, depth))
    }
    this.at = end + 1
    return doc
  }

  array(limit: number, depth: number): Value[] {
    const end = this.open(limit)
    const items: Value[] = []
    while (this.at < end) {
      const type = this.bytes[this.at++]!
      while (this.at < end && this.bytes[this.at] !== 0) this.at++
      this.need(1, end)
      this.at++
      items.push(this.value(type, end, depth))
    }
    this.at = end + 1
    return items
  }

  value(type: number, end: number, depth: number): Value {
    const { bytes } = this
    switch (type) {
      case 0x01: {
        this.need(8, end)
        this.at += 8
        return bytes.readDoubleLE(this.at - 8)
      }
      case 0x02:
        return this.string(end)
      case 0x03:
      case 0x04:
        // MongoDB's number for documents nested too deep.
        if (depth >= maxDepth) throw new MongoError('Overflow', `Object nesting exceeds ${maxDepth} levels`)
        return type === 0x03 ? this.doc(end, depth + 1) : this.array(end, depth + 1)
      case 0x05:
        return this.binary(end)
      case 0x07: {
        this.need(12, end)
        this.at += 12
        return new ObjectId(Uint8Array.prototype.slice.call(bytes, this.at - 12, this.at))
      }
      case 0x08: {
        this.need(1, end)
        const flag = bytes[this.at++]!
        if (flag > 1) throw invalid('a boolean is neither 0 nor 1')
        return flag === 1
      }
      case 0x09: {
        this.need(8, end)
        this.at += 8
        const time = Number(bytes.readBigInt64LE(this.at - 8))
        const date = new Date(time)
        if (Number.isNaN(date.getTime()))
          throw new MongoError('BadValue', 'dates beyond the years -271821 to 275760 are not supported')
        return date
      }
      case 0x0a:
        return null
      case 0x0b: {
        const pattern = this.name(end)
        const options = this.name(end)
        if (!/^[imlsux]*$/.test(options))
          throw invalid(`a regular expression has the unknown options ${options}`)
        return new BSONRegExp(pattern, options)
      }
      case 0x0d:
        return new Code(this.string(end))
      case 0x10: {
        this.need(4, end)
        this.at += 4
        return new Int32(bytes.readInt32LE(this.at - 4))
      }
      case 0x11: {
        this.need(8, end)
        this.at += 8
        return new Timestamp(bytes.readBigUInt64LE(this.at - 8))
      }
      case 0x12: {
        this.need(8, end)
        this.at += 8
        return bytes.readBigInt64LE(this.at - 8)
      }
      case 0xff:
        return new MinKey()
      case 0x7f:
        return new MaxKey()
      case 0x13:
        throw new MongoError('BadValue', 'Decimal128 values are not supported by this server')
      case 0x06:
      case 0x0c:
      case 0x0e:
      case 0x0f:
        throw new MongoError('BadValue', `the deprecated BSON type 0x0${type.toString(16)} is not supported`)
      default:
        throw invalid(`unknown BSON type 0x${type.toString(16)}`)
    }
  }

  binary(end: number): Binary {
    this.need(5, end)
    const length = this.bytes.readInt32LE(this.at)
    const subType = this.bytes[this.at + 4]!
    this.at += 5
    this.need(length, end)
    let start = this.at
    this.at += length
    // The old binary subtype repeats its length.
    if (subType === Binary.SUBTYPE_BYTE_ARRAY) {
      if (length < 4 || this.bytes.readInt32LE(start) !== length - 4)
        throw invalid('a binary has a wrong length')
      start += 4
    }
    return new Binary(Buffer.from(this.bytes.subarray(start, this.at)), subType)
  }
}

const invalid = (message: string): MongoError => new MongoError('InvalidBSON', `invalid BSON: ${message}`)

/**
 * One document that fills `bytes` exactly.
 * `trusted` skips the UTF-8 check: for bytes this server has checked before it stored them.
 */
export function decodeDoc(bytes: Buffer, trusted = false): Doc {
  const reader = new Reader(bytes, 0, trusted)
  const doc = reader.doc(bytes.length, 1)
  if (reader.at !== bytes.length) throw new LocationError(22, 'invalid BSON: bytes follow the document')
  return doc
}
