import type { OwnDatabase } from '../../lib/own-database.ts'
import { createStore, type Store } from '../../lib/store.ts'
import { onceSeen } from '../../lib/while-seen.ts'
import { type AskRecord, askKeptSchema, type EnvelopeRecord } from './records.ts'
import { askCode, isPartOf, newAskKey, openEnvelope, openPart, THRESHOLD } from './seal.ts'
import type { AskingState, RosterPlace } from './types.ts'

const KEY = 'envelope_ask'
const ASK_EVERY_MS = 5_000

export interface Asking {
  readonly state: Store<AskingState>
  load(): Promise<void>
  ask(): Promise<void>
  look(): Promise<void>
  withdraw(): Promise<void>
  close(): void
}

/** A device that has lost everything: asks two coordinators, and opens the envelope itself. */
export function createAsking(args: {
  me: string
  database: Pick<OwnDatabase, 'get' | 'put' | 'remove'>
  /** Asked anew each time. */
  envelope(): Promise<EnvelopeRecord | undefined>
  server: {
    ask(envelope: string, publicKey: string): Promise<AskRecord>
    own(): Promise<{ coordinators: readonly string[]; asks: readonly AskRecord[] }>
    end(id: string, how: 'withdraw' | 'opened'): Promise<void>
  }
  rosterRole(userId: string, institution: string): Promise<RosterPlace>
  recover(recoveryKey: string): Promise<'ok' | 'malformed' | 'wrong_key'>
  /** What was opened once is used up: a new key, given out anew. */
  renew(): Promise<void>
}): Asking {
  const { me, database, server } = args
  const state = createStore<AskingState>({ step: 'none' })
  let stopWaiting: (() => void) | undefined
  let running: Promise<void> | undefined
  /** The number takes a while to work out, and is looked at every few seconds. */
  let shown: { publicKey: string; code: Promise<string> } | undefined
  let closed = false

  async function kept() {
    const parsed = askKeptSchema.safeParse(await database.get('facts', KEY).catch(() => undefined))
    return parsed.success ? parsed.data : undefined
  }
  const forget = () => database.remove('facts', [KEY])
  function codeOf(envelope: string, publicKey: string): Promise<string> {
    if (shown?.publicKey !== publicKey) shown = { publicKey, code: askCode(me, envelope, publicKey) }
    return shown.code
  }

  /** @returns whether it is over */
  async function judge(
    mine: NonNullable<Awaited<ReturnType<typeof kept>>>,
    record: AskRecord | undefined,
    coordinators: readonly string[],
  ): Promise<boolean> {
    const envelope = await args.envelope()
    if (record?.state !== 'waiting') {
      await forget()
      const why = record?.state === 'refused' || record?.state === 'withdrawn' ? record.state : 'expired'
      state.set({ step: 'over', why })
      return true
    }
    if (!envelope || envelope.id !== record.envelope) {
      await server.end(record.id, 'withdraw').catch(() => undefined)
      await forget()
      state.set({ step: 'over', why: 'envelope_altered' })
      return true
    }
    const parts = new Map<string, string>()
    const altered: string[] = []
    const strangers: string[] = []
    let rosterUnknown = false
    for (const { by, sealed } of record.releases) {
      if (sealed === undefined) continue
      const role = await args.rosterRole(by, envelope.institution)
      if (role === 'unknown') rosterUnknown = true
      else if (role !== 'coordinator') strangers.push(by)
      else {
        const context = { owner: me, ask: record.id, envelope: envelope.id, by }
        const share = await openPart(mine, context, sealed)
        if (share !== undefined && (await isPartOf(envelope, by, share))) parts.set(by, share)
        else altered.push(by)
      }
    }
    if (parts.size < THRESHOLD) {
      state.set({
        step: 'waiting',
        code: await codeOf(envelope.id, mine.publicKey),
        coordinators,
        released: [...parts.keys()],
        altered,
        strangers,
        rosterUnknown,
        expiresTs: record.expires_ts,
      })
      return false
    }
    state.set({ step: 'opening' })
    const recoveryKey = await openEnvelope(me, envelope, [...parts.values()])
    if (recoveryKey === undefined) {
      await server.end(record.id, 'withdraw').catch(() => undefined)
      await forget()
      state.set({ step: 'over', why: 'envelope_altered' })
      return true
    }
    // The key is proved before anything is said of it.
    const outcome = await args.recover(recoveryKey)
    if (outcome !== 'ok') {
      await server.end(record.id, 'withdraw').catch(() => undefined)
      await forget()
      state.set({ step: 'over', why: 'old_key' })
      return true
    }
    await forget()
    await server.end(record.id, 'opened').catch(() => undefined)
    await args.renew()
    state.set({ step: 'done' })
    return true
  }

  async function once(): Promise<void> {
    const mine = await kept()
    if (!mine || closed) return
    const { coordinators, asks } = await server.own()
    const over = await judge(
      mine,
      asks.find((one) => one.id === mine.id),
      coordinators,
    )
    if (!over) again()
  }
  function again(): void {
    stopWaiting?.()
    if (!closed) stopWaiting = onceSeen(ASK_EVERY_MS, () => void look())
  }
  function look(): Promise<void> {
    running ??= once()
      // Without a connection it waits on.
      .catch(again)
      .finally(() => {
        running = undefined
      })
    return running
  }

  return {
    state,
    async load() {
      if (await kept()) await look()
    },
    look,
    async ask() {
      if (!(await kept())) {
        const envelope = await args.envelope()
        if (!envelope) throw new Error('There is no envelope.')
        const keys = await newAskKey()
        const record = await server.ask(envelope.id, keys.publicKey)
        await database.put('facts', KEY, { id: record.id, ...keys })
      }
      await look()
    },
    async withdraw() {
      const mine = await kept()
      stopWaiting?.()
      await forget()
      state.set({ step: 'none' })
      if (mine) await server.end(mine.id, 'withdraw').catch(() => undefined)
    },
    close() {
      closed = true
      stopWaiting?.()
    },
  }
}
