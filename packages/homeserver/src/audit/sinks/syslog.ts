/** Syslog: RFC 5424 over TCP (RFC 6587, counted), TLS (RFC 5425) or UDP (RFC 5426). */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, rootCertificates } from 'node:tls'
import { withoutBrackets } from '../../federation/addresses.ts'
import type { Entry } from '../types.ts'
import type { EntrySink } from './types.ts'

/** "log audit", and its severities: notice, or warning for what was refused. */
const FACILITY = 13
const NOTICE = 5
const WARNING = 4
/** Of private enterprise numbers the one for documentation (RFC 5612): Enlace has none of its own. */
const SD_ID = 'enlace@32473'
const DEFAULT_PORTS: Record<string, number> = { 'tcp:': 601, 'tls:': 6514, 'udp:': 514 }
const WAIT_MS = 10_000

/** RFC 5424, 6.3.3: these three are escaped within a value. */
const escaped = (value: string) => value.replace(/["\\\]]/g, (char) => `\\${char}`)

/** One entry as a syslog message. The id of the message is the act. */
export function syslogMessage(entry: Entry, server: string): string {
  const { seq, ts, act, outcome, facts = {}, by, on, room, case: caseRef, institutions } = entry
  const values: Record<string, string | number | boolean | undefined> = {
    seq,
    by,
    on,
    institutions: institutions?.join(','),
    room,
    case: caseRef,
    outcome,
    ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [`fact_${name}`.slice(0, 32), value])),
  }
  const data = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')
  const severity = outcome === 'refused' ? WARNING : NOTICE
  const host = server.slice(0, 255)
  return `<${FACILITY * 8 + severity}>1 ${new Date(ts).toISOString()} ${host} enlace - ${act.slice(0, 32)} [${SD_ID}${data}]`
}

export function createSyslogSink({
  url,
  authorities,
  server,
}: {
  url: string
  authorities: readonly string[]
  server: string
}): EntrySink {
  const { protocol, hostname, port } = new URL(url)
  const host = withoutBrackets(hostname)
  const to = port === '' ? DEFAULT_PORTS[protocol]! : Number(port)
  return protocol === 'udp:' ? overUdp() : overStream()

  function overUdp(): EntrySink {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.unref()
    // Without a listener an error of the network would end the process.
    socket.on('error', () => {})
    return {
      async give(entries) {
        for (const entry of entries)
          await new Promise<void>((done, failed) => {
            socket.send(syslogMessage(entry, server), to, host, (error) => (error ? failed(error) : done()))
          })
      },
      async close() {
        socket.close()
      },
    }
  }

  function overStream(): EntrySink {
    let open: Socket | undefined

    async function connection(): Promise<Socket> {
      if (open && !open.destroyed && open.writable) return open
      const ca = [
        ...rootCertificates,
        ...(await Promise.all(authorities.map((file) => readFile(file, 'utf8')))),
      ]
      const secure = protocol === 'tls:'
      const socket = secure
        ? connectTls({ host, port: to, ca, servername: host, minVersion: 'TLSv1.2' })
        : connectTcp({ host, port: to })
      open = socket
      socket.setKeepAlive(true, 60_000)
      // Collectors say nothing; their end of the connection is all we hear of them.
      socket.resume()
      socket.on('end', () => socket.destroy())
      try {
        await once(socket, secure ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(WAIT_MS) })
      } catch (error) {
        socket.destroy()
        throw error
      }
      socket.on('error', () => {})
      return socket
    }

    return {
      async give(entries) {
        const socket = await connection()
        const text = entries
          .map((entry) => syslogMessage(entry, server))
          .map((message) => `${Buffer.byteLength(message)} ${message}`)
          .join('')
        await new Promise<void>((done, failed) => {
          const timer = setTimeout(() => {
            socket.destroy()
            failed(new Error('the syslog server does not take what it is sent'))
          }, WAIT_MS)
          socket.write(text, (error) => {
            clearTimeout(timer)
            if (error) failed(error)
            else done()
          })
        })
      },
      async close() {
        open?.destroy()
      },
    }
  }
}
