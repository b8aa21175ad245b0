import { describe, expect, test } from 'vitest'
import type { DeviceAddress, SealedNote } from '../history/types.ts'
import { createAsking } from './asking.ts'
import { createHolder } from './holder.ts'
import { createMaker } from './maker.ts'
import { type AskRecord, ENVELOPE, type EnvelopeRecord, PART, PART_KEPT } from './records.ts'
import { isPartOf, newAskKey, openEnvelope, openPart, sealEnvelope, sealPart } from './seal.ts'
import type { RosterPlace } from './types.ts'

const ANA = '@ana:hn'
const CHIEF = '@jefa:hn'
const SECOND = '@segunda:hn'
const THIRD = '@tercera:hn'
const OTHER = '@otra:gt'
const KEY = 'EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d'
const INSTITUTION = 'hn-sreci'

type Files = Map<string, unknown>
const filesOf = (kept: Files) => ({
  get: async (type: string) => structuredClone(kept.get(type)),
  put: async (type: string, content: object) => void kept.set(type, structuredClone(content)),
})
const databaseOf = (kept: Map<string, unknown>) => ({
  get: async (_store: string, key: string) => structuredClone(kept.get(key)),
  put: async (_store: string, key: string, value: unknown) => void kept.set(key, structuredClone(value)),
  remove: async (_store: string, keys: string[]) => {
    for (const key of keys) kept.delete(key)
  },
})

/** A server (account data, to-device, who asks) that a test may make lie; what is signed is in `truth`. */
function world() {
  const truth = {
    roster: new Map<string, RosterPlace>([
      [ANA, 'staff'],
      [CHIEF, 'coordinator'],
      [SECOND, 'coordinator'],
      [THIRD, 'coordinator'],
    ]),
    compared: new Set([CHIEF, SECOND, THIRD]),
    changed: new Set<string>(),
    masterKeys: new Map([CHIEF, SECOND, THIRD, OTHER].map((who) => [who, `key of ${who}`])),
  }
  const server = {
    candidates: [CHIEF, SECOND, THIRD],
    files: new Map<string, Files>(),
    asks: new Map<string, AskRecord>(),
  }
  const filesFor = (who: string): Files => {
    const files = server.files.get(who) ?? new Map<string, unknown>()
    server.files.set(who, files)
    return files
  }
  const rosterRole = async (who: string, institution: string): Promise<RosterPlace> =>
    institution === INSTITUTION ? (truth.roster.get(who) ?? 'not_member') : 'not_member'
  const sent: { type: string; to: string; from: string; content: Record<string, unknown> }[] = []
  const deskOf = (from: string) => ({
    devicesOf: async (users: readonly string[]) =>
      users.map((userId): DeviceAddress => ({ userId, deviceId: 'D' })),
    senderOf: async ({ sender, senderDevice }: SealedNote) =>
      senderDevice === 'D' ? { userId: sender, deviceId: 'D' } : undefined,
    async send(type: string, devices: readonly DeviceAddress[], content: Record<string, unknown>) {
      for (const { userId } of devices) sent.push({ type, to: userId, from, content })
    },
  })
  const noteOf = (one: (typeof sent)[number], senderDevice = 'D'): SealedNote => ({
    type: one.type,
    content: one.content,
    sender: one.from,
    senderDevice,
    senderKey: 'k',
  })
  let enough = 0
  const maker = createMaker({
    me: ANA,
    files: filesOf(filesFor(ANA)),
    desk: deskOf(ANA),
    candidates: async () => server.candidates,
    institution: () => INSTITUTION,
    rosterRole,
    async identityOf(who) {
      const masterKey = truth.masterKeys.get(who)
      return (masterKey && {
        masterKey,
        compared: truth.compared.has(who),
        changed: truth.changed.has(who),
      }) as never
    },
    told: async () => undefined,
    enough: async () => {
      enough += 1
    },
    now: () => 1_700_000_000_000,
  })
  const holderOf = (
    who: string,
    options: { backup?: string; here?: Map<string, unknown>; institution?: string } = {},
  ) =>
    createHolder({
      me: who,
      database: databaseOf(options.here ?? new Map()),
      files: filesOf(filesFor(who)),
      desk: deskOf(who),
      backupKey: async () => new TextEncoder().encode((options.backup ?? `backup of ${who}`).padEnd(32)),
      confirmed: () => true,
      institution: () => options.institution ?? INSTITUTION,
      rosterRole,
      identityHolds: async () => true,
    })
  /** Gives the parts out, and lets the coordinators' devices keep them. */
  async function made(): Promise<EnvelopeRecord> {
    expect(await maker.make(KEY)).toBe('ok')
    for (const one of sent.filter(({ type }) => type === PART)) {
      const holder = await holderOf(one.to)
      expect(await holder.onNote(noteOf(one))).toBe('done')
    }
    for (const one of sent.filter(({ type }) => type === PART_KEPT)) await maker.onKept(noteOf(one))
    return filesFor(ANA).get(ENVELOPE) as EnvelopeRecord
  }
  const recovered: string[] = []
  const lost = new Map<string, unknown>()
  const asking = createAsking({
    me: ANA,
    database: databaseOf(lost),
    envelope: maker.read,
    server: {
      async ask(envelope, publicKey) {
        const record: AskRecord = {
          id: `ask-${server.asks.size + 1}-of-ana`,
          user_id: ANA,
          device_id: 'NEW',
          envelope,
          public_key: publicKey,
          requested_ts: 0,
          expires_ts: 9e15,
          state: 'waiting',
          releases: [],
        }
        server.asks.set(record.id, record)
        return record
      },
      own: async () => ({ coordinators: [CHIEF, SECOND, THIRD], asks: [...server.asks.values()] }),
      async end(id, how) {
        const ask = server.asks.get(id)
        if (ask) ask.state = how === 'opened' ? 'opened' : 'withdrawn'
      },
    },
    rosterRole,
    recover: async (key) => {
      recovered.push(key)
      return key === KEY ? 'ok' : 'wrong_key'
    },
    renew: async () => void (await maker.make('a new key')),
  })
  const newest = () => [...server.asks.values()].at(-1)!
  async function release(by: string, typed?: string, ask = newest(), options = {}) {
    const holder = await holderOf(by, options)
    const state = asking.state.get()
    const code = typed ?? (state.step === 'waiting' ? state.code : '')
    const part = await holder.partFor(
      { id: ask.id, userId: ANA, envelope: ask.envelope, publicKey: ask.public_key },
      code,
    )
    if (typeof part !== 'string') ask.releases.push({ by, ts: 0, sealed: part.sealed })
    return part
  }
  return {
    truth,
    server,
    maker,
    made,
    asking,
    recovered,
    release,
    newest,
    holderOf,
    noteOf,
    sent,
    filesFor,
    enough: () => enough,
  }
}
const stepOf = (one: ReturnType<typeof world>) => one.asking.state.get()

