import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'

const FACT = 'search-back'

/**
 * What has been looked at of a channel: from `from` back to `to`, in milliseconds since the Unix epoch; what is older
 * begins at `token`, absent where there is nothing older.
 */
const spanSchema = z.object({ from: z.number(), to: z.number(), token: z.string().optional() })
const spansSchema = z.record(z.string(), spanSchema)
export type LookedSpan = z.output<typeof spanSchema>

/** By channel. What cannot be read is looked at again. */
export async function readLookedBack(
  database: Pick<OwnDatabase, 'get'>,
): Promise<Record<string, LookedSpan>> {
  const parsed = spansSchema.safeParse(await database.get('facts', FACT).catch(() => undefined))
  return parsed.success ? parsed.data : {}
}

export async function writeLookedBack(
  database: Pick<OwnDatabase, 'put'>,
  spans: Record<string, LookedSpan>,
): Promise<void> {
  await database.put('facts', FACT, spans).catch(() => undefined)
}

export const forgetLookedBack = (database: Pick<OwnDatabase, 'remove'>) => database.remove('facts', [FACT])
