/** Content on disk, by its hash: written beside its place, synced, then moved there whole. */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, type ReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { tooLarge } from '../errors.ts'

export type StoredFile = { hash: string; size: number }

const HASH = /^[0-9a-f]{64}$/

export type MediaFiles = Awaited<ReturnType<typeof openMediaFiles>>

export async function openMediaFiles(root: string) {
  const temporary = join(root, 'tmp')
  await mkdir(temporary, { recursive: true, mode: 0o700 })
  // What an earlier run was writing when it ended.
  for (const name of await readdir(temporary)) await rm(join(temporary, name), { force: true })

  function pathOf(hash: string, variant = ''): string {
    if (!HASH.test(hash)) throw new Error('not a content hash')
    return join(root, hash.slice(0, 2), hash.slice(2, 4), `${hash}${variant}`)
  }

  async function moveInto(from: string, to: string): Promise<void> {
    const folder = join(to, '..')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await rename(from, to)
    await syncFolder(folder)
  }

  return {
    /** Takes a stream of at most `limit` bytes, in constant memory. @throws M_TOO_LARGE */
    async write(source: AsyncIterable<Uint8Array>, limit: number): Promise<StoredFile> {
      const path = join(temporary, randomBytes(12).toString('hex'))
      const hash = createHash('sha256')
      let size = 0
      let handle: FileHandle | undefined
      try {
        handle = await open(path, 'wx', 0o600)
        for await (const chunk of source) {
          size += chunk.length
          if (size > limit) throw tooLarge(`Files can have ${limit} bytes at most.`)
          hash.update(chunk)
          await handle.write(chunk)
        }
        await handle.sync()
        await handle.close()
        handle = undefined
        const digest = hash.digest('hex')
        await moveInto(path, pathOf(digest))
        return { hash: digest, size }
      } catch (error) {
        await handle?.close()
        await rm(path, { force: true })
        throw error
      }
    },

    read: (hash: string, variant?: string): ReadStream => createReadStream(pathOf(hash, variant)),

    path: pathOf,

    async size(hash: string, variant?: string): Promise<number | undefined> {
      try {
        return (await stat(pathOf(hash, variant))).size
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },

    /** Keeps a rendering of a content beside it. */
    async writeVariant(hash: string, variant: string, bytes: Uint8Array): Promise<void> {
      const path = join(temporary, randomBytes(12).toString('hex'))
      const handle = await open(path, 'wx', 0o600)
      try {
        await handle.writeFile(bytes)
      } finally {
        await handle.close()
      }
      await moveInto(path, pathOf(hash, variant))
    },

    /** Removes a content and its renderings. */
    async remove(hash: string): Promise<void> {
      const folder = join(pathOf(hash), '..')
      for (const name of await readdir(folder).catch(() => [] as string[])) {
        if (name.startsWith(hash)) await rm(join(folder, name), { force: true })
      }
    },
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
