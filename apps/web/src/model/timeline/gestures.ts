import type { MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import { sendingBackoff } from '../../lib/backoff.ts'
import { failureOf, isTemporary } from '../../lib/failure.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import type { Gesture, Gestures } from './types.ts'

const SLOT = 'gestures'
const keptSchema = z.array(
  z.object({
    id: z.string(),
    roomId: z.string(),
    eventId: z.string(),
    notBefore: z.number(),
    act: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('react'), key: z.string() }),
      z.object({ kind: z.literal('remove'), files: z.array(z.string()) }),
    ]),
  }),
)

/** Small things done to messages: they wait on disk for their moment and for the network, as messages do. */
export async function createGestures(
  client: Pick<MatrixClient, 'getRoom'>,
  request: AuthedRequest,
  database: Pick<OwnDatabase, 'get' | 'put'>,
): Promise<Gestures> {
  const kept = keptSchema.safeParse(await database.get('facts', SLOT).catch(() => undefined))
  const all = createStore<readonly Gesture[]>(
    (kept.success ? kept.data : []).map((one) => ({ ...one, state: 'waiting' })),
  )
  const backoff = sendingBackoff()
  let timer: ReturnType<typeof setTimeout> | undefined
  let busy = false
  let closed = false
  let writing: Promise<void> = Promise.resolve()

  /** Those that the server has are not kept: what they did comes with the sync. */
  function persist(): Promise<void> {
    const waiting = all
      .get()
      .filter((one) => one.state !== 'done')
      .map(({ id, roomId, eventId, notBefore, act }) => ({ id, roomId, eventId, notBefore, act }))
    writing = writing.then(() => database.put('facts', SLOT, waiting)).catch(() => undefined)
    return writing
  }
  const change = (id: string, fields: Partial<Gesture>) =>
    all.update((list) => list.map((one) => (one.id === id ? { ...one, ...fields } : one)))
  const drop = (id: string) => all.update((list) => list.filter((one) => one.id !== id))
  const next = () =>
    [...all.get()].filter((one) => one.state === 'waiting').sort((a, b) => a.notBefore - b.notBefore)[0]

  function plan(waitMs?: number): void {
    clearTimeout(timer)
    const first = next()
    if (!first || closed) return
    timer = setTimeout(() => void work(), waitMs ?? Math.max(0, first.notBefore - Date.now()))
  }

  async function work(): Promise<void> {
    if (busy || closed) return
    busy = true
    let wait: number | undefined
    try {
      for (let one = next(); one && one.notBefore <= Date.now() && !closed; one = next()) {
        change(one.id, { state: 'sending' })
        try {
          const sent = await send(one)
          backoff.reset()
          if (isHere({ ...one, sent })) drop(one.id)
          else change(one.id, { state: 'done', sent })
        } catch (error) {
          const failure = failureOf(error)
          if (isTemporary(failure)) {
            change(one.id, { state: 'waiting' })
            wait = backoff.next(failure)
            break
          }
          // Somebody else was quicker, or the rules say no: of a removal the person is told.
          if (one.act.kind === 'remove') change(one.id, { state: 'failed', failure })
          else drop(one.id)
        }
        await persist()
      }
    } finally {
      busy = false
      plan(wait)
    }
  }

  /** Not through the SDK, whose own copy of a thing that failed stays in the room. @returns the event's id */
  async function send({ id, roomId, eventId, act }: Gesture): Promise<string> {
    const room = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`
    const answer =
      act.kind === 'react'
        ? await request('PUT', `${room}/send/m.reaction/${id}`, {
            'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key: act.key },
          })
        : // No reason: redactions travel unencrypted.
          await request('PUT', `${room}/redact/${encodeURIComponent(eventId)}/${id}`, {})
    // The server cannot see which files the message carried. What stays behind is unreadable without its key.
    if (act.kind === 'remove')
      for (const file of act.files)
        void request('DELETE', `${ENLACE}/media/${encodeURIComponent(file)}`).catch(() => undefined)
    const parsed = z.object({ event_id: z.string() }).safeParse(answer)
    return parsed.success ? parsed.data.event_id : ''
  }

  function isHere(one: Gesture): boolean {
    const room = client.getRoom(one.roomId)
    if (!room) return false
    if (one.act.kind === 'remove') return room.findEventById(one.eventId)?.isRedacted() === true
    return one.sent !== undefined && room.findEventById(one.sent) !== undefined
  }

  async function add(roomId: string, eventId: string, act: Gesture['act'], delayMs: number) {
    const same = all
      .get()
      .find((one) => one.eventId === eventId && JSON.stringify(one.act) === JSON.stringify(act))
    if (same && same.state !== 'failed') return
    if (same) drop(same.id)
    all.update((list) => [
      ...list,
      {
        id: `g${crypto.randomUUID()}`,
        roomId,
        eventId,
        notBefore: Date.now() + delayMs,
        act,
        state: 'waiting',
      },
    ])
    await persist()
    plan()
  }

  plan()
  return {
    all,
    react: (roomId, eventId, key) => add(roomId, eventId, { kind: 'react', key }, 0),
    remove: (roomId, eventId, { files = [], delayMs = 0 } = {}) =>
      add(roomId, eventId, { kind: 'remove', files: [...files] }, delayMs),
    undo(id) {
      const one = all.get().find((each) => each.id === id)
      if (!one || one.state === 'sending' || one.state === 'done') return false
      drop(id)
      void persist()
      plan()
      return true
    },
    arrived() {
      for (const one of all.get()) if (one.state === 'done' && isHere(one)) drop(one.id)
    },
    wake() {
      backoff.reset()
      plan()
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
