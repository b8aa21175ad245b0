/** The server's value model to BSON bytes. Also embeds documents that are bytes already. */
import { LocationError, MongoError } from '../errors.ts'
import {
  Binary,
  BSONRegExp,
  binaryBytes,
  Code,
  Int32,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Value,
} from './values.ts'

export const maxDocumentBytes = 16 * 1024 * 1024

/** Replies wrap stored documents (at most 100 deep) a few levels more. */
const maxReplyDepth = 180

/** A document in its BSON bytes, embedded in a reply as it is. */
export class Raw {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** What may be encoded: values, raw documents, and plain objects for replies built in code (numbers there are doubles). */
export type Encodable =
  | Value
  | Raw
  | undefined
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [name: string]: Encodable }

export type Fields = { readonly [name: string]: Encodable }

class Writer {
  bytes: Buffer = Buffer.allocUnsafe(1024)
  at = 0
  depth = 0

  room(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }

  name(type: number, name: string): void {
    this.room(name.length * 3 + 2)
    this.bytes[this.at++] = type
    if (name.length < 24) {
      let i = 0
      for (; i < name.length; i++) {
        const unit = name.charCodeAt(i)
        if (unit === 0 || unit > 0x7f) break
        this.bytes[this.at + i] = unit
      }
      if (i === name.length) {
        this.at += i
        this.bytes[this.at++] = 0
        return
      }
    }
    if (name.includes('\0')) throw new MongoError('BadValue', 'a field name must not contain a null byte')
    this.at += this.bytes.write(name, this.at)
    this.bytes[this.at++] = 0
  }

  cstring(text: string): void {
    if (text.includes('\0')) throw new MongoError('BadValue', 'a pattern must not contain a null byte')
    this.room(text.length * 3 + 1)
    this.at += this.bytes.write(text, this.at)
    this.bytes[this.at++] = 0
  }

  string(text: string): void {
    this.room(text.length * 3 + 5)
    const start = this.at + 4
    const length = this.bytes.write(text, start)
    this.bytes.writeInt32LE(length + 1, this.at)
    this.at = start + length
    this.bytes[this.at++] = 0
  }

  field(name: string, value: Encodable): void {
    switch (typeof value) {
      case 'undefined':
        return
      case 'number':
        this.name(0x01, name)
        this.room(8)
        this.at = this.bytes.writeDoubleLE(value, this.at)
        return
      case 'bigint':
        this.name(0x12, name)
        this.room(8)
        this.at = this.bytes.writeBigInt64LE(value, this.at)
        return
      case 'string':
        this.name(0x02, name)
        this.string(value)
        return
      case 'boolean':
        this.name(0x08, name)
        this.room(1)
        this.bytes[this.at++] = value ? 1 : 0
        return
    }
    if (value === null) this.name(0x0a, name)
    else if (value instanceof Int32) {
      this.name(0x10, name)
      this.room(4)
      this.at = this.bytes.writeInt32LE(value.valueOf(), this.at)
    } else if (value instanceof Map) {
      this.name(0x03, name)
      this.doc(value)
    } else if (Array.isArray(value)) {
      this.name(0x04, name)
      this.array(value)
    } else if (value instanceof ObjectId) {
      this.name(0x07, name)
      this.room(12)
      this.bytes.set(value.id, this.at)
      this.at += 12
    } else if (value instanceof Date) {
      this.name(0x09, name)
      this.room(8)
      this.at = this.bytes.writeBigInt64LE(BigInt(value.getTime()), this.at)
    } else if (value instanceof Raw) {
      this.name(0x03, name)
      this.room(value.bytes.length)
      this.bytes.set(value.bytes, this.at)
      this.at += value.bytes.length
    } else this.rare(name, value)
  }

  rare(name: string, value: Exclude<Encodable, undefined | null | number | string>): void {
    if (value instanceof Binary) {
      this.name(0x05, name)
      const content = binaryBytes(value)
      const old = value.sub_type === Binary.SUBTYPE_BYTE_ARRAY
      this.room(content.length + 9)
      this.at = this.bytes.writeInt32LE(content.length + (old ? 4 : 0), this.at)
      this.bytes[this.at++] = value.sub_type
      if (old) this.at = this.bytes.writeInt32LE(content.length, this.at)
      this.bytes.set(content, this.at)
      this.at += content.length
    } else if (value instanceof Timestamp) {
      this.name(0x11, name)
      this.room(8)
      this.at = this.bytes.writeBigUInt64LE(BigInt.asUintN(64, value.toBigInt()), this.at)
    } else if (value instanceof BSONRegExp) {
      this.name(0x0b, name)
      this.cstring(value.pattern)
      this.cstring(value.options)
    } else if (value instanceof Code) {
      this.name(0x0d, name)
      this.string(value.code)
    } else if (value instanceof MinKey) this.name(0xff, name)
    else if (value instanceof MaxKey) this.name(0x7f, name)
    else {
      this.name(0x03, name)
      this.doc(value as { readonly [name: string]: Encodable })
    }
  }

  doc(value: ReadonlyMap<string, Encodable> | { readonly [name: string]: Encodable }): void {
    const start = this.begin()
    this.deeper()
    if (value instanceof Map) for (const [name, item] of value) this.field(name, item)
    else for (const [name, item] of Object.entries(value)) this.field(name, item)
    this.depth--
    this.end(start)
  }

  array(items: readonly Encodable[]): void {
    const start = this.begin()
    this.deeper()
    for (let i = 0; i < items.length; i++) this.field(String(i), items[i] ?? null)
    this.depth--
    this.end(start)
  }

  deeper(): void {
    if (++this.depth > maxReplyDepth) throw new MongoError('Overflow', 'Object nesting is too deep')
  }

  begin(): number {
    this.room(4)
    this.at += 4
    return this.at - 4
  }

  end(start: number): void {
    this.room(1)
    this.bytes[this.at++] = 0
    this.bytes.writeInt32LE(this.at - start, start)
  }
}

/** The bytes of one document, in a buffer of their own. */
export function encodeDoc(
  doc: ReadonlyMap<string, Encodable> | { readonly [name: string]: Encodable },
  reserve = 0,
): Buffer {
  const writer = new Writer()
  writer.at = reserve
  writer.doc(doc)
  return writer.bytes.subarray(0, writer.at)
}

/** Bytes of a document to be stored. @throws BSONObjectTooLarge above 16 MiB */
export function encodeStored(doc: ReadonlyMap<string, Value>): Buffer {
  const bytes = encodeDoc(doc)
  checkSize(bytes.length)
  return bytes
}

export function checkSize(size: number): void {
  if (size > maxDocumentBytes)
    throw new LocationError(
      10334,
      `object to insert too large. size in bytes: ${size}, max size: ${maxDocumentBytes}`,
    )
}
