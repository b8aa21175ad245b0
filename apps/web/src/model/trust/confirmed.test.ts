import 'fake-indexeddb/auto'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { confirmationText, type IdentityConfirmation, identityConfirmationType } from '@enlace/coordination'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { createConfirmed, signConfirmation } from './confirmed.ts'

const ME = '@registro.gt:gt'
const ANA = '@ana:hn'
const COORDINATOR = '@coordina:hn'
let database: OwnDatabase
beforeEach(async () => {
  database = await openOwnDatabase(ME)
})
afterEach(async () => {
  database.close()
  await deleteOwnDatabase(ME)
})

type Pair = { publicKey: string; privateKey: KeyObject }
function newPair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x } = publicKey.export({ format: 'jwk' })
  return { privateKey, publicKey: Buffer.from(x!, 'base64url').toString('base64').replace(/=+$/, '') }
}
const signedBy = (pair: Pair, text: string) =>
  sign(null, Buffer.from(text), pair.privateKey).toString('base64').replace(/=+$/, '')

/** Ana has another master key; her coordinator has signed it. */
function world() {
  const keys = { ana: newPair(), next: newPair(), master: newPair(), device: newPair() }
  const people: Record<string, { institution?: string; role?: 'coordinator' | 'staff' }> = {
    [ANA]: { institution: 'hn-a', role: 'staff' },
    [COORDINATOR]: { institution: 'hn-a', role: 'coordinator' },
  }
  const says = {
    now: 1_000,
    master: { [ANA]: keys.ana.publicKey, [COORDINATOR]: keys.master.publicKey } as Record<string, string>,
    doubtful: new Set<string>(),
    confirmation: undefined as object | undefined,
    asked: 0,
  }
  const accepted: string[] = []
  const open = () =>
    createConfirmed({
      me: ME,
      database,
      now: () => says.now,
      personOf: (userId) => people[userId] ?? {},
      needsApproval: async (userId) => says.doubtful.has(userId),
      request: async () => {
        says.asked += 1
        if (!says.confirmation) throw new RequestError(404, {})
        return { confirmation: says.confirmation }
      },
      identities: {
        masterKeyOf: async (userId) => says.master[userId],
        signingKeysOf: async (userId) =>
          new Map(
            userId === COORDINATOR
              ? [
                  [`ed25519:${says.master[COORDINATOR]}`, says.master[COORDINATOR]!],
                  ['ed25519:D', keys.device.publicKey],
                ]
              : [],
          ),
        accept: async (userId, masterKey) => {
          if (says.master[userId] !== masterKey) return false
          accepted.push(masterKey)
          return true
        },
        sign: async (text) => ({ [COORDINATOR]: { 'ed25519:D': signedBy(keys.device, text) } }),
      },
    })
  const confirmation = (
    more: Partial<IdentityConfirmation> = {},
    by: readonly [string, Pair] = [keys.master.publicKey, keys.master],
  ): IdentityConfirmation => {
    const bare = {
      type: identityConfirmationType,
      user_id: ANA,
      master_key: keys.next.publicKey,
      institution: 'hn-a',
      confirmed_by: COORDINATOR,
      confirmed_ts: 5,
      ...more,
    } as const
    const signature = signedBy(by[1], confirmationText(bare))
    return { ...bare, signatures: { [bare.confirmed_by]: { [`ed25519:${by[0]}`]: signature } } }
  }
  /** Both are known, and then Ana's identity changes. */
  async function changed() {
    const confirmed = await open()
    await confirmed.note(ANA)
    await confirmed.note(COORDINATOR)
    says.now = 2_000
    says.master[ANA] = keys.next.publicKey
    return confirmed
  }
  return { keys, people, says, accepted, open, changed, confirmation }
}

