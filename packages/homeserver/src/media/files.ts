/** Content on disk, by its hash: written beside its place, synced, then moved there whole. */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { tooLarge } from '../errors.ts'
import type { MediaFiles } from './types.ts'

const HASH = /^[0-9a-f]{64}$/

export async function openMediaFiles(root: string): Promise<MediaFiles> {
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
    async write(source, limit) {
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

    read: (hash, variant) => createReadStream(pathOf(hash, variant)),

    path: pathOf,

    async size(hash, variant) {
      try {
        return (await stat(pathOf(hash, variant))).size
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },

    async writeVariant(hash, variant, bytes) {
      const path = join(temporary, randomBytes(12).toString('hex'))
      const handle = await open(path, 'wx', 0o600)
      try {
        await handle.writeFile(bytes)
      } finally {
        await handle.close()
      }
      await moveInto(path, pathOf(hash, variant))
    },

    async remove(hash) {
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
