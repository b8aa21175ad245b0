import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import { ClientEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'
import { coalesce } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import type { KeyDesk, SealedNote } from '../history/types.ts'
import type { Encryption } from '../session/types.ts'
import type { Identities } from '../trust/types.ts'
import { createAsking } from './asking.ts'
import { type AccountFiles, createHolder } from './holder.ts'
import { createMaker } from './maker.ts'
import { askSchema, ENVELOPE, envelopesSchema, KEPT, PART, PART_KEPT } from './records.ts'
import type { Envelope, RosterPlace } from './types.ts'

const BASE = `${ENLACE}/envelopes`
const NOTES_KEY = 'envelope_notes'
const ALERTS = 'org.enlace.alerts'
const COMPARE_EVERY_MS = 10 * 60_000
const ECHO_MS = 30_000
const MAX_HELD = 40
const MAX_HELD_OF_ONE = 4
const noteSchema = z.object({
  type: z.string(),
  content: z.unknown(),
  sender: z.string(),
  senderDevice: z.string().optional(),
  senderKey: z.string(),
})

/** The institution's sealed envelope: a recovery key that two of its coordinators open together, for a device that asks. */
export async function createEnvelope(args: {
  client: MatrixClient
  request: AuthedRequest
  database: OwnDatabase
  desk: KeyDesk
  encryption: Pick<Encryption, 'state' | 'recover' | 'confirmSaved' | 'newRecoveryKey' | 'firstKey'>
  identities: Pick<Identities, 'masterKeyOf'>
  institution(): string | undefined
}): Promise<Envelope> {
  const { client, request, database, desk, encryption } = args
  const crypto = client.getCrypto()
  if (!crypto) throw new Error('Encryption has not been started.')
  const me = client.getSafeUserId()
  type ReadRosters = (userId: string, institution: string) => Promise<RosterPlace>
  let rosters: ReadRosters | undefined
  let give: (read: ReadRosters) => void = () => undefined
  const given = new Promise<ReadRosters>((done) => {
    give = done
  })
  // Not to be able to look yet is no answer: it waits.
  const rosterRole: ReadRosters = async (userId, institution) => (await given)(userId, institution)
  /** What this device wrote, until sync brings it back: the SDK answers from what it has synced. */
  const written = new Map<string, { content: object; at: number }>()
  const files: AccountFiles = {
    async get(type) {
      const mine = written.get(type)
      if (mine && mine.at > Date.now() - ECHO_MS) return mine.content
      return (await client.getAccountDataFromServer(type as never)) ?? undefined
    },
    async put(type, content) {
      await client.setAccountDataRaw(type as never, content as never)
      written.set(type, { content, at: Date.now() })
    },
  }
  const overview = async () => envelopesSchema.parse(await request('GET', BASE))
  const confirmed = () => ['ready', 'unsaved'].includes(encryption.state.get())

  const holder = await createHolder({
    me,
    database,
    files,
    desk,
    backupKey: async () => (await crypto.getSessionBackupPrivateKey()) ?? undefined,
    confirmed,
    institution: args.institution,
    rosterRole,
    identityHolds: async (userId) => !(await crypto.getUserVerificationStatus(userId)).needsUserApproval,
  })
  const maker = createMaker({
    me,
    files,
    desk,
    candidates: async () => (await overview()).coordinators,
    institution: args.institution,
    rosterRole,
    async identityOf(userId) {
      const masterKey = await args.identities.masterKeyOf(userId)
      if (masterKey === undefined) return undefined
      const status = await crypto.getUserVerificationStatus(userId)
      return { masterKey, compared: status.isVerified(), changed: status.needsUserApproval }
    },
    told: async (holders) => void (await request('POST', `${BASE}/made`, { holders })),
    enough: encryption.confirmSaved,
    now: Date.now,
  })
  const asking = createAsking({
    me,
    database,
    envelope: maker.read,
    server: {
      ask: async (envelope, publicKey) =>
        askSchema.parse(await request('POST', `${BASE}/asks`, { envelope, public_key: publicKey })),
      async own() {
        const { coordinators, own } = await overview()
        return { coordinators, asks: own }
      },
      end: async (id, how) =>
        void (await request('POST', `${BASE}/asks/${encodeURIComponent(id)}/${how}`, {})),
    },
    rosterRole,
    recover: (key) => encryption.recover(key, 'envelope'),
    async renew() {
      const key = await encryption.newRecoveryKey()
      const made = await maker.make(key).catch(() => 'too_few' as const)
      // Nobody to give it to: it is shown, as any new key.
      if (made !== 'ok') encryption.firstKey.set(key)
    },
  })

  /** Notes whose sender could not be checked yet: on disk, since they come once. */
  const before = z.array(noteSchema).safeParse(await database.get('facts', NOTES_KEY).catch(() => undefined))
  let held: readonly SealedNote[] = before.success
    ? before.data.map((one) => ({ ...one, senderDevice: one.senderDevice }))
    : []
  let inOrder: Promise<void> = Promise.resolve()
  let closed = false

  async function hold(next: readonly SealedNote[]): Promise<void> {
    held = next
    await database.put('facts', NOTES_KEY, next).catch(() => undefined)
  }
  async function handle(note: SealedNote): Promise<void> {
    const outcome = await (note.type === PART ? holder.onNote(note) : maker.onKept(note)).catch(
      () => 'later' as const,
    )
    const rest = held.filter((one) => one !== note)
    if (outcome === 'done') {
      if (rest.length !== held.length) await hold(rest)
      return
    }
    const same = rest.filter(({ sender }) => sender === note.sender)
    const kept = same.length >= MAX_HELD_OF_ONE ? rest.filter((one) => one !== same[0]) : rest
    await hold([...kept, note].slice(-MAX_HELD))
  }
  const take = (note: SealedNote) => {
    inOrder = inOrder.then(() => (closed ? undefined : handle(note))).catch(() => undefined)
  }
  const stopNotes = desk.onNote((note) => {
    if (note.type === PART || note.type === PART_KEPT) take(note)
  })

  let comparedTs = 0
  const wake = coalesce(() => {
    if (closed) return
    for (const note of held) take(note)
    if (confirmed()) void holder.keepSafe().catch(() => undefined)
    const own = args.institution() !== undefined && rosters !== undefined && confirmed()
    if (!own || comparedTs > Date.now() - COMPARE_EVERY_MS) return
    comparedTs = Date.now()
    void maker.compare().catch(() => {
      comparedTs = 0
    })
  }, 1_000)
  const stopComparing = everyWhileSeen(COMPARE_EVERY_MS, wake)
  const onAccountData = (event: MatrixEvent) => {
    const mine = written.get(event.getType())
    if (mine && JSON.stringify(event.getContent()) === JSON.stringify(mine.content))
      written.delete(event.getType())
    if (event.getType() === ENVELOPE || event.getType() === KEPT) void maker.load().catch(() => undefined)
    if (event.getType() === ALERTS && asking.state.get().step === 'waiting') void asking.look()
  }
  client.on(ClientEvent.AccountData, onAccountData)
  const stopState = encryption.state.subscribe(wake)

  return {
    kept: maker.kept,
    news: maker.news,
    asking: asking.state,
    keepers: maker.keepers,
    make: maker.make,
    exists: async () => (await maker.read()) !== undefined,
    ask: asking.ask,
    look: asking.look,
    withdraw: asking.withdraw,
    readRosters(read) {
      rosters = read
      give(read)
      comparedTs = 0
      void maker.load().catch(() => undefined)
      void asking.load().catch(() => undefined)
      wake()
    },
    wake,
    holder,
    close() {
      closed = true
      stopNotes()
      stopState()
      wake.cancel()
      stopComparing()
      client.off(ClientEvent.AccountData, onAccountData)
      asking.close()
    },
  }
}
