/** For tests: a throw-away certificate authority, and whole nodes that federate with each other over TLS on loopback. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import * as x509 from '@peculiar/x509'
import { vi } from 'vitest'
import { parseConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { createHomeserver, type Homeserver, type NodeOverrides } from '../index.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 24 * 3_600_000

export type TestAuthority = {
  pem: string
  /** A certificate for these host names and addresses, with its key, both PEM. */
  issue(hosts: readonly string[]): Promise<{ cert: string; key: string }>
}

export async function testAuthority(): Promise<TestAuthority> {
  const keys = await generate()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Test authority',
    ...validity(),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  return {
    pem: root.toString('pem'),
    async issue(hosts) {
      const own = await generate()
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial(),
        subject: `CN=${hosts[0]}`,
        issuer: root.subject,
        ...validity(),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value })),
          ),
        ],
      })
      const der = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(der, 'PRIVATE KEY') }
    },
  }
}

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
const validity = () => ({
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + DAY_MS),
})
function serial(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
  bytes[0]! &= 0x7f
  return bytes.toString('hex')
}

export type FederatedNode = {
  ctx: Context
  serverName: string
  clientUrl: string
  dataDir: string
  /** A client-server request. @throws Error with the status and body when it is not 2xx, unless `allowed` */
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; allowed?: boolean },
  ): Promise<Record<string, unknown> & { status: number }>
  register(localpart: string): Promise<{ userId: string; token: string; deviceId: string }>
  /** Stops the node; `start` runs it again on the same data. */
  stop(): Promise<void>
  start(): Promise<void>
}

export type FederatedWorld = {
  authority: TestAuthority
  caFile: string
  folder: string
  /** `publicPort`: where partners reach the node, and `port` its own, when the two differ. */
  node(
    name: string,
    config?: Record<string, unknown>,
    more?: { ports?: { port: number; publicPort: number }; overrides?: NodeOverrides },
  ): Promise<FederatedNode>
  close(): Promise<void>
}

/** Nodes `NAME.localhost:PORT` (or `localhost:PORT`) that know each other's authority. Everything goes with `close`. */
export async function federatedWorld(): Promise<FederatedWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-federation-'))
  const authority = await testAuthority()
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, authority.pem)
  const running = new Set<Homeserver>()

  async function node(
    name: string,
    config: Record<string, unknown> = {},
    more?: { ports?: { port: number; publicPort: number }; overrides?: NodeOverrides },
  ): Promise<FederatedNode> {
    const port = more?.ports?.port ?? (await freePort())
    // Other implementations ask the system's resolver, which need not know names below `localhost`.
    const host = name === 'localhost' ? name : `${name}.localhost`
    const { cert, key } = await authority.issue([host])
    const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
    await writeFile(files.cert, cert)
    await writeFile(files.key, key)
    const dataDir = join(folder, name)
    const clientPort = await freePort()
    const { federation, ...rest } = config
    const parsed = parseConfig({
      server_name: `${host}:${more?.ports?.publicPort ?? port}`,
      data_dir: dataDir,
      listeners: [
        { port: clientPort, serves: ['client'] },
        { port, serves: ['federation'], tls: files },
      ],
      federation: {
        list: 'open',
        trusted_ca: [caFile],
        allow_private_addresses: true,
        ...(federation as Record<string, unknown> | undefined),
      },
      registration: 'open',
      rate_limits: 'off',
      password_hash: { memory_kib: 64, passes: 1 },
      log_level: process.env['ENLACE_TEST_LOG'] ?? 'silent',
      ...rest,
    })
    let homeserver: Homeserver
    const self: FederatedNode = {
      get ctx() {
        return homeserver.ctx
      },
      serverName: parsed.server_name,
      clientUrl: `http://127.0.0.1:${clientPort}`,
      dataDir,
      async call(method, path, { token, body, allowed } = {}) {
        const url = `${self.clientUrl}${path.startsWith('/_') ? path : `/_matrix/client/v3${path}`}`
        const answer = await fetch(url, {
          method,
          headers: {
            'content-type': 'application/json',
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        const json = (await answer.json()) as Record<string, unknown>
        if (!answer.ok && !allowed)
          throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`)
        return { ...json, status: answer.status }
      },
      async register(localpart) {
        const answer = await self.call('POST', '/register', {
          body: {
            username: localpart,
            password: 'una contraseña larga',
            auth: { type: 'm.login.dummy' },
          },
        })
        return {
          userId: String(answer['user_id']),
          token: String(answer['access_token']),
          deviceId: String(answer['device_id']),
        }
      },
      async stop() {
        running.delete(homeserver)
        await homeserver.close()
      },
      async start() {
        homeserver = await createHomeserver(parsed, { overrides: more?.overrides })
        running.add(homeserver)
      },
    }
    await self.start()
    return self
  }

  return {
    authority,
    caFile,
    folder,
    node,
    async close() {
      await Promise.all([...running].map((one) => one.close()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until `probe` gives something, with the test runner's own polling. @throws Error that says what never happened */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  const given = await vi.waitUntil(
    async () => {
      const found = await probe()
      return found !== undefined && found !== false && { found }
    },
    { timeout: timeoutMs, interval: 25, message: `never happened: ${what}` },
  )
  return given.found
}
