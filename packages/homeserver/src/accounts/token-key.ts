/** The node's token key: an ECDSA P-256 pair in data_dir, made on first start, readable by the node's user alone. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

export type TokenKey = {
  privateKey: KeyObject
  publicKey: KeyObject
  /** Secret for MACs that only this node checks. */
  macSecret: Buffer
}

const FILE = 'token-key.pem'

export async function openTokenKey(dataDir: string): Promise<TokenKey> {
  const file = join(dataDir, FILE)
  const pem = (await readIfThere(file)) ?? (await createKeyFile(dataDir, file))
  const privateKey = createPrivateKey(pem)
  if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error(`${file} does not hold an ECDSA P-256 key.`)
  }
  const der = privateKey.export({ type: 'pkcs8', format: 'der' })
  return {
    privateKey,
    publicKey: createPublicKey(privateKey),
    macSecret: Buffer.from(hkdfSync('sha256', der, '', 'enlace mac', 32)),
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Written whole beside its place and linked there: of several workers starting at once, the first one's key stays. */
async function createKeyFile(dataDir: string, file: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const temporary = `${file}.${process.pid}.new`
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(pem)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await link(temporary, file)
    return pem
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return await readFile(file, 'utf8')
  } finally {
    await rm(temporary, { force: true })
  }
}
