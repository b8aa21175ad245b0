import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from 'matrix-js-sdk'
import { viewOf } from '../timeline/event-view.ts'
import type { SearchIndex } from './types.ts'

/** What is read, edited or taken back on this device is found, or found no more. */
export function followWords(
  client: MatrixClient,
  searchIndex: SearchIndex,
): { index(event: MatrixEvent): void; stop(): void } {
  const index = (event: MatrixEvent) => {
    const roomId = event.getRoomId()
    const view = viewOf(event, roomId ? client.getRoom(roomId) : null)
    if (!view || !roomId) return
    const { id, sender, ts, body } = view
    const put = (text: string) => searchIndex.put({ id, roomId, sender, ts, text })
    if (view.redacted || body?.type === 'unencrypted') searchIndex.remove(id)
    else if (body?.type === 'text') put(body.text)
    else if (body && 'file' in body) put([body.caption, body.name].filter(Boolean).join(' '))
  }
  const takenBack = (event: MatrixEvent, _room: Room) => {
    const target = event.event.redacts ?? event.getContent()['redacts']
    if (typeof target === 'string') searchIndex.remove(target)
  }
  client.on(MatrixEventEvent.Decrypted, index)
  client.on(MatrixEventEvent.Replaced, index)
  client.on(RoomEvent.Redaction, takenBack)
  return {
    index,
    stop() {
      client.off(MatrixEventEvent.Decrypted, index)
      client.off(MatrixEventEvent.Replaced, index)
      client.off(RoomEvent.Redaction, takenBack)
    },
  }
}
