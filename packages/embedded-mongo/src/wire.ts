/** MongoDB's wire protocol: OP_MSG, and the OP_QUERY that old drivers say hello with. */
import { decodeDoc } from './bson/decode.ts'
import type { Doc } from './bson/values.ts'
import { crc32c } from './crc32c.ts'
import { MongoError } from './errors.ts'

export const maxMessageBytes = 48_000_000
export const headerBytes = 16

const opReply = 1
const opQuery = 2004
const opCompressed = 2012
const opMsg = 2013

const checksumPresent = 1
const moreToCome = 2
/** Bits 0 to 15 must be understood; the others may be ignored. */
const requiredFlags = 0xffff

export type Request = {
  id: number
  /** the command's own document; its first field is the command's name */
  body: Doc
  /** document sequences by field name, as raw BSON documents */
  sequences: ReadonlyMap<string, readonly Buffer[]>
  reply: 'msg' | 'legacy' | 'none'
}

/** The frame cannot be understood: the connection is closed, since what follows cannot be trusted. */
export class ProtocolError extends Error {}

export function parseMessage(frame: Buffer): Request {
  const id = frame.readInt32LE(4)
  const opcode = frame.readInt32LE(12)
  if (opcode === opMsg) return parseMsg(id, frame)
  if (opcode === opQuery) return parseQuery(id, frame)
  if (opcode === opCompressed) throw new ProtocolError('compression was not negotiated')
  throw new ProtocolError(`opcode ${opcode} is not supported`)
}

function parseMsg(id: number, frame: Buffer): Request {
  if (frame.length < headerBytes + 4 + 1 + 5) throw new ProtocolError('the message is too short')
  const flags = frame.readUInt32LE(16)
  if ((flags & requiredFlags & ~(checksumPresent | moreToCome)) !== 0)
    throw new ProtocolError(`unknown required flags ${flags & requiredFlags}`)
  let end = frame.length
  if (flags & checksumPresent) {
    end -= 4
    if (end < headerBytes + 4 || frame.readUInt32LE(end) !== crc32c(frame.subarray(0, end)))
      throw new ProtocolError('the checksum does not match')
  }
  let body: Doc | undefined
  const sequences = new Map<string, readonly Buffer[]>()
  let at = 20
  while (at < end) {
    const kind = frame[at++]
    if (kind === 0) {
      if (body) throw new ProtocolError('two bodies in one message')
      const bytes = slice(frame, at, end)
      body = decodeBody(bytes)
      at += bytes.length
    } else if (kind === 1) {
      if (at + 4 > end) throw new ProtocolError('a section is cut off')
      const sectionEnd = at + frame.readInt32LE(at)
      if (sectionEnd > end || sectionEnd < at + 5) throw new ProtocolError('a section has a wrong length')
      at += 4
      const nameEnd = frame.indexOf(0, at)
      if (nameEnd < 0 || nameEnd >= sectionEnd) throw new ProtocolError('a section has no name')
      const name = frame.toString('utf8', at, nameEnd)
      if (sequences.has(name)) throw new ProtocolError(`two document sequences named ${name}`)
      at = nameEnd + 1
      const docs: Buffer[] = []
      while (at < sectionEnd) {
        const bytes = slice(frame, at, sectionEnd)
        docs.push(bytes)
        at += bytes.length
      }
      sequences.set(name, docs)
    } else throw new ProtocolError(`unknown section kind ${kind}`)
  }
  if (!body) throw new ProtocolError('the message has no body')
  for (const name of sequences.keys())
    if (body.has(name)) throw new ProtocolError(`${name} is both in the body and in a document sequence`)
  return { id, body, sequences, reply: flags & moreToCome ? 'none' : 'msg' }
}

function parseQuery(id: number, frame: Buffer): Request {
  const nameEnd = frame.indexOf(0, 20)
  if (nameEnd < 0 || nameEnd + 9 > frame.length) throw new ProtocolError('the query is cut off')
  const namespace = frame.toString('utf8', 20, nameEnd)
  if (!namespace.endsWith('.$cmd')) throw new ProtocolError('OP_QUERY is supported for commands only')
  const bytes = slice(frame, nameEnd + 9, frame.length)
  let body = decodeBody(bytes)
  const wrapped = body.get('$query')
  if (wrapped instanceof Map) body = wrapped
  if (!body.has('$db')) body.set('$db', namespace.slice(0, -5))
  return { id, body, sequences: new Map(), reply: 'legacy' }
}

function slice(frame: Buffer, at: number, end: number): Buffer {
  if (at + 5 > end) throw new ProtocolError('a document is cut off')
  const size = frame.readInt32LE(at)
  if (size < 5 || at + size > end) throw new ProtocolError('a document has a wrong length')
  return frame.subarray(at, at + size)
}

/** A body that is not BSON closes the connection; one that has refused types is answered as an error. */
function decodeBody(bytes: Buffer): Doc {
  try {
    return decodeDoc(bytes)
  } catch (error) {
    if (error instanceof MongoError && error.codeName === 'InvalidBSON')
      throw new ProtocolError(error.message)
    throw error
  }
}

let nextId = 1

/** Completes a reply whose document was encoded after `replyPrefix(kind)` bytes of room. */
export function finishReply(bytes: Buffer, request: Pick<Request, 'id' | 'reply'>): Buffer {
  bytes.writeInt32LE(bytes.length, 0)
  bytes.writeInt32LE(nextId, 4)
  nextId = (nextId + 1) & 0x7fffffff
  bytes.writeInt32LE(request.id, 8)
  if (request.reply === 'legacy') {
    bytes.writeInt32LE(opReply, 12)
    bytes.writeInt32LE(8, 16)
    bytes.writeBigInt64LE(0n, 20)
    bytes.writeInt32LE(0, 28)
    bytes.writeInt32LE(1, 32)
  } else {
    bytes.writeInt32LE(opMsg, 12)
    bytes.writeInt32LE(0, 16)
    bytes[20] = 0
  }
  return bytes
}

export const replyPrefix = (reply: Request['reply']): number => (reply === 'legacy' ? 36 : 21)
