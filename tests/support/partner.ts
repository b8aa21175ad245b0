/**
 * A partner server made by hand, that a test can make behave as badly as it likes: it has its own key and certificate,
 * answers for its key, records what it is sent, and signs whatever the test asks it to.
 */

import { readFile } from 'node:fs/promises'
import { createServer, request as httpsRequest } from 'node:https'
import { type Actor, profileFields } from '@enlace/coordination'
import { localAuthority } from '@enlace/dev-network/ca'
import {
  eventId,
  finishEvent,
  generateSigningKey,
  type Pdu,
  roomVersion,
  signJson,
  signPdu,
} from '@enlace/room-model'

export type Partner = {
  serverName: string
  /** Transactions received, newest last. */
  received: { path: string; body: unknown }[]
  /** Who it says its people are, by local part. Of others it answers an empty profile. */
  people: Map<string, Actor>
  /** A signed federation request to a node. `authorization` replaces the header; `signAs` claims another origin. */
  request(
    destination: { serverName: string; port: number },
    method: string,
    path: string,
    body?: unknown,
    options?: { authorization?: string; signAs?: string; destinationName?: string; rawBody?: string },
  ): Promise<{ status: number; body: Record<string, unknown> }>
  /** Joins a room that a node lets it into; returns what later events build on. */
  join(node: { serverName: string; port: number }, roomId: string, user: string): Promise<JoinedRoom>
  /** A transaction of these events, as they are. */
  send(
    node: { serverName: string; port: number },
    pdus: readonly unknown[],
    edus?: readonly unknown[],
  ): Promise<{ status: number; body: Record<string, unknown> }>
  close(): Promise<void>
}

export type JoinedRoom = {
  roomId: string
  user: string
  /** A well-formed event on top of the last one, signed; `change` spoils it before or after signing. */
  event(
    content: Record<string, unknown>,
    change?: {
      before?: (draft: Record<string, unknown>) => void
      after?: (pdu: Record<string, unknown>) => void
    },
  ): { pdu: Pdu; id: string }
  /** What the next event builds on. */
  advance(id: string, depth: number): void
}

