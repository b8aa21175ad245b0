import type { MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { createStore } from '../../lib/store.ts'
import type { KeyDesk, SealedNote } from '../history/types.ts'
import { keyOfMessage } from './message-key.ts'
import type { Disclosure, Disclosures } from './types.ts'

export const DISCLOSURE = 'org.enlace.report.disclosure'
/** From a coordinator's device that has not got what the report says was disclosed: it is new, or went away while it came. */
export const DISCLOSURE_REQUEST = 'org.enlace.report.disclosure_request'
const NOTES_KEY = 'report_disclosures'
const JOBS_KEY = 'report_disclosing'
const KEPT_MS = 180 * 86_400_000
/** Whoever sends without end pushes out their own. */
const MAX_OF_ONE = 40
const MAX_NOTES = 400

const ref = z.string().min(16).max(64)
const key = z.object({ event_id: z.string().startsWith('$').max(255), key: z.string().max(120) })
const contentSchema = z.object({
  id: ref,
  words: z.string().max(4_000).default(''),
  keys: z.array(key).max(4).default([]),
})
const requestSchema = z.object({ id: ref })
const notesSchema = z.array(contentSchema.extend({ sender: z.string(), at: z.number() }))
const jobsSchema = z.array(
  z.object({
    ref,
    words: z.string(),
    keys: z.array(key),
    /** Who has not been sent it. */
    to: z.array(z.string()),
    /** Whom the reporter agreed to show it to: their devices may ask again. */
    all: z.array(z.string()),
    at: z.number(),
  }),
)
type Job = z.output<typeof jobsSchema>[number]
const contentOf = ({ ref: id, words, keys }: Job) => ({ id, words, keys })

/** What reports disclose passes between devices alone, in Olm; servers know that there was one. */
export async function createDisclosures(args: {
  client: Pick<MatrixClient, 'getRoom'>
  database: Pick<OwnDatabase, 'get' | 'put'>
  desk: Pick<KeyDesk, 'devicesOf' | 'senderOf' | 'send' | 'sessionKey' | 'onNote'>
  now?: () => number
}): Promise<Disclosures> {
  const { client, database, desk, now = Date.now } = args
  const version = createStore(0)
  const kept = notesSchema.safeParse(await database.get('facts', NOTES_KEY).catch(() => undefined))
  const waiting = jobsSchema.safeParse(await database.get('facts', JOBS_KEY).catch(() => undefined))
  let notes = (kept.success ? kept.data : []).filter(({ at }) => at > now() - KEPT_MS)
  let jobs: Job[] = (waiting.success ? waiting.data : []).filter(({ at }) => at > now() - KEPT_MS)
  let inOrder: Promise<unknown> = Promise.resolve()
  let closed = false
  const askedFor = new Set<string>()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = inOrder.then(work, work)
    inOrder = next.catch(() => undefined)
    return next
  }

  async function heard(note: SealedNote): Promise<void> {
    const parsed = contentSchema.safeParse(note.content)
    const from = parsed.success ? await desk.senderOf(note).catch(() => undefined) : undefined
    if (!parsed.success || !from || closed) return
    const others = notes.filter((one) => one.sender !== note.sender || one.id !== parsed.data.id)
    const theirs = others.filter(({ sender }) => sender === note.sender)
    const surplus = new Set(theirs.slice(0, Math.max(0, theirs.length - MAX_OF_ONE + 1)))
    notes = [
      ...others.filter((one) => !surplus.has(one)),
      { ...parsed.data, sender: note.sender, at: now() },
    ].slice(-MAX_NOTES)
    await database.put('facts', NOTES_KEY, notes).catch(() => undefined)
    version.set(version.get() + 1)
  }
  async function asked(note: SealedNote): Promise<void> {
    const parsed = requestSchema.safeParse(note.content)
    const job =
      parsed.success && jobs.find((one) => one.ref === parsed.data.id && one.all.includes(note.sender))
    const device = job && (await desk.senderOf(note).catch(() => undefined))
    if (job && device && !closed) await desk.send(DISCLOSURE, [device], contentOf(job))
  }

  const stop = desk.onNote((note) => {
    if (note.type === DISCLOSURE) void inTurn(() => heard(note))
    if (note.type === DISCLOSURE_REQUEST) void inTurn(() => asked(note)).catch(() => undefined)
  })

  /** Of each message the key of that message; of one that this device cannot open, none. */
  async function keysOf(roomId: string, events: readonly string[]) {
    const found: { event_id: string; key: string }[] = []
    for (const event_id of events) {
      const content = client.getRoom(roomId)?.findEventById(event_id)?.getWireContent()
      const { session_id, ciphertext } = content ?? {}
      if (typeof session_id !== 'string' || typeof ciphertext !== 'string') continue
      const session = await desk.sessionKey(roomId, session_id)
      const one = session && (await keyOfMessage(session, ciphertext))
      if (one) found.push({ event_id, key: one })
    }
    return found
  }

  const keepJobs = () => database.put('facts', JOBS_KEY, jobs).catch(() => undefined)

  /** Whoever has no confirmed device yet is sent it when there is one. */
  async function work(): Promise<void> {
    for (const job of jobs.filter(({ to }) => to.length > 0)) {
      if (closed) return
      const devices = await desk.devicesOf(job.to)
      if (devices.length === 0) continue
      await desk.send(DISCLOSURE, devices, contentOf(job))
      const to = job.to.filter((one) => !devices.some(({ userId }) => userId === one))
      jobs = jobs.map((one) => (one === job ? { ...job, to } : one))
      await keepJobs()
    }
  }
  const workSoon = () => inTurn(work).catch(() => undefined)

  return {
    version,
    of: (id) => notes.filter((one) => one.id === id).map(({ id: _, ...rest }): Disclosure => rest),
    async reachable(userIds) {
      return [...new Set((await desk.devicesOf(userIds)).map(({ userId }) => userId))]
    },
    async send({ ref: id, roomId, events, words, to }) {
      // Now: the message is before the reporter, and may be far back when it is sent.
      const keys = await keysOf(roomId, events)
      jobs = [...jobs, { ref: id, words, keys, to: [...to], all: [...to], at: now() }]
      await keepJobs()
      await workSoon()
    },
    async ask(id, from) {
      if (askedFor.has(id)) return
      askedFor.add(id)
      const failed = () => askedFor.delete(id)
      await desk
        .devicesOf([from])
        .then((devices) => desk.send(DISCLOSURE_REQUEST, devices, { id }))
        .catch(failed)
    },
    async handOn(id, to) {
      const keys = notes.filter((one) => one.id === id).flatMap((one) => one.keys)
      await desk.send(DISCLOSURE, await desk.devicesOf(to), { id, words: '', keys: keys.slice(0, 4) })
    },
    wake: () => void workSoon(),
    close() {
      closed = true
      stop()
    },
  }
}
