/**
 * Puts the contents of a backup into a folder: pack by pack, each fetched and opened once, every chunk checked against its
 * keyed hash. Bounded memory; nothing outside the folder is touched.
 */
import { timingSafeEqual } from 'node:crypto'
import { type FileHandle, mkdir, open, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { BackupDamaged } from './errors.ts'
import { readManifest, readObject } from './repository.ts'
import { chunkId, type Open } from './sealing.ts'
import type { BackupHead, BackupManifest, BackupStore } from './types.ts'

const MAX_OPEN = 64
const MARGIN = 64 * 1024 * 1024

type Place = { file: number; offset: number }

export async function unpack(
  store: BackupStore,
  head: BackupHead,
  opened: Open,
  into: string,
): Promise<BackupManifest> {
  const manifest = await readManifest(store, head, opened)
  const sizes = new Map(head.packs.map(({ name, size }) => [name, size]))
  await makeRoom(manifest, into)
  const places = placesOf(manifest)
  const byPack = Map.groupBy(manifest.chunks.keys(), (chunk) => manifest.chunks[chunk]!.pack)
  const hashKey = Buffer.from(manifest.hash_key, 'base64')
  const files = createHandles(manifest, into)
  try {
    for (const [pack, chunks] of byPack) {
      const name = manifest.packs[pack]
      const size = name === undefined ? undefined : sizes.get(name)
      if (name === undefined || size === undefined)
        throw new BackupDamaged({
          es: 'La lista de contenidos del respaldo no corresponde a su cabecera.',
          en: 'The backup’s list of contents does not go with its head.',
        })
      const contents = await opened(await readObject(store, { name, size }))
      for (const chunk of chunks) {
        const bytes = chunkIn(contents, manifest.chunks[chunk]!, hashKey, name)
        for (const { file, offset } of places[chunk]!) await files.write(file, bytes, offset)
      }
    }
    await files.finish()
  } finally {
    await files.close()
  }
  return manifest
}

function chunkIn(
  contents: Uint8Array,
  piece: BackupManifest['chunks'][number],
  hashKey: Buffer,
  pack: string,
): Buffer {
  const raw = Buffer.from(
    contents.buffer,
    contents.byteOffset + piece.at,
    Math.min(piece.length, Math.max(0, contents.length - piece.at)),
  )
  let bytes: Buffer
  try {
    bytes = piece.packed ? zstdDecompressSync(raw, { maxOutputLength: piece.size }) : raw
  } catch (error) {
    throw new BackupDamaged(
      {
        es: `El respaldo está dañado: una parte de ${pack} no se puede desempaquetar.`,
        en: `The backup is damaged: a part of ${pack} cannot be unpacked.`,
      },
      { cause: error },
    )
  }
  const right = Buffer.from(piece.id, 'base64')
  const is = chunkId(hashKey, bytes)
  if (right.length !== is.length || !timingSafeEqual(right, is) || bytes.length !== piece.size)
    throw new BackupDamaged({
      es: `El respaldo está dañado: una parte de ${pack} no es lo que se guardó.`,
      en: `The backup is damaged: a part of ${pack} is not what was backed up.`,
    })
  return bytes
}

/** Where each chunk goes. @throws BackupDamaged when sizes do not add up */
function placesOf(manifest: BackupManifest): Place[][] {
  const places: Place[][] = manifest.chunks.map(() => [])
  for (const [file, { path, size, chunks }] of manifest.files.entries()) {
    if (path.split('/').some((part) => part === '' || part === '.' || part === '..') || path.includes('\\'))
      throw new BackupDamaged({
        es: 'El respaldo nombra un archivo fuera de la carpeta del nodo.',
        en: 'The backup names a file outside the node’s folder.',
      })
    let offset = 0
    for (const chunk of chunks) {
      const piece = manifest.chunks[chunk]
      if (!piece)
        throw new BackupDamaged({
          es: 'La lista de contenidos del respaldo no está completa.',
          en: 'The backup’s list of contents is not whole.',
        })
      places[chunk]!.push({ file, offset })
      offset += piece.size
    }
    if (offset !== size)
      throw new BackupDamaged({
        es: `La lista de contenidos del respaldo no acierta con ${path}.`,
        en: `The backup’s list of contents is wrong about ${path}.`,
      })
  }
  return places
}

async function makeRoom(manifest: BackupManifest, into: string): Promise<void> {
  await mkdir(into, { recursive: true, mode: 0o700 })
  const wanted = manifest.files.reduce((sum, { size }) => sum + size, 0)
  const { bavail, bsize } = await statfs(into)
  if (bavail * bsize < wanted + MARGIN)
    throw new Error(
      `No hay espacio para el respaldo en ${into}: necesita ${wanted} bytes. / There is no room for the backup below ${into}: it needs ${wanted} bytes.`,
    )
}

/** Some files open at a time; each is synced before it is let go. */
function createHandles(manifest: BackupManifest, into: string) {
  const open_ = new Map<number, FileHandle>()
  const made = new Set<number>()
  async function handleOf(file: number): Promise<FileHandle> {
    const known = open_.get(file)
    if (known) return known
    if (open_.size >= MAX_OPEN) await letGo(open_.keys().next().value!)
    const { path, mode } = manifest.files[file]!
    const at = join(into, ...path.split('/'))
    await mkdir(dirname(at), { recursive: true, mode: 0o700 })
    const handle = await open(at, made.has(file) ? 'r+' : 'w', mode)
    made.add(file)
    open_.set(file, handle)
    return handle
  }
  async function letGo(file: number): Promise<void> {
    const handle = open_.get(file)
    open_.delete(file)
    if (!handle) return
    await handle.sync()
    await handle.close()
  }
  return {
    async write(file: number, bytes: Buffer, offset: number) {
      const handle = await handleOf(file)
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, offset + at)
        at += bytesWritten
      }
    },
    async finish() {
      for (const file of manifest.files.keys()) if (!made.has(file)) await handleOf(file)
      for (const file of [...open_.keys()]) await letGo(file)
    },
    async close() {
      for (const [file, handle] of open_) {
        open_.delete(file)
        await handle.close().catch(() => undefined)
      }
    },
  }
}
