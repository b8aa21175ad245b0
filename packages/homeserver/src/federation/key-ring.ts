/**
 * Verify keys of other servers (server-server API, "Retrieving server keys"): fetched from themselves, kept on disk, and
 * kept known after a server has stopped publishing them, since old events are signed with them.
 */
import {
  isSignedBy,
  type JsonObject,
  serversThatMustSign,
  signJson,
  verifyBytes,
  verifyJson,
} from '@enlace/room-model'
import { Schema } from 'mongoose'
import PQueue from 'p-queue'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { type BackoffPolicy, createKeyedBackoff } from '../lib/backoff.ts'
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'
import { openModel } from '../storage/db.ts'
import { reasonOf } from './client.ts'
import type { FederationList, FederationRequest, KeyRing, RetiredKeys } from './types.ts'

const DAY = 24 * 3_600_000
/** However long a server says its keys are good for, they are asked for again within a week (room version 5). */
const MAX_VALIDITY_MS = 7 * DAY
const OWN_VALIDITY_MS = DAY
/**
 * NOTSPEC: what a server itself publishes is good for its requests for this long after it was fetched, also when it is
 * past already by this node's clock. Otherwise a clock a day ahead, here or there, would cut the partners off.
 */
const LIVE_MS = 3_600_000
/** A key that was given up in this moment signed events of this moment, by the clock of its server. */
const CLOCKS_APART_MS = 5 * 60_000
/** After a server's keys could not be fetched. */
const BACKOFF: BackoffPolicy = { firstMs: 1_000, longestMs: 5 * 60_000 }
/** A key nobody has heard of makes a server's keys be fetched, but not more often than this. */
const REFETCH_MS = 5_000
const MAX_SIGNATURES = 5
const MAX_ENSURED = 200
const AT_ONCE = 10

const keyId = z
  .string()
  .regex(/^[A-Za-z0-9]+:[A-Za-z0-9_]+$/)
  .max(255)
const publicKey = z.string().max(100)
const keyAnswer = z.looseObject({
  server_name: z.string(),
  valid_until_ts: z.number().int(),
  verify_keys: z.record(keyId, z.looseObject({ key: publicKey })),
  old_verify_keys: z
    .record(keyId, z.looseObject({ key: publicKey, expired_ts: z.number().int() }))
    .default({}),
})
const notaryAnswer = z.looseObject({ server_keys: z.array(z.unknown()) })
type KeyAnswer = z.output<typeof keyAnswer>

/** A key and until when it was good. `current`: it may sign requests, not only old events. */
type KnownKey = { key: string; until: number; current: boolean }
/** The client, of which no shape of answers is asked here: what servers say of their keys is checked in `checkAnswer`. */
type Asks = { requestJson(destination: string, args: FederationRequest, answer: z.ZodType): Promise<unknown> }
type KnownServer = {
  keys: Map<string, KnownKey>
  validUntil: number
  answer: JsonObject
  fetchedAt: number
  /** Told by another server, since this one could not be reached: good for events only. */
  via?: string
}
type KeyDoc = { _id: string; answer: string; gone: string; fetched_at: number; via?: string }

