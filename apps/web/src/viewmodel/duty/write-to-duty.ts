import { ClientEvent, type MatrixClient, type Room } from 'matrix-js-sdk'
import { type DutyNow, fetchDutyNow, writeToDuty } from '../../model/duty/duty-api.ts'
import type { Session } from '../../model/session/types.ts'

const PATIENCE_MS = 15_000

export const nowAt = (
  session: Pick<Session, 'request'>,
  institution: string,
  topic?: string,
): Promise<DutyNow> => fetchDutyNow(session.request, institution, topic)

/** Opens the conversation. @returns its room, once this device has it and knows that it is encrypted */
export async function writeTo(
  session: Pick<Session, 'request' | 'client'>,
  institution: string,
  position: string,
): Promise<string> {
  const roomId = await writeToDuty(session.request, institution, position)
  await arrived(session.client, roomId)
  return roomId
}

/** The room comes by sync; opened before, it would look like one that is not there. */
export function arrived(client: MatrixClient, roomId: string): Promise<void> {
  const here = () => client.getRoom(roomId)?.hasEncryptionStateEvent() === true
  if (here()) return Promise.resolve()
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer)
      client.off(ClientEvent.Room, look)
      client.off(ClientEvent.Sync, look)
      done()
    }
    const look = (_?: Room | unknown) => here() && end()
    const timer = setTimeout(end, PATIENCE_MS)
    client.on(ClientEvent.Room, look)
    client.on(ClientEvent.Sync, look)
  })
}
