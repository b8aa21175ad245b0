/** The node's token key: an ECDSA P-256 pair in data_dir, made on first start, readable by the node's user alone. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { openKeyFile } from '../lib/key-file.ts'

export type TokenKey = {
  privateKey: KeyObject
  publicKey: KeyObject
  /** Secret for MACs that only this node checks. */
  macSecret: Buffer
}

export async function openTokenKey(dataDir: string): Promise<TokenKey> {
  const file = join(dataDir, 'token-key.pem')
  const pem = await openKeyFile(file, () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  })
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