export async function createKeyRing(
  ctx: Pick<Context, 'db' | 'log' | 'serverName' | 'signingKey'>,
  client: Asks,
  /** Servers that may be asked for their keys, and the keys that coordinators vouch for. */
  list: Pick<FederationList, 'allows' | 'pinnedKeys'> = { allows: () => true, pinnedKeys: () => undefined },
  /** What this server signed with before. */
  retired: () => RetiredKeys = () => ({}),
): Promise<KeyRing> {
  const schema = new Schema<KeyDoc>(
    { _id: String, answer: String, gone: String, fetched_at: Number, via: String },
    { versionKey: false },
  )
  const Keys = await openModel(ctx.db, 'server_keys', schema)
  const cache = growingCache<string, KnownServer>(5_000)
  const backoff = createKeyedBackoff<string>(BACKOFF, { max: 5_000 })
  const fetching = createOnce<string, KnownServer | undefined>()

  async function load(serverName: string): Promise<KnownServer | undefined> {
    const known = cache.get(serverName)
    if (known) return known
    const doc = await Keys.findById(serverName).lean()
    if (!doc) return undefined
    const answer = keyAnswer.parse(JSON.parse(doc.answer))
    const gone = JSON.parse(doc.gone) as Record<string, KnownKey>
    const server = knownServer(answer, gone, doc.fetched_at, doc.via)
    cache.set(serverName, server)
    return server
  }

  function knownServer(
    answer: KeyAnswer,
    gone: Record<string, KnownKey>,
    fetchedAt: number,
    via?: string,
  ): KnownServer {
    const keys = new Map(Object.entries(gone))
    for (const [id, { key, expired_ts }] of Object.entries(answer.old_verify_keys))
      keys.set(id, { key, until: Math.min(expired_ts, fetchedAt + CLOCKS_APART_MS), current: false })
    const validUntil = Math.min(answer.valid_until_ts, fetchedAt + MAX_VALIDITY_MS)
    for (const [id, { key }] of Object.entries(answer.verify_keys))
      keys.set(id, { key, until: validUntil, current: via === undefined })
    const told = via === undefined ? {} : { via }
    return { keys, validUntil, answer: answer as unknown as JsonObject, fetchedAt, ...told }
  }

  async function save(answer: KeyAnswer, gone: Record<string, KnownKey>, via?: string): Promise<KnownServer> {
    const server = knownServer(answer, gone, Date.now(), via)
    await Keys.updateOne(
      { _id: answer.server_name },
      {
        $set: {
          answer: JSON.stringify(answer),
          gone: JSON.stringify(gone),
          fetched_at: server.fetchedAt,
          ...(via === undefined ? {} : { via }),
        },
        ...(via === undefined ? { $unset: { via: 1 } } : {}),
      },
      { upsert: true },
    )
    cache.set(answer.server_name, server)
    return server
  }

  const fetchKeys = (serverName: string) => fetching.run(serverName, () => ask(serverName))

  async function ask(serverName: string): Promise<KnownServer | undefined> {
    const before = await load(serverName)
    if (!list.allows(serverName)) return before
    if (backoff.waiting(serverName)) return before
    const recent = before && Date.now() < before.validUntil && Date.now() - before.fetchedAt < REFETCH_MS
    if (recent && before.via === undefined) return before
    try {
      const request = {
        entryPoint: 'keys',
        method: 'GET',
        path: '/_matrix/key/v2/server',
        timeoutMs: 15_000,
        maxBytes: 256 * 1024,
      } as const
      const raw = await client.requestJson(serverName, request, z.unknown())
      const answer = checkAnswer(raw, serverName)
      const gone: Record<string, KnownKey> = {}
      for (const [id, key] of before?.keys ?? []) {
        if (!Object.hasOwn(answer.verify_keys, id) && !Object.hasOwn(answer.old_verify_keys, id))
          gone[id] = { ...key, current: false, until: Math.min(key.until, Date.now()) }
      }
      const server = await save(answer, gone)
      backoff.succeeded(serverName)
      return server
    } catch (error) {
      backoff.failed(serverName)
      ctx.log.info({ server: serverName, reason: reasonOf(error) }, 'could not fetch a server’s keys')
      return before
    }
  }

  /** The public key if it was good at `ts`, asking the server when what is known does not say so. */
  async function keyFor(
    serverName: string,
    id: string,
    ts: number,
    currentOnly: boolean,
  ): Promise<string | undefined> {
    if (serverName === ctx.serverName) {
      if (id === ctx.signingKey.keyId) return ctx.signingKey.publicKeyBase64
      const old = Object.hasOwn(retired(), id) ? retired()[id]! : undefined
      return old && !currentOnly && ts <= old.expired_ts ? old.key : undefined
    }
    const good = (server: KnownServer | undefined) => {
      const known = server?.keys.get(id)
      if (!server || !known || (currentOnly && !known.current)) return undefined
      const pinned = list.pinnedKeys(serverName)
      if (pinned && !(Object.hasOwn(pinned, id) && pinned[id] === known.key)) return undefined
      const live = currentOnly ? server.fetchedAt + LIVE_MS : known.until
      return ts <= Math.max(known.until, live) ? known.key : undefined
    }
    const known = await load(serverName)
    const key = good(known)
    if (key !== undefined) return key
    // A key that has been given up does not become good again.
    if (known && !known.via && known.keys.get(id)?.current === false && Date.now() < known.validUntil)
      return undefined
    return good(await fetchKeys(serverName))
  }

  const service: KeyRing = {
    async verifyEvent(event) {
      // Of an event whose hash is wrong only the redacted form counts: it is the one that has to be signed.
      const { pdu, version } = event
      for (const server of serversThatMustSign(pdu, version)) {
        const ids = signatureIds(pdu.signatures, server)
        if (ids.length === 0) return { ok: false, reason: `the event is not signed by ${server}` }
        let good = false
        for (const id of ids) {
          const key = await keyFor(server, id, pdu.origin_server_ts, false)
          if (key !== undefined && isSignedBy(event, server, id, key)) {
            good = true
            break
          }
        }
        if (!good) return { ok: false, reason: `the event has no valid signature of ${server}` }
      }
      return { ok: true }
    },

    async verifyJson(object, serverName, minimumValidUntilTs = Date.now()) {
      for (const id of signatureIds(object['signatures'], serverName)) {
        const key = await keyFor(serverName, id, minimumValidUntilTs, true)
        if (key !== undefined && verifyJson(object, serverName, id, key)) return true
      }
      return false
    },

    async verifySignature(serverName, keyId, signature, forms) {
      const known = keyId.startsWith('ed25519:')
      const key = known ? await keyFor(serverName, keyId, Date.now(), true) : undefined
      if (key === undefined) return false
      for await (const form of forms) if (verifyBytes(form, signature, key)) return true
      return false
    },

    ownKeys() {
      return signJson(
        {
          server_name: ctx.serverName,
          valid_until_ts: Date.now() + OWN_VALIDITY_MS,
          verify_keys: { [ctx.signingKey.keyId]: { key: ctx.signingKey.publicKeyBase64 } },
          old_verify_keys: retired() as JsonObject,
        },
        ctx.serverName,
        ctx.signingKey,
      )
    },

    async ensure(serverNames, via) {
      const names = [...new Set(serverNames)].filter((name) => name !== ctx.serverName).slice(0, MAX_ENSURED)
      const unknown: string[] = []
      const queue = new PQueue({ concurrency: AT_ONCE })
      await queue.addAll(
        names.map((name) => async () => {
          if (!((await load(name)) ?? (await fetchKeys(name)))) unknown.push(name)
        }),
      )
      if (unknown.length === 0 || via === ctx.serverName) return
      try {
        const request = {
          entryPoint: 'keys',
          method: 'POST',
          path: '/_matrix/key/v2/query',
          body: { server_keys: Object.fromEntries(unknown.map((name) => [name, {}])) },
          timeoutMs: 20_000,
          maxBytes: 4 * 1024 * 1024,
        } as const
        const { server_keys: answers } = notaryAnswer.parse(
          await client.requestJson(via, request, z.unknown()),
        )
        for (const one of answers.slice(0, MAX_ENSURED)) {
          const name = (one as { server_name?: unknown } | null)?.server_name
          if (typeof name !== 'string' || !unknown.includes(name)) continue
          const answer = checkAnswer(one, name)
          if (await service.verifyJson(one as Record<string, unknown>, via)) await save(answer, {}, via)
        }
      } catch (error) {
        ctx.log.info({ server: via, reason: reasonOf(error) }, 'could not ask for the keys of others')
      }
    },

    async notarised(serverName, minimumValidUntilTs) {
      if (serverName === ctx.serverName) return service.ownKeys()
      let server = await load(serverName)
      // Kept for half its lifetime: what a notary hands out must not be about to expire.
      const halfway = server && server.fetchedAt + (server.validUntil - server.fetchedAt) / 2
      if (!server || Date.now() > halfway! || server.validUntil < minimumValidUntilTs)
        server = await fetchKeys(serverName)
      return server && !server.via ? signJson(server.answer, ctx.serverName, ctx.signingKey) : undefined
    },
  }
  return service
}

/** @throws Error when it is not that server's, or not signed with the keys it names */
function checkAnswer(raw: unknown, serverName: string): KeyAnswer {
  const answer = keyAnswer.parse(raw)
  if (answer.server_name !== serverName) throw new Error('the keys are of another server')
  if (Object.keys(answer.verify_keys).length + Object.keys(answer.old_verify_keys).length > 100)
    throw new Error('too many keys')
  const signed = Object.entries(answer.verify_keys).some(([id, { key }]) =>
    verifyJson(raw as object, serverName, id, key),
  )
  if (!signed) throw new Error('the keys are not signed with themselves')
  return answer
}

function signatureIds(signatures: unknown, serverName: string): string[] {
  if (typeof signatures !== 'object' || signatures === null || !Object.hasOwn(signatures, serverName))
    return []
  const own = (signatures as Record<string, unknown>)[serverName]
  if (typeof own !== 'object' || own === null) return []
  return Object.keys(own)
    .filter((id) => id.startsWith('ed25519:'))
    .slice(0, MAX_SIGNATURES)
}
