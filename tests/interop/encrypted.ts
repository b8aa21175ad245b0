/** A person's client with encryption, on whichever server: matrix-js-sdk over plain HTTP. */
import { createClient, type MatrixClient } from 'matrix-js-sdk'
import { eventually } from '../../packages/homeserver/src/testing/world.ts'
import { quiet } from '../support/sdk-client.ts'
import type { Person } from './synapse.ts'

export const texts = (client: MatrixClient, room: string) =>
  (client.getRoom(room)?.getLiveTimeline().getEvents() ?? [])
    .filter((event) => event.getType() === 'm.room.message' && !event.isDecryptionFailure())
    .map((event) => String(event.getContent()['body']))

export async function sdk(person: Person): Promise<MatrixClient> {
  const client = createClient({
    baseUrl: person.server.baseUrl,
    userId: person.userId,
    deviceId: person.deviceId,
    accessToken: person.token,
    logger: quiet,
  })
  await client.initRustCrypto({ useIndexedDB: false })
  await client.startClient({ initialSyncLimit: 20 })
  await eventually('first sync', () => client.isInitialSyncComplete())
  return client
}
