/**
 * Writing a package, in a browser or in Node: file after file, so that no more than one is held twice. The manifest comes last,
 * when every hash is known, and is signed by whoever `sign` asks.
 */
import { strToU8, Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import { isSafeName, MANIFEST, type Manifest, SIGNATURES } from './format.ts'

type Bytes = Uint8Array<ArrayBuffer>

export class ExportStopped extends Error {
  override readonly name = 'ExportStopped'
}

export interface PackageWriter {
  /** @param packed: compressed already, as photographs are */
  add(name: string, content: string | Uint8Array, packed?: boolean): Promise<void>
  /** @returns the ZIP in pieces, and the hash of its manifest */
  finish(
    manifest: Omit<Manifest, 'files'>,
    sign: (manifestSha256: string) => Promise<object>,
  ): Promise<{ parts: Bytes[]; manifestSha256: string }>
}

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Bytes)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function createPackage(signal?: AbortSignal): PackageWriter {
  const parts: Bytes[] = []
  const files: Manifest['files'] = []
  let failure: unknown
  const zip = new Zip((error, part) => {
    if (error) failure = error
    else parts.push(part as Bytes)
  })

  function write(name: string, bytes: Uint8Array, packed: boolean): void {
    const file = packed ? new ZipPassThrough(name) : new ZipDeflate(name, { level: 6 })
    // The same content makes the same package: the time of a file says nothing.
    file.mtime = new Date(1980, 0, 1)
    zip.add(file)
    file.push(bytes, true)
    if (failure !== undefined) throw failure
  }

  async function add(name: string, content: string | Uint8Array, packed = false): Promise<void> {
    if (signal?.aborted) throw new ExportStopped()
    if (!isSafeName(name) || files.some((one) => one.name === name))
      throw new Error(`A package has no place for ${name}.`)
    const bytes = typeof content === 'string' ? strToU8(content) : content
    files.push({ name, size: bytes.length, sha256: await sha256Hex(bytes) })
    write(name, bytes, packed)
    // Between two files the page may draw.
    await new Promise<void>((done) => setTimeout(done))
  }

  return {
    add,
    async finish(about, sign) {
      const manifest: Manifest = { ...about, files: [...files].sort((a, b) => (a.name < b.name ? -1 : 1)) }
      const bytes = strToU8(`${JSON.stringify(manifest, undefined, 1)}\n`)
      const manifestSha256 = await sha256Hex(bytes)
      const signatures = await sign(manifestSha256)
      if (signal?.aborted) throw new ExportStopped()
      write(MANIFEST, bytes, false)
      write(SIGNATURES, strToU8(`${JSON.stringify(signatures, undefined, 1)}\n`), false)
      zip.end()
      if (failure !== undefined) throw failure
      return { parts, manifestSha256 }
    },
  }
}
