/**
 * Reading a package without unpacking it to a disk. What a ZIP says of its sizes is believed only as an upper limit: nothing grows
 * beyond it, and every file is held against its hash afterwards.
 */
import { unzipSync } from 'fflate'
import { isSafeName } from '../format.ts'
import { faulty } from './fault.ts'

const MIB = 1024 * 1024
export const limits = {
  /** of the ZIP itself */
  package: 1024 * MIB,
  files: 20_000,
  file: 256 * MIB,
  /** of all files, opened */
  total: 1024 * MIB,
  /** how many times larger a file may become; text of events packs to a twentieth */
  ratio: 200,
  /** below this a file may be as repetitive as it likes */
  small: MIB,
}
export type ZipLimits = typeof limits

const END = Uint8Array.of(0x50, 0x4b, 0x05, 0x06)
const MAX_COMMENT = 65_535

/** How many files the end of the archive says there are: two that share a name, or hide from each other, do not add up. */
function declared(bytes: Uint8Array): number | undefined {
  const from = Math.max(0, bytes.length - 22 - MAX_COMMENT)
  for (let at = bytes.length - 22; at >= from; at--)
    if (END.every((byte, index) => bytes[at + index] === byte))
      return bytes[at + 10]! | (bytes[at + 11]! << 8)
  return undefined
}

/** @throws PackageFaulty */
export function openZip(bytes: Uint8Array, within: ZipLimits = limits): ReadonlyMap<string, Uint8Array> {
  if (bytes.length > within.package) faulty('too-large', `${Math.ceil(bytes.length / MIB)} MiB`)
  const names = new Set<string>()
  let total = 0
  let packed = 0
  let count = 0
  const opened = (() => {
    try {
      return unzipSync(bytes, {
        filter({ name, size, originalSize, compression }) {
          count += 1
          if (count > within.files) faulty('too-large', `${count} files`)
          if (!isSafeName(name)) faulty('bad-name', JSON.stringify(name))
          // Some machines take upper and lower case for one.
          if (names.has(name.toLowerCase())) faulty('bad-name', name)
          names.add(name.toLowerCase())
          if (compression !== 0 && compression !== 8) faulty('not-a-zip', name)
          // Entries that share their bytes, or hold more than they say, would be copied and opened once for each.
          packed += size
          if (packed > bytes.length || (compression === 0 && size !== originalSize)) faulty('not-a-zip', name)
          total += originalSize
          if (originalSize > within.file || total > within.total) faulty('too-large', name)
          if (originalSize > within.small && originalSize > size * within.ratio) faulty('too-large', name)
          return true
        },
      })
    } catch (error) {
      if (error instanceof Error && error.name === 'PackageFaulty') throw error
      return faulty('not-a-zip', error instanceof Error ? error.message : 'ZIP')
    }
  })()
  const files = new Map(Object.entries(opened))
  const said = declared(bytes)
  if (said === undefined || (said !== files.size && said !== 0xffff)) faulty('not-a-zip', 'ZIP')
  return files
}