describe('the institution’s sealed envelope', () => {
  test('two coordinators, each with a code that was read to them, open it on the device that asks; then it is renewed', async () => {
    const one = world()
    const before = await one.made()
    expect(one.maker.kept.get()).toMatchObject({ enough: true, kept: [CHIEF, SECOND, THIRD] })
    expect(one.enough()).toBe(1)
    await one.asking.ask()
    expect(stepOf(one)).toMatchObject({ step: 'waiting', released: [] })
    await one.release(SECOND)
    await one.asking.look()
    expect(stepOf(one)).toMatchObject({ step: 'waiting', released: [SECOND] })
    expect(one.recovered).toEqual([])
    await one.release(CHIEF)
    await one.asking.look()
    expect(stepOf(one)).toEqual({ step: 'done' })
    expect(one.recovered).toEqual([KEY])
    expect(one.newest().state).toBe('opened')
    expect((await one.maker.read())?.id).not.toBe(before.id)
    one.asking.close()
  })

  test('a coordinator’s part survives the change of their device, and no server reads it', async () => {
    const one = world()
    await one.made()
    const dump = JSON.stringify([...one.server.files].map(([who, files]) => [who, [...files]]))
    for (const { content, type } of one.sent) if (type === PART) expect(dump).not.toContain(content['share'])
    expect(dump).not.toContain(KEY)
    await one.asking.ask()
    // `holderOf` has nothing on the device: only what the account keeps, and the key that a recovery brings back.
    expect(await one.release(CHIEF)).toHaveProperty('sealed')
    expect(await one.release(SECOND, undefined, one.newest(), { backup: 'another identity' })).toBe('no_part')
    one.asking.close()
  })

  test('when the message backup of a coordinator is another one, the device that has the part puts it away anew', async () => {
    const one = world()
    expect(await one.maker.make(KEY)).toBe('ok')
    const here = new Map<string, unknown>()
    const first = await one.holderOf(CHIEF, { here })
    await first.onNote(one.noteOf(one.sent.find(({ to }) => to === CHIEF)!))
    const later = await one.holderOf(CHIEF, { here, backup: 'a new backup' })
    await later.keepSafe()
    await one.asking.ask()
    expect(await one.release(CHIEF, undefined, one.newest(), { backup: 'a new backup' })).toHaveProperty(
      'sealed',
    )
    one.asking.close()
  })

  test('fewer than two whose pictures were compared: nothing is made', async () => {
    const one = world()
    one.truth.compared = new Set([CHIEF])
    expect(await one.maker.make(KEY)).toBe('too_few')
    one.truth.compared = new Set([CHIEF, SECOND])
    one.truth.changed.add(SECOND)
    expect(await one.maker.make(KEY)).toBe('too_few')
    expect(one.sent).toEqual([])
    expect(one.server.files.get(ANA)?.size ?? 0).toBe(0)
  })

  test('it counts as kept when two have it where it survives, and not on a stranger’s word', async () => {
    const one = world()
    expect(await one.maker.make(KEY)).toBe('ok')
    const parts = one.sent.filter(({ type }) => type === PART)
    const { holders, id } = (await one.maker.read())!
    const forged = (from: string, share_hash: string, device?: string) =>
      one.maker.onKept(one.noteOf({ type: PART_KEPT, to: ANA, from, content: { id, share_hash } }, device))
    await forged(OTHER, holders[0]!.share_hash)
    await forged(CHIEF, holders[1]!.share_hash)
    expect(await forged(CHIEF, holders[0]!.share_hash, 'EVIL')).toBe('later')
    expect(one.maker.kept.get()?.kept).toEqual([])
    for (const part of parts.slice(0, 2)) await (await one.holderOf(part.to)).onNote(one.noteOf(part))
    for (const note of one.sent.filter(({ type }) => type === PART_KEPT))
      await one.maker.onKept(one.noteOf(note))
    expect(one.maker.kept.get()).toMatchObject({ enough: true })
    expect(one.enough()).toBe(1)
  })

  test('when the coordination changes the person’s device is told who', async () => {
    const one = world()
    one.server.candidates = [CHIEF, SECOND]
    await one.made()
    await one.maker.compare()
    expect(one.maker.news.get()).toBeUndefined()
    one.server.candidates = [CHIEF, SECOND, THIRD]
    await one.maker.compare()
    expect(one.maker.news.get()).toEqual({ left: [], came: [THIRD], changed: [] })
    one.truth.roster.set(SECOND, 'staff')
    one.truth.masterKeys.set(CHIEF, 'started again')
    await one.maker.compare()
    expect(one.maker.news.get()).toEqual({ left: [SECOND], came: [THIRD], changed: [CHIEF] })
    // Without the list nothing is said of anybody: what was known stays.
    one.truth.roster.set(SECOND, 'unknown')
    await one.maker.compare()
    expect(one.maker.news.get()).toMatchObject({ left: [SECOND] })
  })
})

