import type { MatrixClient } from 'matrix-js-sdk'
import { CryptoEvent } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import type { OwnIdentity, OwnNews } from './types.ts'

const KEY = 'own_identity'
const keptSchema = z.object({
  masterKey: z.string().optional(),
  devices: z.array(z.string()),
  /** a reset nobody has answered for yet */
  reset: z.object({ masterKey: z.string(), since: z.number() }).optional(),
})
type Kept = z.output<typeof keptSchema>

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
  let mine = false
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
    if (!before?.masterKey || mine || masterKey === undefined) {
      await keep({
        ...(before?.reset && !mine ? { reset: before.reset } : {}),
        devices: all,
        ...(first ? { masterKey: first } : {}),
      })
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

  function lookOnce(): Promise<void> {
    running ??= look()
      .catch(() => undefined)
      .finally(() => {
        running = undefined
      })
    return running
  }
  const onDevices = (users: string[]) => {
    if (users.includes(me)) void lookOnce()
  }
  const onKeys = () => void lookOnce()
  client.on(CryptoEvent.DevicesUpdated, onDevices)
  client.on(CryptoEvent.KeysChanged, onKeys)

  return {
    news,
    look: lookOnce,
    async during(work) {
      mine = true
      try {
        return await work()
      } finally {
        await running
        await lookOnce()
        mine = false
        news.set(undefined)
      }
    },
    async itWasMe() {
      const now = news.get()
      news.set(undefined)
      if (!kept || !now) return
      if (now.kind === 'device') await keep({ ...kept, devices: [...kept.devices, now.deviceId] })
      else await keep({ devices: kept.devices, masterKey: kept.reset?.masterKey ?? kept.masterKey })
      void lookOnce()
    },
    close() {
      client.off(CryptoEvent.DevicesUpdated, onDevices)
      client.off(CryptoEvent.KeysChanged, onKeys)
    },
  }
}
