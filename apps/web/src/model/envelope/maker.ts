import { createStore, type Store } from '../../lib/store.ts'
import type { KeyDesk, SealedNote } from '../history/types.ts'
import type { AccountFiles } from './holder.ts'
import {
  ENVELOPE,
  type EnvelopeRecord,
  envelopeSchema,
  KEPT,
  keptSchema,
  PART,
  partKeptSchema,
} from './records.ts'
import { sealEnvelope, THRESHOLD } from './seal.ts'
import type { EnvelopeKept, EnvelopeNews, Keeper, KnownIdentity, RosterPlace } from './types.ts'

export interface Maker {
  readonly kept: Store<EnvelopeKept | undefined>
  readonly news: Store<EnvelopeNews | undefined>
  read(): Promise<EnvelopeRecord | undefined>
  load(): Promise<void>
  keepers(): Promise<readonly Keeper[]>
  make(recoveryKey: string): Promise<'ok' | 'too_few'>
  /** A coordinator says that their part is kept. */
  onKept(note: SealedNote): Promise<'done' | 'later'>
  /** Compares who keeps parts with who would now. */
  compare(): Promise<void>
}

/** The person's side: gives out the parts, counts who keeps one, and notices when they would be given out otherwise now. */
export function createMaker(args: {
  me: string
  files: AccountFiles
  desk: Pick<KeyDesk, 'devicesOf' | 'send' | 'senderOf'>
  /** As the node says: believed in nothing but that there may be more. */
  candidates(): Promise<readonly string[]>
  institution(): string | undefined
  /** undefined while there is nothing to check rosters with */
  rosterRole(userId: string, institution: string): Promise<RosterPlace>
  identityOf(userId: string): Promise<KnownIdentity | undefined>
  /** The node's log hears that it was made. */
  told(holders: number): Promise<void>
  /** Enough coordinators keep their parts: the person has a way back. */
  enough(): Promise<void>
  now(): number
}): Maker {
  const { me, files, desk } = args
  const kept = createStore<EnvelopeKept | undefined>(undefined)
  const news = createStore<EnvelopeNews | undefined>(undefined)

  async function read(): Promise<EnvelopeRecord | undefined> {
    const parsed = envelopeSchema.safeParse(await files.get(ENVELOPE))
    return parsed.success ? parsed.data : undefined
  }
  async function keptBy(envelope: EnvelopeRecord): Promise<string[]> {
    const parsed = keptSchema.safeParse(await files.get(KEPT))
    return parsed.success && parsed.data.id === envelope.id ? parsed.data.by : []
  }
  function show(envelope: EnvelopeRecord, by: readonly string[]): void {
    kept.set({
      id: envelope.id,
      madeTs: envelope.made_ts,
      holders: envelope.holders.map((one) => one.user_id),
      kept: by,
      enough: by.length >= THRESHOLD,
    })
  }

  async function stateOf(userId: string, institution: string): Promise<Keeper['state']> {
    // The list is signed: a server that adds somebody is found out here.
    if ((await args.rosterRole(userId, institution)) !== 'coordinator') return 'not_listed'
    const devices = await desk.devicesOf([userId])
    const identity = await args.identityOf(userId)
    if (!identity) return 'no_device'
    if (identity.changed) return 'changed'
    if (!identity.compared) return 'not_compared'
    return devices.length > 0 ? 'ready' : 'no_device'
  }
  async function keepers(): Promise<readonly Keeper[]> {
    const institution = args.institution()
    if (institution === undefined) return []
    const found: Keeper[] = []
    for (const userId of new Set(await args.candidates()))
      if (userId !== me) found.push({ userId, state: await stateOf(userId, institution) })
    return found
  }

  return {
    kept,
    news,
    read,
    keepers,
    async load() {
      const envelope = await read()
      if (!envelope) kept.set(undefined)
      else show(envelope, await keptBy(envelope))
    },
    async make(recoveryKey) {
      const institution = args.institution()
      const ready = (await keepers()).filter((one) => one.state === 'ready').slice(0, 255)
      if (institution === undefined || ready.length < THRESHOLD) return 'too_few'
      const holders: { userId: string; masterKey: string }[] = []
      for (const { userId } of ready) {
        const identity = await args.identityOf(userId)
        if (identity?.compared) holders.push({ userId, masterKey: identity.masterKey })
      }
      if (holders.length < THRESHOLD) return 'too_few'
      const { envelope, parts } = await sealEnvelope({
        userId: me,
        institution,
        recoveryKey,
        holders,
        now: args.now(),
      })
      await files.put(ENVELOPE, envelope)
      await files.put(KEPT, { id: envelope.id, by: [] })
      show(envelope, [])
      news.set(undefined)
      for (const [userId, share] of parts)
        await desk.send(PART, await desk.devicesOf([userId]), {
          id: envelope.id,
          institution,
          made_ts: envelope.made_ts,
          share,
        })
      await args.told(holders.length)
      return 'ok'
    },
    async onKept(note) {
      const content = partKeptSchema.safeParse(note.content)
      const envelope = content.success ? await read() : undefined
      if (!content.success || !envelope) return 'done'
      const { id, share_hash } = content.data
      const holder = envelope.holders.find((one) => one.user_id === note.sender)
      if (envelope.id !== id || holder?.share_hash !== share_hash) return 'done'
      if (!(await desk.senderOf(note))) return 'later'
      const by = await keptBy(envelope)
      if (by.includes(note.sender)) return 'done'
      const next = [...by, note.sender]
      await files.put(KEPT, { id, by: next })
      show(envelope, next)
      if (next.length === THRESHOLD) await args.enough()
      return 'done'
    },
    async compare() {
      const envelope = await read()
      if (!envelope) return news.set(undefined)
      const now = await keepers()
      const institution = args.institution()
      if (institution === undefined) return
      const left: string[] = []
      const changed: string[] = []
      for (const { user_id, master_key } of envelope.holders) {
        const role =
          institution === envelope.institution
            ? await args.rosterRole(user_id, institution)
            : ('not_member' as const)
        // Without the list nothing is said of anybody.
        if (role === 'unknown') return
        const identity = role === 'coordinator' ? await args.identityOf(user_id) : undefined
        if (role !== 'coordinator') left.push(user_id)
        else if (identity && identity.masterKey !== master_key) changed.push(user_id)
      }
      const holders = envelope.holders.map((one) => one.user_id)
      const came = now
        .filter((one) => ['ready', 'not_compared'].includes(one.state) && !holders.includes(one.userId))
        .map((one) => one.userId)
      const any = left.length + changed.length + came.length > 0
      news.set(any ? { left, came, changed } : undefined)
    },
  }
}
