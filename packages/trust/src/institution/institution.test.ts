/** Institutions under keys of their own: what is taken, what is refused, and that nobody else notices. */
import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { FederationListKeeper } from '../keeper.ts'
import { generateTrustKey } from '../keys.ts'
import { coordinator, institutionKeys, offerInstitutions, TrustRepository } from '../testing.ts'
import { InstitutionsKeeper } from './keeper.ts'
import { verifyInstitutionPublication } from './publication.ts'
import { rosterText } from './roster.ts'

const day = 86_400_000
const now = () => Date.now()
const [renap, pgn] = [generateTrustKey(), generateTrustKey()]
const stranger = generateTrustKey()
const salt = randomBytes(16).toString('base64')

/** A roster of made-up ids: hashing people is tested below. */
const roster = (institution: string, ...ids: string[]) =>
  rosterText({
    institution,
    salt,
    members: ids.map((id) => ({ id: id.padStart(64, '0'), role: 'staff' as const, since: 1 })),
  })
const entry = (institution: string, view: 'public' | 'network', name: string) =>
  `${JSON.stringify({
    _type: 'enlace-directory-entry',
    institution,
    view,
    revision: 1,
    ...(view === 'network' ? { nonce: randomBytes(16).toString('base64') } : {}),
    entry: { name },
  })}\n`
const duty = (institution: string, revision: number) =>
  JSON.stringify({
    _type: 'enlace-duty',
    institution,
    nonce: randomBytes(16).toString('base64'),
    revision,
    duty: { positions: [] },
  })

let repo: TrustRepository
let list: FederationListKeeper
let keeper: InstitutionsKeeper
beforeEach(() => {
  repo = new TrustRepository([coordinator('HN', 'HN'), coordinator('GT', 'GT')], 2)
  repo.give('gt-renap', [renap])
  repo.give('gt-pgn', [pgn])
  repo.publish([])
  list = new FederationListKeeper(repo.pinned)
  keeper = new InstitutionsKeeper({ network: true })
})

const take = (at = now(), into = keeper) => {
  const verdict = repo.offerTo(list, at)
  return { verdict, said: offerInstitutions(repo, list, into, at) }
}
const members = (institution: string, at = now(), of = keeper) => {
  const current = of.roster(institution, at)
  return current.usable ? current.roster.members.map(({ id }) => Number(id)) : current.reason
}