export async function startPartner(folder: string, port: number, name = 'socio'): Promise<Partner> {
  const serverName = `${name}.localhost:${port}`
  const key = generateSigningKey()
  const authority = await localAuthority(folder)
  const tls = await authority.issue(name, [`${name}.localhost`, '127.0.0.1'])
  const ca = await readFile(authority.caFile)
  const received: Partner['received'] = []
  const people: Partner['people'] = new Map()
  let transactions = 0

  /** What an invited server answers: the invitation, signed by it too. */
  function invitation(body: unknown): unknown {
    const { room_version, event } = body as { room_version: string; event: Pdu }
    return { event: signPdu(event, roomVersion(room_version)!, serverName, key) }
  }

  function profile(url: string): unknown {
    const user = new URL(url, 'https://x').searchParams.get('user_id') ?? ''
    const who = people.get(user.slice(1, user.indexOf(':')))
    return who ? { [profileFields.institution]: who.institution, [profileFields.role]: who.role } : {}
  }

  const server = createServer(
    { cert: await readFile(tls.cert), key: await readFile(tls.key) },
    (req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const answer = (value: unknown) => {
          res.setHeader('Content-Type', 'application/json')
          res.end(JSON.stringify(value))
        }
        if (req.url?.startsWith('/_matrix/key/v2/server')) {
          return answer(
            signJson(
              {
                server_name: serverName,
                valid_until_ts: Date.now() + 86_400_000,
                verify_keys: { [key.keyId]: { key: key.publicKeyBase64 } },
                old_verify_keys: {},
              },
              serverName,
              key,
            ),
          )
        }
        const body: unknown = text ? JSON.parse(text) : undefined
        received.push({ path: req.url ?? '', body })
        if (req.url?.startsWith('/_matrix/federation/v2/invite/')) return answer(invitation(body))
        if (req.url?.startsWith('/_matrix/federation/v1/query/profile')) return answer(profile(req.url))
        answer(req.url?.includes('/send/') ? { pdus: {} } : {})
      })
    },
  )
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))

  const request: Partner['request'] = (destination, method, path, body, options = {}) => {
    const origin = options.signAs ?? serverName
    const target = options.destinationName ?? destination.serverName
    const signed = signJson(
      {
        method,
        uri: path,
        origin,
        destination: target,
        ...(body === undefined ? {} : { content: body }),
      } as never,
      origin,
      key,
    ) as unknown as { signatures: Record<string, Record<string, string>> }
    const signature = signed.signatures[origin]![key.keyId]!
    const payload = options.rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
    return new Promise((done, fail) => {
      const sent = httpsRequest(
        {
          host: '127.0.0.1',
          port: destination.port,
          servername: destination.serverName.split(':')[0],
          ca,
          method,
          path,
          headers: {
            Authorization:
              options.authorization ??
              `X-Matrix origin="${origin}",destination="${target}",key="${key.keyId}",sig="${signature}"`,
            ...(payload === undefined
              ? {}
              : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () =>
            done({
              status: response.statusCode ?? 0,
              body: JSON.parse(Buffer.concat(chunks).toString() || '{}'),
            }),
          )
        },
      )
      sent.once('error', fail)
      sent.end(payload)
    })
  }

  return {
    serverName,
    received,
    people,
    request,
    send(node, pdus, edus = []) {
      const path = `/_matrix/federation/v1/send/${serverName}-${Date.now()}-${transactions++}`
      return request(node, 'PUT', path, { origin: serverName, origin_server_ts: Date.now(), pdus, edus })
    },
    async join(node, roomId, localpart) {
      const user = `@${localpart}:${serverName}`
      const room = encodeURIComponent(roomId)
      const made = await request(
        node,
        'GET',
        `/_matrix/federation/v1/make_join/${room}/${encodeURIComponent(user)}?ver=10&ver=11&ver=12`,
      )
      if (made.status !== 200) throw new Error(`make_join: ${made.status} ${JSON.stringify(made.body)}`)
      const version = roomVersion(String(made.body['room_version']))!
      const template = made.body['event'] as Record<string, unknown>
      const { pdu: join, eventId: joinId } = finishEvent(
        { ...template, origin_server_ts: Date.now() } as unknown as Pdu,
        version,
        serverName,
        key,
      )
      const joined = await request(
        node,
        'PUT',
        `/_matrix/federation/v2/send_join/${room}/${encodeURIComponent(joinId)}`,
        join,
      )
      if (joined.status !== 200) throw new Error(`send_join: ${joined.status} ${JSON.stringify(joined.body)}`)
      const state = joined.body['state'] as Pdu[]
      const auth = state
        .filter((pdu) => ['m.room.create', 'm.room.power_levels'].includes(pdu.type))
        .filter((pdu) => !(version.roomIdIsCreateHash && pdu.type === 'm.room.create'))
        .map((pdu) => eventId(pdu, version))
      let last = joinId
      let depth = join.depth + 1
      return {
        roomId,
        user,
        event(content, change = {}) {
          const draft: Record<string, unknown> = {
            room_id: roomId,
            sender: user,
            type: 'm.room.message',
            content,
            origin_server_ts: Date.now(),
            depth,
            prev_events: [last],
            auth_events: [...auth, joinId],
          }
          change.before?.(draft)
          const { pdu } = finishEvent(draft as unknown as Pdu, version, serverName, key)
          const spoiled = structuredClone(pdu) as unknown as Record<string, unknown>
          change.after?.(spoiled)
          return { pdu: spoiled as unknown as Pdu, id: eventId(spoiled as unknown as Pdu, version) }
        },
        advance(id, at) {
          last = id
          depth = at + 1
        },
      }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
