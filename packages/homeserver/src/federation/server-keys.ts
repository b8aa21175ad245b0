/**
 * The server's signing keys: the one it signs with, made on first start, which is the server's identity; the next one, when the
 * operator has made it ready; and those it signed with before, published so that partners can verify old events (server-server
 * API, "Publishing keys").
 *
 *   ready: signing.key.next -> change: signing-keys.retired (the old one, with its end) -> signing.key (the next one takes its place)
 *
 * A crash before the last step leaves the old key in force, and its line among the retired ones counts for nothing; a crash after
 * it is a change that was made.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { exportSigningKey, generateSigningKey, importSigningKey, type SigningKey } from '@enlace/room-model'
import { z } from 'zod'
import type { RetiredKeys, ServerKeys } from './types.ts'

/** Events signed until the change is made in memory too are of the old key's time. */
const SWITCH_MS = 10_000

const retiredFile = z.record(z.string(), z.object({ key: z.string(), expired_ts: z.number().int() }))

export async function openServerKeys(dataDir: string): Promise<ServerKeys> {
  const file = join(dataDir, 'signing.key')
  const nextFile = `${file}.next`
  const retiredName = join(dataDir, 'signing-keys.retired')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  let current = (await readKey(file)) ?? (await writeKey(file, newKey()))
  let next = await readKey(nextFile)
  let retired = await readRetired(retiredName, current)

  return {
    // Whoever holds it signs with the key of the moment.
    current: {
      get keyId() {
        return current.keyId
      },
      get publicKeyBase64() {
        return current.publicKeyBase64
      },
      get privateKey() {
        return current.privateKey
      },
    },
    next: () => next,
    retired: () => retired,
    async prepare() {
      next ??= await writeKey(nextFile, newKey())
      return next
    },
    async change() {
      if (!next) throw new Error('There is no next key to change to.')
      const old = current
      const gone: RetiredKeys = {
        ...retired,
        [old.keyId]: { key: old.publicKeyBase64, expired_ts: Date.now() + SWITCH_MS },
      }
      await writeDurably(retiredName, `${JSON.stringify(gone)}\n`)
      await rename(nextFile, file)
      current = next
      next = undefined
      retired = gone
      await syncFolder(dataDir)
      return { keyId: current.keyId, before: old.keyId }
    },
  }
}

const newKey = () => generateSigningKey(`ed25519:a_${randomBytes(3).toString('hex')}`)

async function readKey(file: string): Promise<SigningKey | undefined> {
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  // The form other homeservers keep theirs in: algorithm, version, seed.
  const [algorithm, version, seed] = text.trim().split(/\s+/)
  if (algorithm !== 'ed25519' || !version || !seed) throw new Error(`${file} is not a signing key.`)
  return importSigningKey(seed, `ed25519:${version}`)
}

/** Durable before first use: a key that partners have seen must not be lost. */
async function writeKey(file: string, key: SigningKey): Promise<SigningKey> {
  const version = key.keyId.slice('ed25519:'.length)
  await writeDurably(file, `ed25519 ${version} ${exportSigningKey(key).seedBase64}\n`)
  return key
}

async function readRetired(file: string, current: SigningKey): Promise<RetiredKeys> {
  const text = await readIfThere(file)
  const keys = text === undefined ? {} : retiredFile.parse(JSON.parse(text))
  // The change was begun and not made.
  return Object.fromEntries(Object.entries(keys).filter(([id]) => id !== current.keyId))
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}

/** Some file systems cannot; what is renamed counts all the same. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().catch(() => undefined)
  await handle.close()
}
