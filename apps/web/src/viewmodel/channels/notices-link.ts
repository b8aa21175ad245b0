/**
 * The page's side of notices about messages. It tells the service worker what to call a channel, opens what was tapped, sends what
 * was answered in a notice, takes notices back that were read, and says itself who was mentioned: the node cannot.
 *
 * Names of people are left out of what the worker keeps: it lies on the disk in the clear, and a notice stands on a locked screen.
 */
import { topicLabel } from '@enlace/coordination'
import { type MatrixEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import { noticeLevelOf } from '../../model/channels/room-prefs.ts'
import type { Session } from '../../model/session/types.ts'
import { language } from '../../words/language.ts'
import { parsePath, pathOf } from '../session/router.ts'
import type { Router } from '../session/types.ts'
import type { Channel, ChannelsModel, ChannelsState } from './types.ts'

const NAMES = '/__enlace/notices.json'
const CACHE = 'enlace-notices'

const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('enlace-open'), path: z.string() }),
  z.object({ type: z.literal('enlace-reply'), path: z.string(), text: z.string().min(1).max(20_000) }),
])

export const allChannels = (state: ChannelsState): Channel[] => [
  ...state.corridors.flatMap((corridor) => corridor.channels),
  ...state.conversations,
  ...state.archived,
]

/** What a badge counts: what is silent is left out. */
export const totalUnread = (state: ChannelsState): number =>
  allChannels(state).reduce(
    (sum, one) => sum + (one.muted ? 0 : Math.max(one.unread, Number(one.markedUnread))),
    0,
  ) + state.invites.length

/** As the node makes it (`notices/` there). */
export async function roomMark(roomId: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(roomId)))
  const text = btoa(String.fromCharCode(...digest))
  return text.replaceAll('+', '-').replaceAll('/', '_').slice(0, 22)
}

export type WorkerNames = { language: string; rooms: Record<string, { label?: string; path: string }> }

/** Topics, which are public words; of conversations only that they are ones. */
export async function namesFor(
  channels: readonly Pick<Channel, 'roomId' | 'known' | 'topic'>[],
  tongue: 'es' | 'en',
): Promise<WorkerNames> {
  const rooms: WorkerNames['rooms'] = {}
  for (const { roomId, known, topic } of channels)
    rooms[await roomMark(roomId)] = {
      path: pathOf({ page: 'channel', roomId }),
      ...(known ? { label: topicLabel(topic)[tongue] } : {}),
    }
  return { language: tongue, rooms }
}

export function linkNotices(
  session: Session,
  channels: Pick<ChannelsModel, 'state'>,
  router: Router,
): { close(): void } {
  const worker = 'serviceWorker' in navigator ? navigator.serviceWorker : undefined
  if (!worker || !('caches' in globalThis)) return { close: () => undefined }
  let told = ''
  let shownAsRead = new Set<string>()

  const refresh = async () => {
    const state = channels.state.get()
    const all = allChannels(state)
    const names = JSON.stringify(await namesFor([...all, ...state.invites], language.get()))
    if (names !== told) {
      told = names
      await (await caches.open(CACHE)).put(NAMES, new Response(names))
    }
    const read = new Set(all.filter((one) => one.unread === 0).map((one) => one.roomId))
    const fresh = [...read].filter((one) => !shownAsRead.has(one))
    shownAsRead = read
    const registration = fresh.length > 0 ? await worker.getRegistration() : undefined
    for (const roomId of fresh)
      for (const one of (await registration?.getNotifications({ tag: `room-${await roomMark(roomId)}` })) ??
        [])
        one.close()
  }
  const look = () => void refresh().catch(() => undefined)

  const onMessage = (event: MessageEvent) => {
    const said = messageSchema.safeParse(event.data)
    const route = said.success ? parsePath(said.data.path) : undefined
    if (!said.success || route?.page !== 'channel') return
    if (said.data.type === 'enlace-open') router.go(route)
    else
      void session.outbox
        .send(route.roomId, { msgtype: 'm.text', body: said.data.text })
        .catch(() => undefined)
  }

  /** Of a channel that tells of mentions alone, while nobody looks at the page. */
  async function mention(event: MatrixEvent): Promise<void> {
    const room = session.client.getRoom(event.getRoomId())
    if (!room || document.visibilityState === 'visible' || event.getSender() === session.userId) return
    if (noticeLevelOf(session.client, room) !== 'mentions') return
    const mentioned = z.object({ user_ids: z.array(z.string()) }).safeParse(event.getContent()['m.mentions'])
    if (!mentioned.success || !mentioned.data.user_ids.includes(session.userId)) return
    const mark = await roomMark(room.roomId)
    const registration = await worker?.getRegistration()
    registration?.active?.postMessage({ type: 'enlace-mention', room: mark })
  }
  const onDecrypted = (event: MatrixEvent) => void mention(event).catch(() => undefined)
  const onTimeline = (event: MatrixEvent, _room: unknown, toStart?: boolean) => {
    if (!toStart && !event.isBeingDecrypted()) onDecrypted(event)
  }

  worker.addEventListener('message', onMessage)
  session.client.on(MatrixEventEvent.Decrypted, onDecrypted)
  session.client.on(RoomEvent.Timeline, onTimeline as never)
  const stops = [channels.state.subscribe(look), language.subscribe(look)]
  look()
  return {
    close() {
      worker.removeEventListener('message', onMessage)
      session.client.off(MatrixEventEvent.Decrypted, onDecrypted)
      session.client.off(RoomEvent.Timeline, onTimeline as never)
      for (const stop of stops) stop()
      void caches.delete(CACHE)
    },
  }
}
