import { ClientEvent, type MatrixClient, type MatrixEvent } from 'matrix-js-sdk'
import { CryptoEvent } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import type { OwnIdentity, OwnNews } from './types.ts'

const KEY = 'own_identity'
/** Account data the node writes: the person's alerts, of which one is that somebody starts again. */
const ALERTS = 'org.enlace.alerts'
const keptSchema = z.object({
  masterKey: z.string().optional(),
  devices: z.array(z.string()),
  /** a master key that this device itself has made */
  expected: z.string().optional(),
  /** requests by other devices that the person has answered for */
  answered: z.array(z.string()).default([]),
  /** a reset nobody has answered for yet */
  reset: z.object({ masterKey: z.string(), since: z.number() }).optional(),
})
type Kept = z.output<typeof keptSchema>

const resetsSchema = z.object({
  own: z.array(
    z.object({
      id: z.string(),
      device_id: z.string(),
      device_name: z.string().optional(),
      master_key: z.string(),
      requested_ts: z.number(),
      state: z.string(),
    }),
  ),
})
const toldSchema = z.object({ ended: z.array(z.string()), told: z.number() })

const answerSchema = z.object({
  master_keys: z.record(z.string(), z.object({ keys: z.record(z.string(), z.string()) })).optional(),
  device_keys: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({ unsigned: z.object({ device_display_name: z.string().optional() }).optional() }),
      ),
    )
    .optional(),
})

/**
 * What happens to one's own account elsewhere: an identity that was started anew, a device that was added. Each of the
 * account's devices compares what the server says with what it knew, and asks the person.
 */
export async function createOwnIdentity(
  client: MatrixClient,
  request: AuthedRequest,
  database: OwnDatabase,
): Promise<OwnIdentity> {
  const me = client.getSafeUserId()
  const parsed = keptSchema.safeParse(await database.get('facts', KEY).catch(() => undefined))
  let kept: Kept | undefined = parsed.success ? parsed.data : undefined
  const news = createStore<OwnNews | undefined>(kept?.reset && { kind: 'reset', since: kept.reset.since })
  let running: Promise<void> | undefined

  async function keep(next: Kept): Promise<void> {
    kept = next
    await database.put('facts', KEY, next).catch(() => undefined)
  }

  async function look(): Promise<void> {
    const answer = answerSchema.parse(
      await request('POST', '/_matrix/client/v3/keys/query', { device_keys: { [me]: [] } }),
    )
    const masterKey = Object.values(answer.master_keys?.[me]?.keys ?? {})[0]
    const devices = new Map(
      Object.entries(answer.device_keys?.[me] ?? {}).map(([id, one]) => [
        id,
        one.unsigned?.device_display_name ?? id,
      ]),
    )
    const before = kept
    const all = [...devices.keys()]
    // A server that says there is none does not make this device forget which one it was.
    const first = masterKey ?? before?.masterKey
    const mine = masterKey !== undefined && masterKey === before?.expected
    if (!before?.masterKey || mine || masterKey === undefined) {
      const { reset, expected, answered = [] } = before ?? {}
      await keep({
        ...(reset && !mine ? { reset } : {}),
        ...(expected === undefined ? {} : { expected }),
        answered,
        devices: all,
        ...(first ? { masterKey: first } : {}),
      })
      if (mine && news.get()?.kind === 'reset') news.set(undefined)
      return
    }
    if (masterKey !== before.masterKey) {
      const since = before.reset?.masterKey === masterKey ? before.reset.since : Date.now()
      await keep({ ...before, devices: all, reset: { masterKey, since } })
      news.set({ kind: 'reset', since })
      return
    }
    const added = all.find((id) => id !== client.getDeviceId() && !before.devices.includes(id))
    if (added === undefined) {
      if (all.length !== before.devices.length) await keep({ ...before, devices: all })
      return
    }
    // Kept as known only when the person has answered.
    if (news.get() === undefined)
      news.set({ kind: 'device', deviceId: added, name: devices.get(added) ?? added })
  }

  /** Somebody asks to start again: told before it has happened, while it can be called off. */
  async function lookForRequests(): Promise<void> {
    const answer = await unlessAbsent(request('GET', `${ENLACE}/identity-resets`))
    if (answer === undefined) return
    const { own } = resetsSchema.parse(answer)
    const asked = own.find(
      (one) => one.device_id !== client.getDeviceId() && !(kept?.answered ?? []).includes(one.id),
    )
    const now = news.get()
    if (asked) {
      // A reset that has happened is worse news.
      if (now?.kind !== 'reset' && !(now?.kind === 'asked' && now.id === asked.id))
        news.set({
          kind: 'asked',
          id: asked.id,
          masterKey: asked.master_key,
          name: asked.device_name ?? asked.device_id,
          since: asked.requested_ts,
        })
    } else if (now?.kind === 'asked') news.set(undefined)
  }

  function lookOnce(): Promise<void> {
    running ??= look()
      .catch(() => undefined)
      .then(lookForRequests)
      .catch(() => undefined)
      .finally(() => {
        running = undefined
      })
    return running
  }
  let asked = 0
  /** What comes while the server is being asked is asked about again. */
  function lookAgain(): void {
    asked += 1
    const mine = asked
    void (running ?? Promise.resolve()).then(async () => {
      if (mine === asked) await lookOnce()
    })
  }
  const onDevices = (users: string[]) => {
    if (users.includes(me)) lookAgain()
  }
  const onTrust = (userId: string) => {
    if (userId === me) lookAgain()
  }
  const onKeys = () => lookAgain()
  /** The node's own word comes by another way than the device lists: either is enough. */
  const onAccountData = (event: MatrixEvent) => {
    if (event.getType() === ALERTS) lookAgain()
  }
  client.on(CryptoEvent.DevicesUpdated, onDevices)
  client.on(CryptoEvent.UserTrustStatusChanged, onTrust)
  client.on(CryptoEvent.KeysChanged, onKeys)
  client.on(ClientEvent.AccountData, onAccountData)

  return {
    news,
    look: lookOnce,
    async expect(masterKey) {
      await keep({ devices: [], answered: [], ...kept, expected: masterKey })
    },
    async itWasMe() {
      const now = news.get()
      news.set(undefined)
      if (!kept || !now) return
      if (now.kind === 'device') await keep({ ...kept, devices: [...kept.devices, now.deviceId] })
      else if (now.kind === 'asked')
        // What was said yes to is not asked about again when it happens.
        await keep({ ...kept, answered: [...kept.answered, now.id], expected: now.masterKey })
      else {
        const { reset, ...rest } = kept
        await keep({ ...rest, masterKey: reset?.masterKey ?? kept.masterKey })
      }
      void lookOnce()
    },
    async itWasNotMe() {
      const now = news.get()
      const answer = await unlessAbsent(request('POST', `${ENLACE}/identity-resets/not-me`, {}))
      const done = answer === undefined ? { ended: [], told: 0 } : toldSchema.parse(answer)
      if (now?.kind === 'asked' && kept) {
        await keep({ ...kept, answered: [...kept.answered, now.id] })
        news.set(undefined)
      }
      return { told: done.told, ended: done.ended.length }
    },
    close() {
      client.off(CryptoEvent.DevicesUpdated, onDevices)
      client.off(CryptoEvent.UserTrustStatusChanged, onTrust)
      client.off(CryptoEvent.KeysChanged, onKeys)
      client.off(ClientEvent.AccountData, onAccountData)
    },
  }
}
