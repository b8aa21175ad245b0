import { EventStatus, type MatrixClient } from 'matrix-js-sdk'

/**
 * Sends an event that whoever asks keeps until it is sent, and asks for again under the same transaction. The SDK keeps an echo of what
 * it could not send and refuses another event of that transaction: none is left. So it is encrypted anew for those who are members
 * then, and stands where the server puts it.
 */
export async function sendAnew(
  client: Pick<MatrixClient, 'sendEvent' | 'getRoom' | 'cancelPendingEvent'>,
  roomId: string,
  type: string,
  content: object,
  txnId: string,
): Promise<string> {
  try {
    return (await client.sendEvent(roomId, type as never, content as never, txnId)).event_id
  } catch (error) {
    const room = client.getRoom(roomId)
    const echo = room?.getEventForTxnId(txnId)
    if (room && echo?.status === EventStatus.NOT_SENT) {
      client.cancelPendingEvent(echo)
      // The SDK forgets to take it out of this map when it is cancelled.
      const known = room as unknown as { txnToEvent: Map<string, unknown> }
      known.txnToEvent.delete(txnId)
    }
    throw error
  }
}
