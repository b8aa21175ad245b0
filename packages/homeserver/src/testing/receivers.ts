/** For tests: a mail server, a push service and a gateway for short messages that refuse, delay and recover when told to. */
import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import jwt from 'jsonwebtoken'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { testAuthority } from './world.ts'

/** What comes next: a status (HTTP, SMTP), no answer at all, or a cut connection. */
export type Behaviour = { status: number; headers?: Record<string, string> } | 'hang' | 'cut'
type Script = { next: Behaviour[]; usual: Behaviour; delayMs: number }
const script = (status: number): Script => ({ next: [], usual: { status }, delayMs: 0 })

const listen = async (server: Pick<Server, 'listen' | 'address' | 'once'>) => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

type Request = { headers: IncomingHttpHeaders; body: Buffer; method: string; path: string }

function scripted(behaviour: Script, requests: Request[]): RequestListener {
  return (req, res) => {
    const answer = async () => {
      const body = await buffer(req)
      requests.push({ headers: req.headers, body, method: req.method!, path: req.url! })
      const now = behaviour.next.shift() ?? behaviour.usual
      if (behaviour.delayMs > 0) await wait(behaviour.delayMs)
      if (now === 'hang') return
      if (now === 'cut') req.socket.destroy()
      else res.writeHead(now.status, now.headers).end('{}')
    }
    // A sender that was killed is no error here.
    answer().catch(() => res.destroy())
  }
}

export async function webhookReceiver(secret: string) {
  const behaviour = script(200)
  const requests: Request[] = []
  const server = createHttpServer(scripted(behaviour, requests))
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}/sms?to=all`,
    behaviour,
    requests,
    /** What a gateway does with a request: checks the signature, then reads. */
    messages: () =>
      requests.map(({ headers, body }) => {
        const timestamp = String(headers['enlace-timestamp'])
        const expected = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
        if (headers['enlace-signature'] !== `v1=${expected}`) throw new Error('wrong signature')
        if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) throw new Error('too old')
        return JSON.parse(body.toString()) as Record<string, unknown> & { id: string }
      }),
    close() {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}

export async function pushService(folder: string) {
  const behaviour = script(201)
  const requests: Request[] = []
  const authority = await testAuthority()
  const caFile = join(folder, 'push-ca.pem')
  await writeFile(caFile, authority.pem)
  const server = createTlsServer(
    await authority.issue(['push.localhost', '127.0.0.1']),
    scripted(behaviour, requests),
  )
  const port = await listen(server)
  const origin = `https://push.localhost:${port}`
  return {
    caFile,
    port,
    behaviour,
    requests,
    /** A browser that subscribes here. */
    browser(name: string) {
      const ecdh = createECDH('prime256v1')
      ecdh.generateKeys()
      const auth = randomBytes(16)
      return {
        subscription: {
          endpoint: `${origin}/send/${name}`,
          expirationTime: null,
          keys: { p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url') },
        },
        /** Every byte the page gets (RFC 8291 §3, RFC 8188 §2), padding included. */
        decrypt(body: Buffer): string {
          const hmac = (key: Buffer, ...parts: (Buffer | string)[]) => {
            const mac = createHmac('sha256', key)
            for (const part of parts) mac.update(part)
            return mac.digest()
          }
          const salt = body.subarray(0, 16)
          const keyLength = body[20]!
          const sender = body.subarray(21, 21 + keyLength)
          const secret = hmac(auth, ecdh.computeSecret(sender))
          const ikm = hmac(secret, 'WebPush: info\0', ecdh.getPublicKey(), sender, '\u0001')
          const prk = hmac(salt, ikm)
          const key = hmac(prk, 'Content-Encoding: aes128gcm\0\u0001').subarray(0, 16)
          const nonce = hmac(prk, 'Content-Encoding: nonce\0\u0001').subarray(0, 12)
          const decipher = createDecipheriv('aes-128-gcm', key, nonce)
          decipher.setAuthTag(body.subarray(-16))
          const plain = Buffer.concat([decipher.update(body.subarray(21 + keyLength, -16)), decipher.final()])
          const end = plain.lastIndexOf(2)
          return plain.subarray(0, end).toString()
        },
      }
    },
    /** Verifies who sent it (RFC 8292). @returns the claims */
    sender(request: Request, publicKey: string): jwt.JwtPayload {
      const [, token, key] = /^vapid t=([^,]+), k=(\S+)$/.exec(request.headers.authorization ?? '') ?? []
      if (key !== publicKey) throw new Error('another key')
      const point = Buffer.from(key!, 'base64url')
      const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url')
      const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) }
      return jwt.verify(token!, createPublicKey({ key: jwk, format: 'jwk' }), {
        algorithms: ['ES256'],
        audience: origin,
      }) as jwt.JwtPayload
    },
    close() {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}

export type Mail = { from: string; to: string[]; source: string; id: string }

export async function mailServer(options: SMTPServerOptions = {}) {
  const behaviour = script(250)
  const mails: Mail[] = []
  /** Message-ID of every mail that was handed over, taken or not. */
  const attempts: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, callback) {
      const receive = async () => {
        const source = (await buffer(stream)).toString()
        const id = /^Message-ID: (.*)$/im.exec(source)?.[1] ?? ''
        attempts.push(id)
        const now = behaviour.next.shift() ?? behaviour.usual
        if (behaviour.delayMs > 0) await wait(behaviour.delayMs)
        if (now === 'hang') return
        if (now === 'cut' || now.status !== 250) {
          const refusal = Object.assign(new Error('no mail for oficial@registro.example'), {
            responseCode: now === 'cut' ? 421 : now.status,
          })
          return callback(refusal)
        }
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          source,
          id,
        })
        callback()
      }
      receive().catch(callback)
    },
    ...options,
  })
  server.on('error', () => {
    // Connections of a sender that was killed.
  })
  const port = await listen(server.server)
  return {
    port,
    behaviour,
    mails,
    attempts,
    close: () => new Promise<void>((done) => server.close(() => done())),
  }
}
