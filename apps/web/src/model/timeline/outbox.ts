import type { MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import { type Backoff, sendingBackoff } from '../../lib/backoff.ts'
import { type Failure, failureOf, isTemporary } from '../../lib/failure.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { createStore } from '../../lib/store.ts'
import { outgoingFile } from '../media/outgoing-file.ts'
import { sealAttachment, sealedSchema, sendAttachment } from '../media/sealed-attachment.ts'
import type { OutgoingAttachment } from '../media/types.ts'
import { MAX_ATTACHMENT_BYTES } from './media.ts'
import { contentSchema, type OutgoingContent } from './outgoing.ts'
import type { Media, Outbox, OutboxEntry, SealedSending } from './types.ts'

const entrySchema = z.object({
  txnId: z.string(),
  roomId: z.string(),
  createdAt: z.number(),
  content: contentSchema,
  attachment: z
    .object({
      blob: z.instanceof(Blob).optional(),
      sealed: sealedSchema.optional(),
      poster: z.object({ blob: z.instanceof(Blob), width: z.number(), height: z.number() }).optional(),
      name: z.string(),
      type: z.string(),
    })
    .optional(),
  failed: z.boolean().optional(),
})

const MAX_ENTRIES = 500
/** In `facts`: what was begun of a file, apart from the file, which is large. */
const uploadSlot = (txnId: string, part: 'main' | 'thumbnail') => `upload ${txnId} ${part}`

export async function createOutbox(
  client: MatrixClient,
  media: Media,
  database: OwnDatabase,
  sealed: SealedSending,
): Promise<Outbox> {
  const kept = (await database.all('outbox')).flatMap((value) => {
    const parsed = entrySchema.safeParse(value)
    return parsed.success ? [parsed.data] : []
  })
  kept.sort((a, b) => a.createdAt - b.createdAt)
  const entries = createStore<readonly OutboxEntry[]>(
    kept.map(({ failed, ...entry }) => ({ ...entry, state: failed ? 'failed' : 'queued' })),
  )
  const cancels = new Map<string, AbortController>()
  const busy = new Set<string>()
  const backoffs = new Map<string, Backoff>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let closed = false

  const find = (txnId: string) => entries.get().find((entry) => entry.txnId === txnId)
  const change = (txnId: string, fields: Partial<OutboxEntry>) =>
    entries.update((all) => all.map((entry) => (entry.txnId === txnId ? { ...entry, ...fields } : entry)))
  /** Later than every waiting message, even when the phone's clock was set back: after a reload they are sent in this order. */
  const nextTime = () => Math.max(Date.now(), ...entries.get().map((entry) => entry.createdAt + 1))
  const drop = (txnId: string) => entries.update((all) => all.filter((entry) => entry.txnId !== txnId))
  const persist = (entry: OutboxEntry) =>
    database.put('outbox', entry.txnId, {
      txnId: entry.txnId,
      roomId: entry.roomId,
      createdAt: entry.createdAt,
      content: entry.content,
      ...(entry.attachment ? { attachment: entry.attachment } : {}),
      ...(entry.state === 'failed' ? { failed: true } : {}),
    })

  async function add(
    roomId: string,
    content: OutgoingContent,
    attachment?: OutgoingAttachment,
    unkept = false,
  ): Promise<void> {
    if (entries.get().length >= MAX_ENTRIES) throw new Error('Too many messages are waiting to be sent.')
    const entry: OutboxEntry = {
      txnId: `e${crypto.randomUUID()}`,
      roomId,
      createdAt: nextTime(),
      content,
      ...(attachment ? { attachment } : {}),
      state: 'queued',
    }
    // On disk before it is shown; where there is no room for it, only if the person said so.
    await persist(entry).catch((error: unknown) => {
      if (!unkept || failureOf(error).kind !== 'storage_full') throw error
    })
    entries.update((all) => [...all, entry])
    void work(roomId)
  }

  /** One message of a channel at a time, in order; a failed one does not hold up the next. */
  async function work(roomId: string): Promise<void> {
    if (busy.has(roomId) || closed) return
    busy.add(roomId)
    try {
      for (;;) {
        const next = entries.get().find((entry) => entry.roomId === roomId && entry.state === 'queued')
        if (!next || closed) return
        const failure = await attempt(next)
        if (failure === undefined) {
          backoffs.delete(roomId)
          continue
        }
        if (isTemporary(failure)) {
          change(next.txnId, { state: 'queued', failure, progress: undefined })
          later(roomId, failure)
          return
        }
        const failed: OutboxEntry = { ...next, state: 'failed', failure }
        if (find(next.txnId)) {
          await persist(failed).catch(roomOrNot)
          change(next.txnId, { state: 'failed', failure, progress: undefined })
        }
      }
    } finally {
      busy.delete(roomId)
    }
  }

  function later(roomId: string, failure: Failure): void {
    const backoff = backoffs.get(roomId) ?? sendingBackoff()
    backoffs.set(roomId, backoff)
    const timer = setTimeout(() => {
      timers.delete(timer)
      void work(roomId)
    }, backoff.next(failure))
    timers.add(timer)
  }

  /** @returns the failure, or undefined when the server has it or the person withdrew it */
  async function attempt(entry: OutboxEntry): Promise<Failure | undefined> {
    const cancel = new AbortController()
    cancels.set(entry.txnId, cancel)
    change(entry.txnId, { state: 'sending', failure: undefined })
    try {
      let content = entry.content
      if (entry.attachment) {
        // Not even ciphertext is uploaded for a room to which nothing goes now.
        const hold = await sealed.check(entry.roomId)
        if (hold) return { kind: 'held', hold }
        content = await withAttachment(entry, cancel.signal)
        // Uploaded: if sending fails now, the upload is not repeated.
        const { attachment: _sent, ...rest } = entry
        await persist({ ...rest, content }).catch(roomOrNot)
        change(entry.txnId, { content, attachment: undefined, progress: undefined })
        forgetUploads(entry.txnId)
      }
      if (cancel.signal.aborted) return undefined
      const event_id = await sealed.send(entry.roomId, 'm.room.message', content, entry.txnId)
      media.carriedBy(event_id, content)
      await database.remove('outbox', [entry.txnId])
      const room = client.getRoom(entry.roomId)
      const echo = room?.findEventById(event_id)
      if (echo && echo.status === null) drop(entry.txnId)
      else change(entry.txnId, { state: 'accepted', eventId: event_id })
      return undefined
    } catch (error) {
      const failure = failureOf(error)
      return failure.kind === 'cancelled' ? undefined : failure
    } finally {
      cancels.delete(entry.txnId)
    }
  }

  /** Sealed once and on disk like that, then to the server, each from where it was cut. */
  async function withAttachment(
    { txnId, roomId, content, attachment }: OutboxEntry,
    signal: AbortSignal,
  ): Promise<OutgoingContent> {
    const { name, type, blob, poster } = attachment!
    const onProgress = (progress: number) => change(txnId, { progress })
    onProgress(0)
    let { sealed: ready } = attachment!
    if (!ready) {
      if (!blob) throw new Error('The file of this message is not there any more.')
      ready = await sealAttachment({ blob, type, poster }, content)
      const kept = { name, type, sealed: ready }
      const now = find(txnId)
      if (now) await persist({ ...now, attachment: kept }).catch(roomOrNot)
      change(txnId, { attachment: kept })
    }
    return sendAttachment(content, name, ready, onProgress, async (part, bytes, told) => {
      const slot = uploadSlot(txnId, part)
      const begun = await database.get('facts', slot).catch(() => undefined)
      return media.sendSealed(bytes, {
        roomId,
        signal,
        onProgress: told,
        begun: typeof begun === 'string' ? begun : undefined,
        onBegun: (upload) => database.put('facts', slot, upload).catch(roomOrNot),
      })
    })
  }

  function forgetUploads(txnId: string): void {
    const slots = (['main', 'thumbnail'] as const).map((part) => uploadSlot(txnId, part))
    void database.remove('facts', slots).catch(() => undefined)
  }

  /** What the server has of a message that is not sent after all. */
  async function abandonUploads(txnId: string): Promise<void> {
    for (const part of ['main', 'thumbnail'] as const) {
      const upload = await database.get('facts', uploadSlot(txnId, part)).catch(() => undefined)
      if (typeof upload === 'string') media.abandon(upload)
    }
    forgetUploads(txnId)
  }

  const wake = () => {
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
    backoffs.clear()
    for (const roomId of new Set(entries.get().map((entry) => entry.roomId))) void work(roomId)
  }

  const stopWatching = sealed.version.subscribe(() => {
    const held = entries.get().filter((entry) => entry.failure?.kind === 'held' && entry.state === 'queued')
    for (const roomId of new Set(held.map((entry) => entry.roomId))) void work(roomId)
  })

  return {
    entries,
    send: (roomId, content, unkept) => add(roomId, content, undefined, unkept),
    async sendFile(roomId, file, options = {}) {
      if (file.size > MAX_ATTACHMENT_BYTES) return 'too_large'
      const { content, attachment } = outgoingFile(file, options)
      await add(roomId, content, attachment)
      return 'ok'
    },
    retry(txnId) {
      const entry = find(txnId)
      if (entry?.state !== 'failed') return
      change(txnId, { state: 'queued', failure: undefined })
      void persist({ ...entry, state: 'queued' })
        .catch(roomOrNot)
        .then(() => work(entry.roomId))
    },
    async discard(txnId) {
      cancels.get(txnId)?.abort()
      await database.remove('outbox', [txnId])
      drop(txnId)
      await abandonUploads(txnId)
    },
    arrived(eventId, txnId) {
      const entry = entries
        .get()
        .find((one) => one.eventId === eventId || (txnId !== undefined && one.txnId === txnId))
      if (entry) {
        void database.remove('outbox', [entry.txnId])
        drop(entry.txnId)
      }
    },
    wake,
    close() {
      closed = true
      stopWatching()
      for (const timer of timers) clearTimeout(timer)
      for (const cancel of cancels.values()) cancel.abort()
    },
  }
}

/** What is on its way is not stopped because the device is full: the copy on disk is an older one, of the same transaction. */
function roomOrNot(error: unknown): void {
  if (failureOf(error).kind !== 'storage_full') throw error
}