describe('hostile: the envelope', () => {
  test('a coordinator alone has nothing, however often they release', async () => {
    const one = world()
    const envelope = await one.made()
    const own = one.sent.find(({ to }) => to === CHIEF)!.content['share'] as string
    expect(await openEnvelope(ANA, envelope, [own, own])).toBeUndefined()
    await one.asking.ask()
    await one.release(CHIEF)
    await one.release(CHIEF)
    await one.asking.look()
    expect(stepOf(one)).toMatchObject({ step: 'waiting', released: [CHIEF] })
    expect(one.recovered).toEqual([])
    one.asking.close()
  })

  test('two coordinators without the person’s account have a key to nothing', async () => {
    const { envelope, parts } = await sealEnvelope({
      userId: ANA,
      institution: INSTITUTION,
      recoveryKey: KEY,
      holders: [CHIEF, SECOND].map((userId) => ({ userId, masterKey: userId })),
      now: 1,
    })
    expect(JSON.stringify([...parts])).not.toContain('EsTc')
    expect(await openEnvelope(ANA, envelope, [...parts.values()])).toBe(KEY)
    // Sealed for one person: under another name it opens nothing.
    expect(await openEnvelope(OTHER, envelope, [...parts.values()])).toBeUndefined()
  })

  test('a server that swaps the asking device: the code that was read does not fit its key', async () => {
    const one = world()
    await one.made()
    await one.asking.ask()
    const evil = { ...one.newest(), public_key: (await newAskKey()).publicKey, releases: [] }
    expect(await one.release(CHIEF, undefined, evil)).toBe('wrong_code')
    expect(evil.releases).toEqual([])
    one.asking.close()
  })

  test('a server that adds coordinators: the signed roster does not name them', async () => {
    const one = world()
    one.server.candidates = [CHIEF, OTHER, '@inventada:hn']
    one.truth.masterKeys.set('@inventada:hn', 'made by the server')
    one.truth.compared.add(OTHER).add('@inventada:hn')
    expect(await one.maker.make(KEY)).toBe('too_few')
    expect(await one.maker.keepers()).toEqual([
      { userId: CHIEF, state: 'ready' },
      { userId: OTHER, state: 'not_listed' },
      { userId: '@inventada:hn', state: 'not_listed' },
    ])
    expect(one.sent).toEqual([])
  })

  test('a coordinator of another institution keeps no part, and none of theirs counts', async () => {
    const one = world()
    await one.made()
    const part = one.sent.find(({ type }) => type === PART)!
    const foreign = await one.holderOf(OTHER, { institution: 'gt-sbs' })
    await foreign.onNote(one.noteOf({ ...part, to: OTHER }))
    expect(one.filesFor(OTHER).size).toBe(0)
    await one.asking.ask()
    const { sealed } = (await one.release(CHIEF)) as { sealed: string }
    one.newest().releases.push({ by: OTHER, ts: 0, sealed })
    await one.asking.look()
    expect(stepOf(one)).toMatchObject({ step: 'waiting', released: [CHIEF], strangers: [OTHER] })
    one.asking.close()
  })

  test('somebody struck from the roster is named, and their part is not used', async () => {
    const one = world()
    await one.made()
    await one.asking.ask()
    await one.release(CHIEF)
    await one.release(SECOND)
    one.truth.roster.set(SECOND, 'not_member')
    await one.asking.look()
    expect(stepOf(one)).toMatchObject({ step: 'waiting', released: [CHIEF], strangers: [SECOND] })
    one.truth.roster.set(SECOND, 'unknown')
    await one.asking.look()
    expect(stepOf(one)).toMatchObject({ step: 'waiting', released: [CHIEF], rosterUnknown: true })
    expect(one.recovered).toEqual([])
    one.asking.close()
  })

  test('a released part does not fit another asking', async () => {
    const one = world()
    await one.made()
    await one.asking.ask()
    const { sealed } = (await one.release(CHIEF)) as { sealed: string }
    await one.asking.withdraw()
    await one.asking.ask()
    one.newest().releases.push({ by: CHIEF, ts: 0, sealed })
    await one.release(SECOND)
    await one.asking.look()
    expect(stepOf(one)).toMatchObject({ step: 'waiting', released: [SECOND], altered: [CHIEF] })
    one.asking.close()
  })

  test('a part that was altered is found out and named; the other two open it', async () => {
    const one = world()
    const envelope = await one.made()
    await one.asking.ask()
    const ask = one.newest()
    const context = { owner: ANA, ask: ask.id, envelope: ask.envelope, by: CHIEF }
    const wrong = one.sent.find(({ to, type }) => to === THIRD && type === PART)!.content['share'] as string
    expect(await isPartOf(envelope, CHIEF, wrong)).toBe(false)
    ask.releases.push({ by: CHIEF, ts: 0, sealed: await sealPart(ask.public_key, context, wrong) })
    await one.release(SECOND)
    await one.asking.look()
    expect(stepOf(one)).toMatchObject({ step: 'waiting', released: [SECOND], altered: [CHIEF] })
    expect(one.recovered).toEqual([])
    await one.release(THIRD)
    await one.asking.look()
    expect(one.recovered).toEqual([KEY])
    one.asking.close()
  })

  test('an envelope that a server has changed opens nothing, and says so', async () => {
    const one = world()
    const envelope = await one.made()
    await one.asking.ask()
    await one.release(CHIEF)
    await one.release(SECOND)
    one.filesFor(ANA).set(ENVELOPE, { ...envelope, holders: [...envelope.holders].reverse() })
    await one.asking.look()
    expect(stepOf(one)).toEqual({ step: 'over', why: 'envelope_altered' })
    expect(one.recovered).toEqual([])
    one.asking.close()
  })

  test('an older envelope that a server gives back is no answer to what was asked', async () => {
    const one = world()
    const old = await one.made()
    expect(await one.maker.make(KEY)).toBe('ok')
    for (const part of one.sent.filter(({ type }) => type === PART).slice(3))
      await (await one.holderOf(part.to)).onNote(one.noteOf(part))
    await one.asking.ask()
    await one.release(CHIEF)
    one.filesFor(ANA).set(ENVELOPE, old)
    await one.asking.look()
    expect(stepOf(one)).toEqual({ step: 'over', why: 'envelope_altered' })
    // And asked for it, a coordinator’s device says that its part is of another one.
    await one.asking.ask()
    expect(await one.release(CHIEF)).toBe('other_envelope')
    one.asking.close()
  })

  test('what a device cannot read of a release is nothing', async () => {
    const keys = await newAskKey()
    const context = { owner: ANA, ask: 'a', envelope: 'e', by: CHIEF }
    const sealed = await sealPart(keys.publicKey, context, 'AAAA')
    expect(await openPart(keys, context, sealed)).toBe('AAAA')
    expect(await openPart(keys, { ...context, by: SECOND }, sealed)).toBeUndefined()
    expect(await openPart(await newAskKey(), context, sealed)).toBeUndefined()
    expect(await openPart(keys, context, 'AAAA')).toBeUndefined()
    expect(await openPart(keys, context, `${sealed.slice(0, -2)}AA`)).toBeUndefined()
  })
})
