/** A local certificate authority for the demo network and the tests: made on first start, kept, never installed anywhere. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const YEAR_MS = 365 * 24 * 3600 * 1000

export type CertificateFiles = { cert: string; key: string }
export type LocalAuthority = {
  /** PEM file of the authority's certificate, for `federation.trusted_ca`. */
  caFile: string
  /** Makes (or keeps) `NAME.crt` and `NAME.key` for these host names and addresses. */
  issue(name: string, hosts: readonly string[]): Promise<CertificateFiles>
}

export async function localAuthority(folder: string): Promise<LocalAuthority> {
  const caFile = join(folder, 'ca.pem')
  const keyFile = join(folder, 'ca.key')
  if (!existsSync(caFile) || !existsSync(keyFile)) {
    const keys = await generateKeys()
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: randomSerial(),
      name: 'CN=Enlace local authority',
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 10 * YEAR_MS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    })
    await writeFile(keyFile, await exportKey(keys.privateKey), { mode: 0o600 })
    await writeFile(caFile, `${certificate.toString('pem')}\n`)
  }
  const issuer = new x509.X509Certificate(await readFile(caFile, 'utf8'))
  const issuerKey = await importKey(await readFile(keyFile, 'utf8'))
  return {
    caFile,
    async issue(name, hosts) {
      const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
      if (existsSync(files.cert) && existsSync(files.key) && (await stillValid(files.cert))) return files
      const keys = await generateKeys()
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: randomSerial(),
        subject: `CN=${hosts[0]}`,
        issuer: issuer.subject,
        notBefore: new Date(Date.now() - 3_600_000),
        notAfter: new Date(Date.now() + 2 * YEAR_MS),
        publicKey: keys.publicKey,
        signingKey: issuerKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            hosts.map((host) => ({ type: /^[\d.]+$|:/.test(host) ? 'ip' : 'dns', value: host })),
          ),
        ],
      })
      await writeFile(files.key, await exportKey(keys.privateKey), { mode: 0o600 })
      await writeFile(files.cert, `${certificate.toString('pem')}\n`)
      return files
    },
  }
}

async function generateKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, true, ['sign'])
}

async function stillValid(certFile: string): Promise<boolean> {
  return (
    new x509.X509Certificate(await readFile(certFile, 'utf8')).notAfter.getTime() > Date.now() + YEAR_MS / 12
  )
}

function randomSerial(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
  bytes[0]! &= 0x7f
  return bytes.toString('hex')
}
