import { chmod, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createRoot,
  exportTrustKey,
  generateTrustKey,
  importTrustKey,
  parseRoot,
  type Root,
  type TrustKey,
} from '@enlace/trust'
import { ConfigError } from './config.ts'

const day = 86_400_000
const rootValidity = 5 * 365 * day
const renewRootBefore = 180 * day

export interface Signing {
  key: TrustKey
  root: Root
  rootBytes: string
  /** the file to hand to the operators of nodes */
  rootPath: string
}

/**
 * The registry's key and root metadata under `data_dir`, made on the first start. The key never leaves its file, which
 * only the registry's user can read.
 * @throws ConfigError when the files do not fit together: a root nodes have pinned must not be replaced by accident
 */
export async function openSigning(dataDir: string, now: number): Promise<Signing> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const key = await openKey(join(dataDir, 'signing-key.pem'))
  const rootPath = join(dataDir, 'root.json')
  const existing = await readOptional(rootPath)
  if (existing === undefined) return writeRoot(rootPath, key, 1, now)

  // An expired root of our own is renewed like one about to expire, so it is read as of its last moment.
  const expires = expiryOf(existing)
  const verdict = parseRoot(existing, { now: Math.min(now, expires - 1) })
  if (!verdict.ok) throw new ConfigError(`${rootPath}: ${verdict.detail}`)
  if (!verdict.root.roles.targets.keyids.includes(key.keyid))
    throw new ConfigError(
      `${rootPath} does not name the key in signing-key.pem. Restore the key that belongs to it, or move both files away to begin a new root, which every node must then be given.`,
    )
  if (expires - now < renewRootBefore) return writeRoot(rootPath, key, verdict.root.version + 1, now)
  return { key, root: verdict.root, rootBytes: existing, rootPath }
}

async function openKey(path: string): Promise<TrustKey> {
  const existing = await readOptional(path)
  if (existing !== undefined) {
    try {
      return importTrustKey(existing)
    } catch {
      throw new ConfigError(`${path} is not an Ed25519 private key in PEM. Restore it from its backup.`)
    }
  }
  const key = generateTrustKey()
  // 'wx': two first starts at once must not sign with two keys.
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(exportTrustKey(key))
    await file.sync()
  } finally {
    await file.close()
  }
  return key
}

async function writeRoot(path: string, key: TrustKey, version: number, now: number): Promise<Signing> {
  const rootBytes = JSON.stringify(
    createRoot({ keys: [key], threshold: 1, version, expires: new Date(now + rootValidity) }),
    undefined,
    2,
  )
  const temporary = `${path}.new`
  await writeFile(temporary, rootBytes, { flush: true })
  await chmod(temporary, 0o644)
  await rename(temporary, path)
  const verdict = parseRoot(rootBytes, { now })
  if (!verdict.ok) throw new Error(verdict.detail)
  return { key, root: verdict.root, rootBytes, rootPath: path }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function expiryOf(rootText: string): number {
  const verdict = parseRoot(rootText, { now: 0 })
  return verdict.ok ? Date.parse(verdict.root.expires) : Number.POSITIVE_INFINITY
}