describe('9.2: an institution’s own word', () => {
  test('9.2: roster, entry in two views and duty positions are taken as signed', () => {
    repo.speak('gt-renap', {
      'roster.json': roster('gt-renap', '1', '2'),
      'entry.json': entry('gt-renap', 'public', 'a'),
      'entry.network.json': entry('gt-renap', 'network', 'b'),
      'duty.json': duty('gt-renap', 1),
    })
    expect(take().said).toEqual([{ institution: 'gt-renap', changed: true }])
    expect(members('gt-renap')).toEqual([1, 2])
    expect(members('gt-pgn')).toBe('none')
    expect(members('hn-rnp')).toBe('no-key')
    expect(keeper.entry('gt-renap', 'public', now())?.entry).toEqual({ name: 'a' })
    expect(keeper.entry('gt-renap', 'network', now())?.entry).toEqual({ name: 'b' })
    expect(keeper.duty('gt-renap', now())?.revision).toBe(1)
    // Nothing new: nothing is asked for.
    expect(take().said).toEqual([])
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '1') })
    expect(take().said).toMatchObject([{ institution: 'gt-renap', changed: true }])
    expect(members('gt-renap')).toEqual([1])
    expect(keeper.entry('gt-renap', 'public', now())).toBeUndefined()
  })

  test('9.2: whoever shows no token asks for nothing that is for the network only', () => {
    repo.speak('gt-renap', {
      'roster.json': roster('gt-renap', '1'),
      'entry.network.json': entry('gt-renap', 'network', 'b'),
      'duty.json': duty('gt-renap', 1),
    })
    for (const path of repo.files.keys()) if (/network|duty/.test(path)) repo.files.delete(path)
    const outside = new InstitutionsKeeper({ network: false })
    take(now(), outside)
    expect(members('gt-renap', now(), outside)).toEqual([1])
    expect(outside.problems(now())).toEqual([])
    expect(outside.entry('gt-renap', 'network', now())).toBeUndefined()
  })

  test('9.2: a limited key signs the duty positions and nothing else, until the institution takes it back', () => {
    const [limited, later] = [generateTrustKey(), generateTrustKey()]
    const roster1 = { 'roster.json': roster('gt-renap', '1') }
    repo.speak('gt-renap', roster1, { duty: institutionKeys([limited]) })
    repo.speakDuty('gt-renap', duty('gt-renap', 7), [limited])
    take()
    expect(keeper.duty('gt-renap', now())?.revision).toBe(7)
    expect(keeper.delegation('gt-renap.duty')?.keyids).toEqual([limited.keyid])
    // The limited key has no say about people.
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '9') }, { signers: [limited] })
    expect(take().said).toMatchObject([{ changed: false, problem: { reason: 'bad-signature' } }])
    expect(members('gt-renap')).toEqual([1])
    repo.speak('gt-renap', roster1, { duty: institutionKeys([later]), version: 3 })
    take()
    expect(keeper.duty('gt-renap', now())).toBeUndefined()
    repo.speakDuty('gt-renap', duty('gt-renap', 8), [later])
    take()
    expect(keeper.duty('gt-renap', now())?.revision).toBe(8)
    // And back to the institution itself.
    repo.speak('gt-renap', { ...roster1, 'duty.json': duty('gt-renap', 9) })
    take()
    expect(keeper.duty('gt-renap', now())?.revision).toBe(9)
  })

  test('9.2: what is kept is verified anew, and an older word is refused after a restart', () => {
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '1') })
    const older = repo.twin()
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '2') })
    take()
    const kept = keeper.kept('gt-renap')!
    const again = new InstitutionsKeeper({ network: true })
    again.follow(list.ground!)
    expect(again.restore('gt-renap', kept)).toBe(true)
    expect(members('gt-renap', now(), again)).toEqual([2])
    // Nothing is fetched that is here.
    for (const path of repo.files.keys()) if (path.includes('roster')) repo.files.delete(path)
    take(now(), again)
    expect(again.problems(now())).toEqual([])
    expect(members('gt-renap', now(), again)).toEqual([2])
    older.version = repo.version + 5
    older.renew()
    repo = older
    expect(take(now(), again).said).toMatchObject([{ problem: { reason: 'rollback' } }])
    expect(members('gt-renap', now(), again)).toEqual([2])
    // A changed byte on disk: neither the roster nor anything under it.
    const changed = new InstitutionsKeeper({ network: true })
    changed.follow(list.ground!)
    changed.restore(
      'gt-renap',
      kept.replace(/"?role\\": ?\\"staff/, (text) => text.replace('staff', 'official')),
    )
    expect(members('gt-renap', now(), changed)).toBe('none')
    for (const nonsense of [
      '',
      '{',
      '{"seen":{}}',
      '{"main":1,"seen":{}}',
      kept.replace('gt-renap', 'gt-pgn'),
    ])
      expect(() => new InstitutionsKeeper({ network: true }).restore('gt-renap', nonsense)).not.toThrow()
  })
})

