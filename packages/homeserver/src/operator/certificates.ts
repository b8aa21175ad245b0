/** When TLS certificates end: those the node serves itself, and the one people and partners are shown under its public name. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import type { Config } from '../config.ts'

const TIMEOUT_MS = 5_000

export type CertificateEnd = { of: string; ends_ts: number }

/** Files that cannot be read are left out: the node would not have started with them. */
export async function ownCertificates(config: Pick<Config, 'listeners'>): Promise<CertificateEnd[]> {
  const files = new Set(config.listeners.flatMap(({ tls }) => (tls ? [tls.cert] : [])))
  const found: CertificateEnd[] = []
  for (const file of files) {
    try {
      found.push({
        of: file.split('/').at(-1)!,
        ends_ts: Date.parse(new X509Certificate(await readFile(file)).validTo),
      })
    } catch {
      // Said by the checks, in words.
    }
  }
  return found
}

/** What a server shows, whether or not it is believed. */
export function shownCertificate(
  host: string,
  port: number,
  options: { servername: string; ca?: string[] },
): Promise<{ trusted: boolean; why?: string; ends_ts: number; names: string }> {
  return new Promise((done, fail) => {
    const socket = connect({
      host,
      port,
      servername: options.servername,
      // It is looked at, not used: nothing is sent on it.
      rejectUnauthorized: false,
      ...(options.ca ? { ca: options.ca } : {}),
    })
    socket.setTimeout(TIMEOUT_MS, () =>
      socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    )
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      socket.end()
      if (!certificate) return fail(new Error('no certificate'))
      done({
        trusted: socket.authorized,
        ...(socket.authorized ? {} : { why: reasonOf(socket.authorizationError) }),
        ends_ts: Date.parse(certificate.validTo),
        names: certificate.subjectAltName ?? certificate.subject,
      })
    })
  })
}

/** Node's types say an Error; it is a code. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) return (error as NodeJS.ErrnoException).code ?? error.message
  return String(error)
}
