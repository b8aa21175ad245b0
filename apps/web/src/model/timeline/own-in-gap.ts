/**
 * Somebody comes back after a long while and writes before their client has what came meanwhile. The sync that brings it begins
 * in the middle, and holds the message they wrote: the SDK finds that one in its timeline, takes it for the place where the two
 * meet, and passes over everything that came before it. So what was written here gives up its place before such a sync is read:
 * it comes with it, where the server put it.
 */
import type { MatrixClient } from 'matrix-js-sdk'
import type { ISyncResponse } from 'matrix-js-sdk/lib/sync-accumulator.js'

/** Once for a client, before it starts. */
export function keepGaps(client: MatrixClient): void {
  const { http } = client
  const send = http.authedRequest.bind(http)
  const sendAndLook = async (...args: Parameters<typeof send>) => {
    const answer = await send(...args)
    if (args[1] === '/sync') makeRoom(client, answer as Partial<ISyncResponse>)
    return answer
  }
  http.authedRequest = sendAndLook as typeof send
}

function makeRoom(client: MatrixClient, { rooms }: Partial<ISyncResponse>): void {
  for (const [roomId, { timeline }] of Object.entries(rooms?.join ?? {})) {
    if (!timeline?.limited) continue
    const room = client.getRoom(roomId)
    for (const { unsigned } of timeline.events) {
      // Only this device's own messages have one.
      const written = unsigned?.transaction_id && room?.getEventForTxnId(unsigned.transaction_id)
      if (room && written) room.removeEvent(written.getId()!)
    }
  }
}