describe('9.2: what is refused touches nobody else', () => {
  beforeEach(() => {
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '1') })
    repo.speak('gt-pgn', { 'roster.json': roster('gt-pgn', '5') })
    take()
    expect([members('gt-renap'), members('gt-pgn')]).toEqual([[1], [5]])
  })

  const evil = () => ({ 'roster.json': roster('gt-renap', '666') })
  const lastOf = (part: string) => [...repo.files.keys()].findLast((path) => path.includes(part))!
  const cut = (path: string) =>
    repo.files.set(path, repo.files.get(path)!.subarray(0, repo.files.get(path)!.length - 9))

  test.each<[string, string, () => void]>([
    ['k-1 signatures', 'bad-signature', () => repo.speak('gt-renap', evil(), { signers: [] })],
    ['a foreign key', 'bad-signature', () => repo.speak('gt-renap', evil(), { signers: [stranger] })],
    ['another institution’s key', 'bad-signature', () => repo.speak('gt-renap', evil(), { signers: [pgn] })],
    [
      'the registry’s key',
      'bad-signature',
      () => repo.speak('gt-renap', evil(), { signers: [repo.online.key] }),
    ],
    ['expired', 'expired', () => repo.speak('gt-renap', evil(), { days: -1 })],
    ['living for ever', 'lives-too-long', () => repo.speak('gt-renap', evil(), { days: 5000 })],
    ['forked', 'fork', () => repo.speak('gt-renap', evil(), { version: 1 })],
    [
      'a changed byte in the metadata',
      'mismatch',
      () => {
        const path = repo.speak('gt-renap', evil())
        const bytes = Buffer.from(repo.files.get(path)!)
        bytes[bytes.length - 20]! ^= 1
        repo.files.set(path, bytes)
      },
    ],
    [
      'a changed byte in the roster',
      'mismatch',
      () => {
        repo.speak('gt-renap', evil())
        const path = lastOf('roster.json')
        const bytes = Buffer.from(repo.files.get(path)!)
        bytes[40]! ^= 1
        repo.files.set(path, bytes)
      },
    ],
    ['truncated metadata', 'mismatch', () => cut(repo.speak('gt-renap', evil()))],
    [
      'a truncated roster',
      'mismatch',
      () => {
        repo.speak('gt-renap', evil())
        cut(lastOf('roster.json'))
      },
    ],
    ['kept back', 'missing', () => void repo.files.delete(repo.speak('gt-renap', evil()))],
    [
      'a roster of another institution',
      'malformed',
      () => repo.speak('gt-renap', { 'roster.json': roster('gt-pgn', '5') }),
    ],
    [
      'metadata of another institution',
      'mismatch',
      () => {
        const path = repo.speak('gt-renap', evil())
        repo.files.set(path, repo.files.get('metadata/1.gt-pgn.json')!)
      },
    ],
    [
      'metadata of another institution, named',
      'malformed',
      () => {
        const version = 2
        const bytes = repo.files.get(repo.speak('gt-pgn', { 'roster.json': roster('gt-pgn', '5') }))!
        repo.files.set('metadata/2.gt-renap.json', bytes)
        repo.spoken['gt-renap'] = { version, bytes }
        repo.version++
        repo.renew()
      },
    ],
    [
      'mixed and matched: an earlier version named by the next',
      'mismatch',
      () => {
        const bytes = repo.files.get('metadata/1.gt-renap.json')!
        repo.files.set('metadata/2.gt-renap.json', bytes)
        repo.spoken['gt-renap'] = { version: 2, bytes }
        repo.version++
        repo.renew()
      },
    ],
    [
      'a file that no institution has',
      'malformed',
      () => repo.speak('gt-renap', { 'x.json': '{}' } as never),
    ],
    [
      'no longer named',
      'rollback',
      () => {
        delete repo.spoken['gt-renap']
        repo.version++
        repo.renew()
      },
    ],
  ])('9.2: %s', (_what, reason, attack) => {
    repo.speak('gt-pgn', { 'roster.json': roster('gt-pgn', '5', '6') })
    attack()
    const { verdict, said } = take()
    expect(verdict).toMatchObject({ ok: true })
    expect(said.find(({ institution }) => institution === 'gt-renap')).toMatchObject({
      changed: false,
      problem: { reason },
    })
    expect(members('gt-renap')).toEqual([1])
    expect(members('gt-pgn')).not.toBe('none')
    expect(keeper.problems(now())).toMatchObject([{ institution: 'gt-renap', reason }])
    // The next good word is taken at once, and the problem is over.
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '2') }, { version: 9 })
    take()
    expect(members('gt-renap')).toEqual([2])
    expect(keeper.problems(now())).toEqual([])
  })

  test('9.2: older, but valid, below a newer snapshot', () => {
    const older = repo.twin()
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '2') })
    repo.speak('gt-pgn', { 'roster.json': roster('gt-pgn', '6') })
    take()
    older.version = repo.version
    older.speak('gt-pgn', { 'roster.json': roster('gt-pgn', '7') }, { version: 9 })
    repo = older
    expect(take().said).toMatchObject([
      { institution: 'gt-pgn', changed: true },
      { institution: 'gt-renap', changed: false, problem: { reason: 'rollback' } },
    ])
    expect([members('gt-renap'), members('gt-pgn')]).toEqual([[2], [7]])
  })

  test('9.2: k-1 of two keys that an institution must sign with', () => {
    const second = generateTrustKey()
    repo.give('gt-renap', [renap, second], 2)
    repo.publish([])
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '2') })
    take()
    expect(members('gt-renap')).toEqual([2])
    repo.speak('gt-renap', evil(), { signers: [renap] })
    expect(take().said).toMatchObject([{ problem: { reason: 'bad-signature' } }])
    // One signature twice is no form that metadata has.
    repo.speak('gt-renap', evil(), { signers: [renap, renap] })
    expect(take().said).toMatchObject([{ problem: { reason: 'malformed' } }])
    expect(members('gt-renap')).toEqual([2])
  })

  test('9.2: a key that coordinators replaced has no say from that moment, also about what stands already', () => {
    const next = generateTrustKey()
    repo.give('gt-renap', [next])
    repo.publish([])
    repo.offerTo(list)
    expect(keeper.follow(list.ground!)).toEqual(['gt-renap'])
    expect(members('gt-renap')).toBe('refused')
    expect(take().said).toMatchObject([{ problem: { reason: 'bad-signature' } }])
    repo.speak('gt-renap', evil(), { signers: [renap] })
    take()
    expect(members('gt-renap')).toBe('refused')
    repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '3') })
    take()
    expect(members('gt-renap')).toEqual([3])
    // Taken away altogether.
    delete repo.delegations['gt-renap']
    repo.publish([])
    take()
    expect([members('gt-renap'), members('gt-pgn')]).toEqual(['no-key', [5]])
  })

  test('9.2: what ran out counts no more, and says so', () => {
    const later = now() + 91 * day
    expect(members('gt-renap', later)).toBe('expired')
    expect(keeper.problems(later)).toMatchObject([{ reason: 'expired' }, { reason: 'expired' }])
    expect(keeper.entry('gt-renap', 'public', later)).toBeUndefined()
    // What it said is still told, so that whoever coordinated, and nobody else, signs it again.
    const current = keeper.roster('gt-pgn', later)
    expect(!current.usable && current.last?.members.map(({ id }) => Number(id))).toEqual([5])
  })

  test('9.2: a role that is delegated otherwise than it must be counts for nothing, and stops nobody', () => {
    for (const change of [
      { paths: ['gt-pgn/*'] },
      { paths: ['*'] },
      { paths: ['gt-renap/*', 'gt-pgn/*'] },
      { terminating: false },
      { keyids: ['0'.repeat(64)] },
      { threshold: 2 },
      { name: '../gt-renap' },
      { name: 'gt-pgn.duty' },
    ]) {
      repo.publish([], {
        changeTargets({ delegations }) {
          Object.assign(delegations!.roles.find(({ name }) => name === 'gt-renap')!, change)
        },
      })
      expect(take().verdict).toMatchObject({ ok: true })
      expect(members('gt-renap')).toBe('no-key')
      expect(members('gt-pgn')).toEqual([5])
    }
    repo.publish([])
    take()
    expect(members('gt-renap')).toEqual([1])
  })
})