describe('8.3: a coordinator’s signature about a new identity', () => {
  test.each(['master', 'device'] as const)('made with the %s key is accepted, and told', async (kind) => {
    const { keys, says, accepted, changed, confirmation, open } = world()
    const confirmed = await changed()
    expect(await confirmed.accepts(ANA, 2_000)).toBe(false)
    says.confirmation = confirmation({}, [kind === 'master' ? keys.master.publicKey : 'D', keys[kind]])
    // Not asked for without end.
    expect([await confirmed.accepts(ANA, 2_000), says.asked]).toEqual([false, 1])
    says.now += 20_000
    expect(await confirmed.accepts(ANA, 2_000)).toBe(true)
    expect(accepted).toEqual([keys.next.publicKey])
    const told = [{ userId: ANA, by: COORDINATOR }]
    expect(confirmed.news.get()).toMatchObject(told)
    const after = await open()
    expect(after.news.get()).toMatchObject(told)
    await after.seen(ANA)
    expect(after.news.get()).toEqual([])
  })

  test('the coordinator who approved it has no question about it', async () => {
    const { keys, accepted, changed, says } = world()
    const confirmed = await changed()
    await confirmed.approve(ANA, keys.next.publicKey)
    expect([await confirmed.accepts(ANA, 2_000), says.asked]).toEqual([true, 0])
    says.master[ANA] = keys.ana.publicKey
    expect(await confirmed.accepts(ANA, 2_000)).toBe(false)
    expect(accepted).toEqual([keys.next.publicKey])
  })

  const lies: [string, (one: ReturnType<typeof world>) => void][] = [
    [
      'nobody signed',
      ({ says, confirmation }) => (says.confirmation = { ...confirmation(), signatures: {} }),
    ],
    [
      'somebody else signed',
      ({ says, confirmation, keys }) =>
        (says.confirmation = confirmation({}, [keys.master.publicKey, newPair()])),
    ],
    [
      'a device nobody confirmed signed',
      ({ says, confirmation }) => (says.confirmation = confirmation({}, ['LADRON', newPair()])),
    ],
    [
      'it is about another key',
      ({ says, confirmation }) => (says.confirmation = confirmation({ master_key: newPair().publicKey })),
    ],
    [
      'it is about another person',
      ({ says, confirmation }) => (says.confirmation = confirmation({ user_id: '@beto:hn' })),
    ],
    [
      'it was changed after signing',
      ({ says, confirmation }) => (says.confirmation = { ...confirmation(), confirmed_ts: 6 }),
    ],
    [
      'the person signed for themselves',
      ({ says, confirmation, keys }) =>
        (says.confirmation = confirmation({ confirmed_by: ANA }, [keys.next.publicKey, keys.next])),
    ],
    [
      'the coordinator is of another institution',
      ({ says, confirmation }) => (says.confirmation = confirmation({ institution: 'gt-x' })),
    ],
    [
      'the coordinator’s own identity is in doubt',
      ({ says, confirmation }) => {
        says.confirmation = confirmation()
        says.doubtful.add(COORDINATOR)
      },
    ],
    [
      'the coordinator has another identity than before',
      ({ says, confirmation }) => {
        const swapped = newPair()
        says.master[COORDINATOR] = swapped.publicKey
        says.confirmation = confirmation({}, [swapped.publicKey, swapped])
      },
    ],
  ]
  test.each(lies)('hostile: %s', async (_what, lie) => {
    const one = world()
    const confirmed = await one.changed()
    lie(one)
    expect(await confirmed.accepts(ANA, 2_000)).toBe(false)
    expect(one.accepted).toEqual([])
  })

  test('hostile: a server makes somebody a coordinator, or moves them, after the change', async () => {
    for (const late of [COORDINATOR, ANA]) {
      const { says, people, open, confirmation, accepted, keys } = world()
      const confirmed = await open()
      const truth = people[late]!
      people[late] = { institution: 'hn-b', role: 'staff' }
      await confirmed.note(ANA)
      await confirmed.note(COORDINATOR)
      says.now = 2_000
      says.master[ANA] = keys.next.publicKey
      people[late] = truth
      says.now = 2_500
      await confirmed.note(late)
      says.confirmation = confirmation()
      expect(await confirmed.accepts(ANA, 2_000)).toBe(false)
      expect(accepted).toEqual([])
      await database.remove('facts', ['confirmed_identities'])
    }
  })

  test('what a coordinator’s client makes is what others accept; one that cannot sign makes nothing', async () => {
    const { says, changed, keys } = world()
    const confirmed = await changed()
    const about = {
      userId: ANA,
      masterKey: keys.next.publicKey,
      institution: 'hn-a',
      by: COORDINATOR,
    }
    const sign = async (text: string) => ({ [COORDINATOR]: { 'ed25519:D': signedBy(keys.device, text) } })
    says.confirmation = await signConfirmation({ sign } as never, about)
    expect(await confirmed.accepts(ANA, 2_000)).toBe(true)
    const fails = () => Promise.reject(new Error('no keys'))
    expect(await signConfirmation({ sign: fails } as never, about)).toBeUndefined()
  })
})
