/** The lock that the institution demands of its people's devices. A person may be stricter, never laxer. */
import { z } from 'zod'
import { ENLACE, unlessAbsent } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'

const KEY = 'lock_rule'
const ASK_EVERY_MS = 5 * 60_000
const ruleSchema = z.object({
  required: z.enum(['no', 'shared', 'always']),
  idle_minutes: z.number().int().min(1).max(60).nullable(),
})
export type LockRule = z.output<typeof ruleSchema>
const NONE: LockRule = { required: 'no', idle_minutes: null }

export const lockRule = createStore<LockRule>(NONE)
let askedFor: { userId: string; at: number } | undefined

type Asker = Pick<Session, 'request' | 'database' | 'userId'>

async function take({ database }: Asker, answer: unknown): Promise<void> {
  const rule = answer === undefined ? NONE : ruleSchema.parse(answer)
  await database.put('facts', KEY, rule)
  if (JSON.stringify(rule) !== JSON.stringify(lockRule.get())) lockRule.set(rule)
}

/** By what this device was told last, also without a network; the node is asked now and then. */
export async function followLockRule(session: Asker): Promise<void> {
  const { request, database, userId } = session
  if (askedFor?.userId !== userId) {
    const kept = ruleSchema.safeParse(await database.get('facts', KEY).catch(() => undefined))
    lockRule.set(kept.success ? kept.data : NONE)
  } else if (askedFor.at > Date.now() - ASK_EVERY_MS) return
  askedFor = { userId, at: Date.now() }
  void unlessAbsent(request('GET', `${ENLACE}/lock-rule`))
    .then((answer) => take(session, answer))
    .catch(() => undefined)
}

/** For coordinators. @throws */
export async function saveLockRule(session: Asker, rule: LockRule): Promise<void> {
  await take(session, await session.request('PUT', `${ENLACE}/institution/lock-rule`, rule))
}

export const withinRule = (minutes: number, rule: LockRule = lockRule.get()): number =>
  Math.min(minutes, rule.idle_minutes ?? minutes)

/** Whether a device has to have a lock: it keeps something, and the rule is about such a device. */
export const demandsLock = (rule: LockRule, device: { keepsNothing: boolean; others: number }): boolean =>
  !device.keepsNothing && (rule.required === 'always' || (rule.required === 'shared' && device.others > 0))