test('9.2: a publication is checked against the keys in force and what was said before', () => {
  repo.speak('gt-renap', { 'roster.json': roster('gt-renap', '1') })
  take()
  const delegation = keeper.delegation('gt-renap')!
  const publication = (version: number, file: string | undefined, send = file) => {
    const path = repo.speak('gt-renap', file === undefined ? {} : { 'roster.json': file }, { version })
    return {
      _type: 'enlace-institution-publication',
      role: 'gt-renap',
      metadata: Buffer.from(repo.files.get(path)!).toString(),
      targets: send === undefined ? {} : { 'gt-renap/roster.json': send },
    }
  }
  const one = roster('gt-renap', '1')
  const options = { now: now(), delegation }
  const third = publication(3, one)
  const first = verifyInstitutionPublication(third, options)
  if (!first.ok) throw new Error(first.detail)
  const before = first.published
  const after = (raw: unknown) => verifyInstitutionPublication(raw, { ...options, before })
  // A file that did not change need not be sent again; the same publication twice is one.
  expect(after({ ...publication(4, one), targets: {} })).toMatchObject({ ok: true, unchanged: false })
  expect(after(third)).toMatchObject({ ok: true, unchanged: true })
  for (const [raw, reason] of [
    [{ ...publication(4, roster('gt-renap', '2')), targets: {} }, 'missing'],
    [publication(4, one, roster('gt-renap', '2')), 'mismatch'],
    [publication(4, undefined, one), 'mismatch'],
    [publication(2, one), 'rollback'],
    [publication(3, roster('gt-renap', '3')), 'fork'],
    [{ ...publication(4, one), role: 'gt-pgn' }, 'no-key'],
    [{ ...publication(4, one), role: 'gt-renap.duty' }, 'no-key'],
    [{ ...publication(4, one), role: '../x' }, 'malformed'],
    [publication(4, '{}'), 'malformed'],
    [{}, 'malformed'],
    [null, 'malformed'],
  ] as const)
    expect(after(raw)).toMatchObject({ ok: false, reason })
  expect(
    verifyInstitutionPublication(publication(5, one), {
      ...options,
      delegation: keeper.delegation('gt-pgn')!,
    }),
  ).toMatchObject({ reason: 'no-key' })
})
