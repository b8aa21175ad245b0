/**
 * How far events have come, for those that stand on the screen. Asked for together, again when the node says there is
 * news or somebody has read, and now and then while something has not arrived.
 */

import { ClientEvent, type MatrixEvent, type Room, RoomEvent } from 'matrix-js-sdk'
import { createStore, type Store } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import { fetchLedger, fetchSummaries, MAX_ASKED } from '../../model/delivery/delivery-api.ts'
import type { Session } from '../../model/session/types.ts'
import type { DeliveryDeps, DeliveryModel, DeliveryView } from './types.ts'

const GATHER_MS = 60
/** Where many people read, many receipts come at once. */
const UNHURRIED_MS = 2_000
/** News may get lost: while something is not known to have arrived, it is asked for this often. */
const POLL_MS = 20_000
const MAX_KEPT = 1_000

/** Whether nothing that could still happen would change the mark. */
const finished = ({ summary }: DeliveryView) =>
  summary.state === 'read' && summary.read >= summary.institutions

export function createDelivery(deps: DeliveryDeps): DeliveryModel {
  const stores = new Map<string, Store<DeliveryView | undefined>>()
  const watched = new Map<string, Map<string, number>>()
  const due = new Map<string, number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopPolling: (() => void) | undefined
  let stop: (() => void) | undefined
  let supported = true

  const key = (roomId: string, eventId: string) => `${roomId}|${eventId}`
  function storeOf(roomId: string, eventId: string): Store<DeliveryView | undefined> {
    const id = key(roomId, eventId)
    const known = stores.get(id)
    if (known) return known
    const made = createStore<DeliveryView | undefined>(undefined)
    stores.set(id, made)
    // The oldest are dropped, unless they are on the screen.
    for (const [old] of stores) {
      if (stores.size <= MAX_KEPT) break
      const at = old.indexOf('|')
      if (!watched.get(old.slice(0, at))?.has(old.slice(at + 1))) stores.delete(old)
    }
    return made
  }

  function ask(roomId: string, waitMs: number): void {
    if (!supported || !watched.has(roomId)) return
    const at = Date.now() + waitMs
    if ((due.get(roomId) ?? Number.POSITIVE_INFINITY) <= at) return
    due.set(roomId, at)
    plan()
  }

  function plan(): void {
    clearTimeout(timer)
    timer = undefined
    if (due.size === 0) return
    timer = setTimeout(run, Math.max(0, Math.min(...due.values()) - Date.now()))
  }

  function run(): void {
    timer = undefined
    const now = Date.now()
    for (const [roomId, at] of [...due]) {
      if (at > now) continue
      due.delete(roomId)
      void load(roomId)
    }
    plan()
  }

  async function load(roomId: string): Promise<void> {
    const open = [...(watched.get(roomId)?.keys() ?? [])].filter((eventId) => {
      const known = storeOf(roomId, eventId).get()
      return known === undefined || !finished(known)
    })
    // The newest stand last.
    const asked = open.slice(-MAX_ASKED)
    if (asked.length === 0) return
    try {
      const answer = await deps.fetch(roomId, asked)
      if (answer === undefined) {
        supported = false
        return
      }
      for (const eventId of asked) {
        const summary = answer.events[eventId]
        if (summary) set(storeOf(roomId, eventId), { summary, names: answer.names })
      }
    } catch {
      // No network: what is known stands, and the next news or poll asks again.
    }
  }

  function set(store: Store<DeliveryView | undefined>, next: DeliveryView): void {
    if (JSON.stringify(store.get()) !== JSON.stringify(next)) store.set(next)
  }

  function start(): void {
    stop ??= deps.onNews((roomId, urgent = true) => {
      const wait = urgent ? GATHER_MS : UNHURRIED_MS
      for (const one of roomId === undefined ? watched.keys() : [roomId]) ask(one, wait)
    })
    stopPolling ??= everyWhileSeen(POLL_MS, () => {
      for (const [roomId, events] of watched) {
        const arrived = [...events.keys()].every((eventId) => {
          const state = storeOf(roomId, eventId).get()?.summary.state
          return state !== undefined && state !== 'sent' && state !== 'undelivered'
        })
        if (!arrived) ask(roomId, 0)
      }
    })
  }

  return {
    of: storeOf,
    ledger: deps.fetchLedger,
    watch(roomId, eventId) {
      const events = watched.get(roomId) ?? new Map<string, number>()
      watched.set(roomId, events)
      events.set(eventId, (events.get(eventId) ?? 0) + 1)
      start()
      ask(roomId, GATHER_MS)
      return () => {
        const left = (events.get(eventId) ?? 1) - 1
        if (left > 0) events.set(eventId, left)
        else events.delete(eventId)
        if (events.size > 0 || watched.get(roomId) !== events) return
        watched.delete(roomId)
        due.delete(roomId)
        if (watched.size > 0) return
        stop?.()
        stop = undefined
        stopPolling?.()
        stopPolling = undefined
        clearTimeout(timer)
        timer = undefined
      }
    },
  }
}

const models = new WeakMap<Session, DeliveryModel>()

/** One per session. It does nothing while no mark is on the screen. */
export function deliveryOf(session: Session): DeliveryModel {
  const known = models.get(session)
  if (known) return known
  const made = createDelivery({
    fetch: (roomId, eventIds) => fetchSummaries(session.request, roomId, eventIds),
    fetchLedger: (roomId, eventId) => fetchLedger(session.request, roomId, eventId),
    onNews(listener) {
      const { client } = session
      const onEvent = (event: MatrixEvent) => {
        if (event.getType() !== 'org.enlace.delivery') return
        const roomId: unknown = event.getContent()['room_id']
        if (typeof roomId === 'string') listener(roomId)
      }
      const onReceipt = (_event: MatrixEvent, room: Room) => listener(room.roomId, false)
      const onVisible = () => document.visibilityState === 'visible' && listener()
      client.on(ClientEvent.Event, onEvent)
      client.on(RoomEvent.Receipt, onReceipt)
      document.addEventListener('visibilitychange', onVisible)
      const stopConnection = session.connection.subscribe(() => {
        if (session.connection.get() === 'online') listener()
      })
      return () => {
        client.off(ClientEvent.Event, onEvent)
        client.off(RoomEvent.Receipt, onReceipt)
        document.removeEventListener('visibilitychange', onVisible)
        stopConnection()
      }
    },
  })
  models.set(session, made)
  return made
}
