import {
  confirmationText,
  type IdentityConfirmation,
  identityConfirmationSchema,
  identityConfirmationType,
} from '@enlace/coordination'
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import type { Person } from '../channels/types.ts'
import type { Confirmed, ConfirmedNews, Identities } from './types.ts'

const KEY = 'confirmed_identities'
/** A confirmation that is not there yet is asked for again after so long. */
const AGAIN_MS = 15_000
const knownSchema = z.object({
  institution: z.string(),
  coordinator: z.boolean(),
  /** Of coordinators: the identity they had while nothing about it was in doubt. */
  masterKey: z.string().optional(),
  /** Since when this device has known exactly that. */
  since: z.number(),
})
const keptSchema = z.object({
  known: z.record(z.string(), knownSchema).default({}),
  /** Master keys that this person, as a coordinator, has approved. */
  mine: z.record(z.string(), z.string()).default({}),
  news: z
    .array(z.object({ userId: z.string(), by: z.string(), at: z.number(), masterKey: z.string() }))
    .default([]),
})
const answerSchema = z.object({ confirmation: identityConfirmationSchema })

/**
 * New identities for which a coordinator of the person's institution stands, with their own signature. Servers bring the
 * signed words and are believed in nothing: the coordinator must be one whom this device knew as such, with this very
 * identity, before the change was seen.
 */
export async function createConfirmed(args: {
  me: string
  request: AuthedRequest
  database: OwnDatabase
  identities: Identities
  personOf(userId: string): Pick<Person, 'institution' | 'role'>
  needsApproval(userId: string): Promise<boolean>
  now?: () => number
}): Promise<Confirmed> {
  const { me, request, database, identities, personOf, needsApproval, now = Date.now } = args
  const parsed = keptSchema.safeParse((await database.get('facts', KEY).catch(() => undefined)) ?? {})
  let kept = parsed.success ? parsed.data : keptSchema.parse({})
  const news = createStore<readonly ConfirmedNews[]>(kept.news)
  const asked = new Map<string, number>()

  async function keep(next: typeof kept): Promise<void> {
    kept = next
    if (news.get() !== next.news) news.set(next.news)
    await database.put('facts', KEY, next).catch(() => undefined)
  }

  /** @returns whether this coordinator's word counts for that person, who changed at `changedTs` */
  async function counts(said: IdentityConfirmation, userId: string, changedTs: number): Promise<boolean> {
    const coordinator = kept.known[said.confirmed_by]
    const person = kept.known[userId]
    if (said.confirmed_by === userId || !coordinator?.coordinator || !person) return false
    if (coordinator.institution !== person.institution || said.institution !== person.institution)
      return false
    // Whoever became a coordinator only after the change may have been made one for it.
    if (coordinator.since >= changedTs || person.since >= changedTs) return false
    if (said.confirmed_by !== me && (await needsApproval(said.confirmed_by))) return false
    const masterKey = await identities.masterKeyOf(said.confirmed_by)
    if (masterKey === undefined || masterKey !== coordinator.masterKey) return false
    const text = new TextEncoder().encode(confirmationText(said))
    const keys = await identities.signingKeysOf(said.confirmed_by)
    for (const [keyId, signature] of Object.entries(said.signatures[said.confirmed_by] ?? {})) {
      const key = keys.get(keyId)
      if (key !== undefined && (await isSigned(text, signature, key))) return true
    }
    return false
  }

  return {
    news,
    async note(userId) {
      const { institution, role } = personOf(userId)
      if (institution === undefined) return
      const coordinator = role === 'coordinator'
      const masterKey = coordinator ? await identities.masterKeyOf(userId) : undefined
      const before = kept.known[userId]
      if (
        before?.institution === institution &&
        before.coordinator === coordinator &&
        before.masterKey === masterKey
      )
        return
      const next = { institution, coordinator, since: now(), ...(masterKey ? { masterKey } : {}) }
      await keep({ ...kept, known: { ...kept.known, [userId]: next } })
    },

    async approve(userId, masterKey) {
      await keep({ ...kept, mine: { ...kept.mine, [userId]: masterKey } })
    },

    async accepts(userId, changedTs) {
      const masterKey = await identities.masterKeyOf(userId)
      if (masterKey === undefined) return false
      const by = async (): Promise<string | undefined> => {
        if (kept.mine[userId] === masterKey) return me
        const id = `${userId}|${masterKey}`
        if ((asked.get(id) ?? Number.NEGATIVE_INFINITY) + AGAIN_MS > now()) return undefined
        asked.set(id, now())
        const path = `${ENLACE}/identity-confirmations/${encodeURIComponent(userId)}`
        const answer = answerSchema.safeParse(await unlessAbsent(request('GET', path)).catch(() => undefined))
        if (!answer.success) return undefined
        const said = answer.data.confirmation
        if (said.user_id !== userId || said.master_key !== masterKey) return undefined
        return (await counts(said, userId, changedTs)) ? said.confirmed_by : undefined
      }
      const who = await by()
      if (who === undefined || !(await identities.accept(userId, masterKey))) return false
      const rest = kept.news.filter((one) => one.userId !== userId)
      await keep({ ...kept, news: [...rest, { userId, by: who, at: now(), masterKey }] })
      return true
    },

    async seen(userId) {
      await keep({ ...kept, news: kept.news.filter((one) => one.userId !== userId) })
    },
  }
}

/** A coordinator signs that this new identity is the person's. @returns undefined where this device cannot sign */
export async function signConfirmation(
  identities: Identities,
  about: { userId: string; masterKey: string; institution: string; by: string },
): Promise<IdentityConfirmation | undefined> {
  const bare = {
    type: identityConfirmationType,
    user_id: about.userId,
    master_key: about.masterKey,
    institution: about.institution,
    confirmed_by: about.by,
    confirmed_ts: Date.now(),
  } as const
  try {
    const signatures = await identities.sign(confirmationText(bare))
    return identityConfirmationSchema.parse({ ...bare, signatures })
  } catch {
    return undefined
  }
}

/** @returns false also where the browser cannot check: pictures are compared then */
async function isSigned(text: Uint8Array<ArrayBuffer>, signature: string, key: string): Promise<boolean> {
  try {
    const bytes = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
    const imported = await crypto.subtle.importKey('raw', bytes(key), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', imported, bytes(signature), text)
  } catch {
    return false
  }
}
