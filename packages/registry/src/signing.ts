/** The registry's key, and where no coordinators sign, the roots that name it alone. */
import { chmod, mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createRoot,
  exportTrustKey,
  generateTrustKey,
  importTrustKey,
  type Publication,
  parseRoot,
  signMetadata,
  type TrustedRoot,
  type TrustKey,
} from '@enlace/trust'
import { z } from 'zod'
import { ConfigError } from './config.ts'

const day = 86_400_000
const rootValidity = 5 * 365 * day
const renewRootBefore = 180 * day

/**
 * The key under `data_dir`, made on the first start. It never leaves its file, which only the registry's user can read.
 * @throws ConfigError when the file is damaged: a key nodes trust must not be replaced by accident
 */
export async function openRegistryKey(dataDir: string): Promise<TrustKey> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'signing-key.pem')
  const existing = await readOptional(path)
  if (existing !== undefined) {
    try {
      return importTrustKey(existing)
    } catch {
      throw new ConfigError(
        `${path} no es una llave privada Ed25519 en PEM. Recupérela de su copia de respaldo. / ${path} is not an Ed25519 private key in PEM. Restore it from its backup.`,
      )
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

export function rootPathOf(dataDir: string): string {
  return join(dataDir, 'root.json')
}

/**
 * Beside the database: `root.json`, to hand to the operators of nodes, and `published.json`, the publication itself, from
 * which a registry begins again that lost its database.
 */
export async function writePublished(
  dataDir: string,
  publication: Publication,
  version: number,
): Promise<void> {
  await writeWhole(join(dataDir, 'published.json'), JSON.stringify({ ...publication, version }))
  const path = rootPathOf(dataDir)
  const root = publication.roots.at(-1)!
  if ((await readOptional(path)) !== root) await writeWhole(path, root)
}

/** The version published last, by that file: one that lost its database does not count from the beginning. */
export async function publishedVersion(dataDir: string): Promise<number> {
  const text = await readOptional(join(dataDir, 'published.json'))
  try {
    return z.object({ version: z.int().min(0) }).parse(JSON.parse(text ?? '{"version":0}')).version
  } catch {
    return 0
  }
}

/**
 * Roots that name the registry's key alone, oldest first: made on the first start, renewed before they expire, and when
 * the one there is of the earlier form.
 * @throws ConfigError when the files do not fit together: a root nodes have pinned must not be replaced by accident
 */
export async function openOwnRoots(dataDir: string, key: TrustKey, now: number): Promise<string[]> {
  const path = rootPathOf(dataDir)
  const existing = await readOptional(path)
  if (existing === undefined) return [await writeRoot(dataDir, key, 1, now)]
  const verdict = parseRoot(existing)
  if (!verdict.ok)
    throw new ConfigError(
      `${path} no es una raíz que se pueda leer. Recupérela de su copia de respaldo. / ${path} is no root that can be read. Restore it from its backup. (${verdict.detail})`,
    )
  const { root } = verdict
  const { targets, timestamp, snapshot } = root.content.roles
  if (![targets, timestamp, snapshot].every((role) => role.keyids.includes(key.keyid)))
    throw new ConfigError(
      `${path} no nombra la llave de signing-key.pem. Recupere la llave que le corresponde, o mueva los dos archivos a otra parte para empezar una raíz nueva, que entonces hay que dar a cada nodo. / ${path} does not name the key in signing-key.pem. Restore the key that belongs to it, or move both files away to begin a new root, which every node must then be given.`,
    )
  if (targets.threshold > 1)
    throw new ConfigError(
      `${path} pide firmas de coordinaciones: configure trust en lugar de servers, o mueva root.json a otra parte para empezar una raíz nueva, que entonces hay que dar a cada nodo. / ${path} asks for coordinators’ signatures: configure trust instead of servers, or move root.json away to begin a new root, which every node must then be given.`,
    )
  const roots = await earlierRoots(dataDir, root)
  const renew = !root.content.consistent_snapshot || root.expiresAt - now < renewRootBefore
  return renew ? [...roots, await writeRoot(dataDir, key, root.version + 1, now)] : roots
}

const historyOf = (dataDir: string) => join(dataDir, 'roots')

/** The kept roots up to this one, which is added to them if it is not there yet. */
async function earlierRoots(dataDir: string, latest: TrustedRoot): Promise<string[]> {
  const folder = historyOf(dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const texts: string[] = [Buffer.from(latest.bytes).toString()]
  const names = new Set(await readdir(folder))
  const own = `${latest.version}.root.json`
  if (!names.has(own)) await writeWhole(join(folder, own), texts[0]!)
  for (let version = latest.version - 1; names.has(`${version}.root.json`); version--)
    texts.unshift(await readFile(join(folder, `${version}.root.json`), 'utf8'))
  return texts
}

async function writeRoot(dataDir: string, key: TrustKey, version: number, now: number): Promise<string> {
  const holder = { keyid: key.keyid, record: key.record, name: 'Directorio / registry' }
  const root = createRoot({
    version,
    expires: new Date(now + rootValidity),
    coordinators: [holder],
    threshold: 1,
    online: [holder],
  })
  const text = JSON.stringify(signMetadata(root, [key]), undefined, 2)
  await mkdir(historyOf(dataDir), { recursive: true, mode: 0o700 })
  await writeWhole(join(historyOf(dataDir), `${version}.root.json`), text)
  await writeWhole(rootPathOf(dataDir), text)
  return text
}

export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const temporary = `${path}.new`
  await writeFile(temporary, text, { flush: true })
  await chmod(temporary, mode)
  await rename(temporary, path)
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
