/** The server's signing key: made on first start, kept in `data_dir/signing.key`, which is the server's identity. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { exportSigningKey, generateSigningKey, importSigningKey, type SigningKey } from '@enlace/room-model'

export async function openSigningKey(dataDir: string): Promise<SigningKey> {
  const file = join(dataDir, 'signing.key')
  try {
    // The form other homeservers keep theirs in: algorithm, version, seed.
    const [algorithm, version, seed] = (await readFile(file, 'utf8')).trim().split(/\s+/)
    if (algorithm !== 'ed25519' || !version || !seed) throw new Error(`${file} is not a signing key.`)
    return importSigningKey(seed, `ed25519:${version}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const version = `a_${randomBytes(3).toString('hex')}`
  const key = generateSigningKey(`ed25519:${version}`)
  // Durable before first use: a key that partners have seen must not be lost.
  const handle = await open(`${file}.new`, 'w', 0o600)
  await handle.writeFile(`ed25519 ${version} ${exportSigningKey(key).seedBase64}\n`)
  await handle.sync()
  await handle.close()
  await rename(`${file}.new`, file)
  return key
}
