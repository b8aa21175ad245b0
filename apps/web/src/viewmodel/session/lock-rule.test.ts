import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  demandsLock,
  followLockRule,
  type LockRule,
  lockRule,
  saveLockRule,
  withinRule,
} from './lock-rule.ts'

function person(userId: string, answer: () => Promise<unknown>) {
  const kept = new Map<string, unknown>()
  const request = vi.fn(answer)
  const database = {
    get: async (_store: string, key: string) => kept.get(key),
    put: async (_store: string, key: string, value: unknown) => void kept.set(key, value),
  }
  return { session: { userId, request, database } as never, request, kept }
}
const FIVE: LockRule = { required: 'shared', idle_minutes: 5 }

describe('the lock that an institution demands', () => {
  beforeEach(() => lockRule.set({ required: 'no', idle_minutes: null }))

  test('a person may be stricter, never laxer', () => {
    expect(withinRule(60, FIVE)).toBe(5)
    expect(withinRule(3, FIVE)).toBe(3)
    expect(withinRule(60, { required: 'no', idle_minutes: null })).toBe(60)
  })

  test('which devices it is about', () => {
    const alone = { keepsNothing: false, others: 0 }
    expect(demandsLock(FIVE, alone)).toBe(false)
    expect(demandsLock(FIVE, { ...alone, others: 1 })).toBe(true)
    expect(demandsLock({ ...FIVE, required: 'always' }, alone)).toBe(true)
    expect(demandsLock({ ...FIVE, required: 'always' }, { keepsNothing: true, others: 2 })).toBe(false)
    expect(demandsLock({ ...FIVE, required: 'no' }, { ...alone, others: 2 })).toBe(false)
  })

  test('it holds without a network, as it was heard last, and for that person alone', async () => {
    const ana = person('@ana:hn', async () => FIVE)
    await followLockRule(ana.session)
    await vi.waitFor(() => expect(lockRule.get()).toEqual(FIVE))
    const luis = person('@luis:hn', () => Promise.reject(new TypeError('no network')))
    await followLockRule(luis.session)
    expect(lockRule.get()).toEqual({ required: 'no', idle_minutes: null })
    ana.request.mockRejectedValue(new TypeError('no network'))
    await followLockRule(ana.session)
    expect(lockRule.get()).toEqual(FIVE)
    // Nor does a node that answers nonsense make it laxer.
    ana.request.mockResolvedValue({ required: 'perhaps' })
    await expect(saveLockRule(ana.session, FIVE)).rejects.toThrow()
    expect(lockRule.get()).toEqual(FIVE)
  })
})
