import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from 'matrix-js-sdk'
import { viewOf } from '../timeline/event-view.ts'
import { plainTextOf } from '../timeline/message-excerpt.ts'
import type { EventView } from '../timeline/types.ts'
import type { SearchableKind, SearchIndex } from './types.ts'

/** What is read, edited or taken back on this device is found, or found no more; of a channel one has left nothing is. */
export function followWords(
  client: MatrixClient,
  searchIndex: SearchIndex,
  textFiles: { read(roomId: string, view: EventView): void },
): { index(event: MatrixEvent): void; stop(): void } {
  const index = (event: MatrixEvent) => {
    const roomId = event.getRoomId()
    const view = viewOf(event, roomId ? client.getRoom(roomId) : null)
    if (!view || !roomId) return
    indexView(searchIndex, roomId, view)
    textFiles.read(roomId, view)
  }
  const takenBack = (event: MatrixEvent, _room: Room) => {
    const target = event.event.redacts ?? event.getContent()['redacts']
    if (typeof target === 'string') searchIndex.remove(target)
  }
  const moved = (room: Room, membership: string) => {
    if (membership === 'leave' || membership === 'ban') void searchIndex.forgetRoom(room.roomId)
  }
  client.on(MatrixEventEvent.Decrypted, index)
  client.on(MatrixEventEvent.Replaced, index)
  client.on(RoomEvent.Redaction, takenBack)
  client.on(RoomEvent.MyMembership, moved)
  return {
    index,
    stop() {
      client.off(MatrixEventEvent.Decrypted, index)
      client.off(MatrixEventEvent.Replaced, index)
      client.off(RoomEvent.Redaction, takenBack)
      client.off(RoomEvent.MyMembership, moved)
    },
  }
}

export function indexView(
  searchIndex: Pick<SearchIndex, 'put' | 'remove'>,
  roomId: string,
  view: EventView,
): void {
  const { id, sender, ts, body, thread } = view
  const put = (text: string, kind: SearchableKind) =>
    searchIndex.put({ id, roomId, sender, ts, text, kind, ...(thread ? { thread } : {}) })
  if (view.redacted || body?.type === 'unencrypted') searchIndex.remove(id)
  else if (body?.type === 'text') put(plainTextOf(body), 'text')
  else if (body?.type === 'place') put(body.words, 'text')
  else if (body?.type === 'card')
    put([body.name, body.service, body.place, ...body.phones].filter(Boolean).join(' · '), 'text')
  else if (body && 'file' in body)
    put([body.caption, body.name].filter(Boolean).join(' '), body.type === 'image' ? 'image' : 'file')
}
