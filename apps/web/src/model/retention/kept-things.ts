/** Takes what is over out of everything that this device keeps of the account, before any of it is shown. */
import { z } from 'zod'
import type { OwnDatabase, OwnStore } from '../../lib/own-database.ts'
import { casesIn, emptySync, relatedTo, whatIsOver } from './over.ts'
import type { DeviceErasure, Over } from './types.ts'

const message = z.looseObject({ id: z.string(), roomId: z.string(), ts: z.number() })
const caseFile = z.looseObject({ id: z.string() })
const caseDetails = z.looseObject({ caseId: z.string() })
const caseDraft = z.looseObject({
  id: z.string(),
  roomId: z.string(),
  updatedAt: z.number(),
  eventId: z.string().optional(),
})
const outgoing = z.looseObject({
  txnId: z.string(),
  roomId: z.string(),
  createdAt: z.number(),
  content: z.unknown(),
})
/** `slot`: where a channel keeps more than what was typed. */
const composed = z.looseObject({ roomId: z.string(), at: z.number(), slot: z.string().optional() })

type Saved = { roomsData?: object }

export async function whatIsOverHere(
  database: OwnDatabase,
  erasures: readonly DeviceErasure[],
): Promise<Over> {
  const saved = (await database.get('sync', 'saved')) as Saved | undefined
  const known = new Set(casesIn(saved?.roomsData))
  for (const { id } of await all(database, 'case_files', caseFile)) known.add(id)
  for (const { caseId } of await all(database, 'case_details', caseDetails)) known.add(caseId)
  return whatIsOver(erasures, (id) => known.has(id))
}

/** Nobody may write meanwhile what was read before: whoever is open has forgotten it already. */
export async function removeKept(database: OwnDatabase, over: Over): Promise<void> {
  const remove = async <T>(
    store: OwnStore,
    schema: z.ZodType<T>,
    keyOf: (value: T) => string,
    isOver: (value: T) => boolean,
  ) => {
    const keys = (await all(database, store, schema)).filter(isOver).map(keyOf)
    if (keys.length > 0) await database.remove(store, keys)
  }
  await remove(
    'messages',
    message,
    ({ id }) => id,
    ({ id, roomId, ts }) => over.written(roomId, id, ts),
  )
  await remove(
    'case_files',
    caseFile,
    ({ id }) => id,
    ({ id }) => over.cases.has(id),
  )
  await remove(
    'case_details',
    caseDetails,
    ({ caseId }) => caseId,
    ({ caseId }) => over.cases.has(caseId),
  )
  await remove(
    'case_drafts',
    caseDraft,
    ({ id }) => id,
    ({ eventId, roomId, updatedAt }) =>
      (eventId !== undefined && over.cases.has(eventId)) || over.written(roomId, undefined, updatedAt),
  )
  await remove(
    'outbox',
    outgoing,
    ({ txnId }) => txnId,
    ({ roomId, createdAt, content }) =>
      over.cases.has(relatedTo(content) ?? '') || over.written(roomId, undefined, createdAt),
  )
  await remove(
    'drafts',
    composed,
    ({ roomId, slot }) => slot ?? roomId,
    ({ roomId, at }) => over.written(roomId, undefined, at),
  )
  const saved = (await database.get('sync', 'saved')) as Saved | undefined
  if (saved && emptySync(saved.roomsData, over) > 0) await database.put('sync', 'saved', saved)
}

async function all<T>(database: OwnDatabase, store: OwnStore, schema: z.ZodType<T>): Promise<T[]> {
  return (await database.all(store)).flatMap((value) => {
    const parsed = schema.safeParse(value)
    return parsed.success ? [parsed.data] : []
  })
}
