/** Backups in a folder: written beside their place, synced, moved there whole. */
import { createHash, randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { syncFolder, writeSynced } from './files.ts'
import type { BackupStore } from './types.ts'

const TEMPORARY = '.new'
/** What an earlier run was writing when it ended, after this time. */
const STALE_MS = 24 * 3_600_000

const tagOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

export async function openFolderStore(root: string): Promise<BackupStore> {
  const temporary = join(root, TEMPORARY)
  await mkdir(temporary, { recursive: true, mode: 0o700 })
  for (const name of await readdir(temporary)) {
    const file = join(temporary, name)
    const age = await stat(file).then(
      ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs),
      () => 0,
    )
    if (age > STALE_MS) await rm(file, { force: true })
  }

  const pathOf = (name: string) => {
    if (!/^[a-z]+(?:\/[A-Za-z0-9._-]+)*$/.test(name) || name.includes('..'))
      throw new Error(`not a name of a backup: ${name}`)
    return join(root, ...name.split('/'))
  }

  async function written(bytes: Uint8Array): Promise<string> {
    const file = join(temporary, randomBytes(12).toString('hex'))
    try {
      await writeSynced(file, bytes)
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
    return file
  }
  async function into(name: string): Promise<string> {
    const path = pathOf(name)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return path
  }

  const store: BackupStore = {
    place: root,
    async put(name, bytes) {
      const path = await into(name)
      await rename(await written(bytes), path)
      await syncFolder(dirname(path))
    },
    async create(name, bytes) {
      const path = await into(name)
      const file = await written(bytes)
      try {
        await link(file, path)
        await syncFolder(dirname(path))
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        return false
      } finally {
        await rm(file, { force: true })
      }
    },
    async replace(name, bytes, tag) {
      // Two that replace at once take a turn each: who makes the file beside it is first.
      const turn = `${pathOf(name)}.turn`
      let handle: Awaited<ReturnType<typeof open>>
      try {
        handle = await open(turn, 'wx', 0o600)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        // Left by one that was killed within these few lines: the next who comes may have it.
        await rm(turn, { force: true })
        return false
      }
      try {
        const now = await store.get(name)
        if (now?.tag !== tag) return false
        await store.put(name, bytes)
        return true
      } finally {
        await handle.close()
        await rm(turn, { force: true })
      }
    },
    async get(name) {
      try {
        const bytes = await readFile(pathOf(name))
        return { bytes, tag: tagOf(bytes) }
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async *list(folder) {
      const at = pathOf(folder)
      let entries: { name: string; isFile(): boolean }[]
      try {
        entries = await readdir(at, { withFileTypes: true })
      } catch (error) {
        if (isMissing(error)) return
        throw error
      }
      for (const entry of entries) {
        if (!entry.isFile() || entry.name.endsWith('.turn')) continue
        const path = join(at, entry.name)
        try {
          yield { name: relative(root, path).split(sep).join('/'), size: (await stat(path)).size }
        } catch (error) {
          if (!isMissing(error)) throw error
        }
      }
    },
    remove: (name) => rm(pathOf(name), { force: true }),
  }
  return store
}
