/**
 * Order-preserving keys: comparing the bytes of two encoded values is comparing the values in BSON comparison order.
 *
 * A value is one type byte and a payload; no encoding is a prefix of another, so compound keys are concatenations and a
 * descending component is the same bytes inverted. int32, int64 and double that are equal have the same key: the largest
 * double not above the number (8 bytes), then what is left of an int64 (2 bytes; at most 1023).
 */
import {
  type Binary,
  type BSONRegExp,
  binaryBytes,
  type Code,
  type Doc,
  type NumberValue,
  numeric,
  type ObjectId,
  type Timestamp,
  typeRank,
  type Value,
} from '../bson/values.ts'

/** Type bytes by canonical rank; gaps leave room. 0x00 ends a container, so no type has it. */
const typeBytes: ReadonlyMap<number, number> = new Map([
  [-1, 0x01],
  [0, 0x05],
  [5, 0x0a],
  [10, 0x1e],
  [15, 0x3c],
  [20, 0x46],
  [25, 0x50],
  [30, 0x5a],
  [35, 0x64],
  [40, 0x6e],
  [45, 0x78],
  [47, 0x82],
  [50, 0x8c],
  [60, 0xa0],
  [127, 0xf0],
])

/** The key of "missing" and null is the same; an empty array has one of its own below null. */
export const emptyArrayKey: Buffer = Buffer.from([0x05])
export const nullKey: Buffer = Buffer.from([0x0a])

class KeyWriter {
  bytes: Buffer = Buffer.allocUnsafe(64)
  at = 0

  room(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }

  byte(value: number): void {
    this.room(1)
    this.bytes[this.at++] = value
  }

  raw(content: Uint8Array): void {
    this.room(content.length)
    this.bytes.set(content, this.at)
    this.at += content.length
  }

  /** Text with 0x00 escaped as 0x00 0xFF, ended by 0x00 0x01: shorter sorts first. */
  text(value: string): void {
    this.room(value.length * 3 + 2)
    if (value.includes('\0')) {
      for (const byte of Buffer.from(value)) {
        this.byte(byte)
        if (byte === 0) this.byte(0xff)
      }
    } else this.at += this.bytes.write(value, this.at)
    this.room(2)
    this.bytes[this.at++] = 0
    this.bytes[this.at++] = 1
  }

  number(value: NumberValue): void {
    this.room(10)
    const exact = numeric(value)
    let near: number
    let rest = 0
    if (typeof exact === 'bigint') {
      near = Number(exact)
      // Number() rounds to nearest; step down when it went up.
      if (BigInt(near) > exact) near = below(near)
      rest = Number(exact - BigInt(near))
    } else near = exact
    if (Number.isNaN(near)) {
      this.bytes.fill(0, this.at, this.at + 10)
      this.at += 10
      return
    }
    const { bytes, at } = this
    bytes.writeDoubleBE(near === 0 ? 0 : near, at)
    if (bytes[at]! & 0x80) for (let i = at; i < at + 8; i++) bytes[i] = ~bytes[i]! & 0xff
    else bytes[at]! |= 0x80
    bytes.writeUInt16BE(rest, at + 8)
    this.at += 10
  }

  value(value: Value | undefined): void {
    const rank = typeRank(value)
    this.byte(typeBytes.get(rank)!)
    this.payload(rank, value)
  }

  payload(rank: number, value: Value | undefined): void {
    switch (rank) {
      case 10:
        this.number(value as NumberValue)
        break
      case 15:
        this.text(value as string)
        break
      case 20:
        // Objects compare field by field: type, then name, then value.
        for (const [name, item] of value as Doc) {
          const itemRank = typeRank(item)
          this.byte(typeBytes.get(itemRank)!)
          this.text(name)
          this.payload(itemRank, item)
        }
        this.byte(0)
        break
      case 25:
        for (const item of value as Value[]) this.value(item)
        this.byte(0)
        break
      case 30: {
        const content = binaryBytes(value as Binary)
        this.room(5)
        this.at = this.bytes.writeUInt32BE(content.length, this.at)
        this.byte((value as Binary).sub_type)
        this.raw(content)
        break
      }
      case 35:
        this.raw((value as ObjectId).id)
        break
      case 40:
        this.byte(value === true ? 1 : 0)
        break
      case 45:
        this.room(8)
        this.at = this.bytes.writeBigUInt64BE(
          BigInt.asUintN(64, BigInt((value as Date).getTime()) ^ (1n << 63n)),
          this.at,
        )
        break
      case 47:
        this.room(8)
        this.at = this.bytes.writeBigUInt64BE(BigInt.asUintN(64, (value as Timestamp).toBigInt()), this.at)
        break
      case 50:
        this.text((value as BSONRegExp).pattern)
        this.text((value as BSONRegExp).options)
        break
      case 60:
        this.text((value as Code).code)
        break
    }
  }
}

function below(value: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigInt64(0)
  view.setBigInt64(0, value > 0 ? bits - 1n : bits + 1n)
  return view.getFloat64(0)
}

/** The key of one value; `undefined` is the key of an empty array (see `emptyArrayKey`). */
export function encodeKey(value: Value | undefined): Buffer {
  const writer = new KeyWriter()
  writer.value(value)
  return writer.bytes.subarray(0, writer.at)
}

export function invert(key: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(key.length)
  for (let i = 0; i < key.length; i++) out[i] = ~key[i]! & 0xff
  return out
}

/** The smallest key above every key that begins with `prefix`; undefined when there is none. */
export function successor(prefix: Uint8Array): Buffer | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const out = Buffer.from(prefix.subarray(0, length))
  out[length - 1]!++
  return out
}

/** Half-open range of keys of all values of one canonical rank. */
export function typeRange(rank: number): readonly [Buffer, Buffer] {
  const type = typeBytes.get(rank)!
  return [Buffer.from([type]), Buffer.from([type + 1])]
}

/** The key of a string cut short: the lower bound of all strings that begin with it. */
export function stringPrefixKey(prefix: string): Buffer {
  const whole = encodeKey(prefix)
  return whole.subarray(0, whole.length - 2)
}
