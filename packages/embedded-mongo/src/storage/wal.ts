/**
 * Looks through SQLite's write-ahead log before it is opened: SQLite silently ignores everything after the first frame that
 * is damaged. (Format: sqlite.org/fileformat2.html, The Write-Ahead Log.)
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24
const magic = 0x377f0682

type Sums = readonly [number, number]

/** SQLite's checksum over words of four bytes, continued from `sums`. */
function checksum(bytes: Buffer, from: number, to: number, big: boolean, [first, second]: Sums): Sums {
  let a = first
  let b = second
  for (let at = from; at < to; at += 8) {
    a = (a + (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0
    b = (b + (big ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0
  }
  return [a, b]
}

const stored = (bytes: Buffer, at: number): Sums => [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
const same = (a: Sums, b: Sums): boolean => a[0] === b[0] && a[1] === b[1]

/** A sentence for the operator when the log is torn; undefined when it is whole or there is none. */
export function tornLog(database: string): string | undefined {
  const path = `${database}-wal`
  if (!existsSync(path)) return undefined
  const fd = openSync(path, 'r')
  try {
    return examine(fd, path)
  } finally {
    closeSync(fd)
  }
}

function examine(fd: number, path: string): string | undefined {
  const { size } = fstatSync(fd)
  if (size < headerBytes) return undefined
  const header = Buffer.alloc(headerBytes)
  readSync(fd, header, 0, headerBytes, 0)
  // All zeros: the log was begun anew and nothing was written to it.
  if (header.every((byte) => byte === 0)) return undefined
  const big = (header.readUInt32BE(0) & 1) === 1
  const pageBytes = header.readUInt32BE(8)
  let sums = checksum(header, 0, 24, big, [0, 0])
  if ((header.readUInt32BE(0) & ~1) >>> 0 !== magic || !same(sums, stored(header, 24)) || pageBytes < 512)
    return size > headerBytes
      ? `${path} is damaged at its beginning: the writes in it are lost; restore a backup if they matter`
      : undefined
  const salt = header.subarray(16, 24)
  const frame = Buffer.alloc(frameHeaderBytes + pageBytes)
  let whole = true
  let torn = false
  let finished = false
  for (let at = headerBytes; at + frameHeaderBytes <= size; at += frame.length) {
    const read = readSync(fd, frame, 0, frame.length, at)
    // Frames with another salt are left from before the log was begun anew.
    const ours = salt.equals(frame.subarray(8, 16))
    if (whole && ours && read === frame.length) {
      sums = checksum(frame, 0, 8, big, sums)
      sums = checksum(frame, frameHeaderBytes, frame.length, big, sums)
      if (same(sums, stored(frame, 16))) continue
    }
    whole = false
    if (!ours) continue
    torn = true
    if (frame.readUInt32BE(4) !== 0) finished = true
  }
  if (!torn) return undefined
  return finished
    ? `${path} is torn: at least one finished write after the damage may be lost; compare with a backup`
    : `${path} ended in a write that was not finished: it was dropped, and nobody had been told that it was done`
}
