import type { MatrixClient } from 'matrix-js-sdk'
import type { OwnDatabase } from '../../lib/own-database.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { createGestures } from './gestures.ts'
import { createMarked } from './marked.ts'
import { createThreadReading } from './thread-reading.ts'
import type { BesideMessages } from './types.ts'

/** What people do with messages beside writing them. Made before the first sync, which brings receipts and account data. */
export async function createBesideMessages(
  client: MatrixClient,
  userId: string,
  request: AuthedRequest,
  database: OwnDatabase,
): Promise<{ parts: BesideMessages; close(): void }> {
  const parts: BesideMessages = {
    gestures: await createGestures(client, request, database),
    threads: createThreadReading(client, userId, request),
    marked: createMarked(client, userId),
  }
  return {
    parts,
    close() {
      for (const part of Object.values(parts)) part.close()
    },
  }
}
