/**
 * What is over goes from this device too, and the node is told. Only the account's own node is asked: it deletes by the rules and
 * holds that it has verified itself, and what partners claim reaches no device. The node keeps the question open until this device
 * has answered, however long it was off.
 */
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import { removeKept, whatIsOverHere } from './kept-things.ts'
import type { DeviceErasure, DeviceErasures, Over } from './types.ts'

/** Account data by which the node says that there is something new. It says no more than that. */
export const ERASURES_TYPE = 'org.enlace.erasures'
/** A page that opens does not wait longer for a node that does not answer; it is asked again with the first sync. */
const FIRST_MS = 3_000
/** In `facts`: since when, and how long, nothing that this device keeps becomes over by time alone, as the node said with its last answer. */
const QUIET = 'erasures_quiet'
const DAY_MS = 86_400_000
const quietSchema = z.object({ since: z.number(), ms: z.number().positive().max(DAY_MS) })

const answerSchema = z.object({
  quiet_ms: z.number().positive().max(DAY_MS).optional().catch(undefined),
  erasures: z.array(
    z.object({
      id: z.string(),
      room_id: z.string(),
      subject: z.string(),
      until_ts: z.number().optional(),
      event_ids: z.array(z.string()),
    }),
  ),
})

async function ask(request: AuthedRequest, database: OwnDatabase): Promise<DeviceErasure[]> {
  const since = Date.now()
  const { erasures, quiet_ms: ms } = answerSchema.parse(await request('GET', `${ENLACE}/retention/erasures`))
  // What was given and not yet deleted here is over whatever the clock says.
  const quiet = erasures.length === 0 && ms !== undefined
  await (quiet ? database.put('facts', QUIET, { since, ms }) : database.remove('facts', [QUIET])).catch(
    () => undefined,
  )
  return erasures
}

async function isQuiet(database: OwnDatabase): Promise<boolean> {
  const kept = quietSchema.safeParse(await database.get('facts', QUIET).catch(() => undefined))
  if (!kept.success) return false
  const { since, ms } = kept.data
  const now = Date.now()
  return now >= since && now < since + ms
}

/** Said only once the bytes are gone; where the browser cannot do it, the device stays among those that have not confirmed. */
async function finish(
  request: AuthedRequest,
  database: OwnDatabase,
  erasures: readonly DeviceErasure[],
): Promise<void> {
  if (!(await database.rewrite())) return
  const ids = erasures.map(({ id }) => id)
  await request('POST', `${ENLACE}/retention/erasures/confirm`, { ids })
}

/**
 * Before anything that this device keeps is read. Without a connection what is kept is shown, as ever; and so it is while the node's
 * last word holds that nothing becomes over: what it says beyond that comes with the first sync, as to a page that is open.
 */
export async function removeOverFirst(request: AuthedRequest, database: OwnDatabase): Promise<void> {
  if (navigator.onLine === false || (await isQuiet(database))) return
  // The SDK has never started here: there is nothing that could be over.
  if ((await database.get('sync', 'options').catch(() => true)) === undefined) return
  let late: ReturnType<typeof setTimeout> | undefined
  const given = await Promise.race([
    ask(request, database).catch(() => []),
    new Promise<DeviceErasure[]>((resolve) => {
      late = setTimeout(() => resolve([]), FIRST_MS)
    }),
  ])
  clearTimeout(late)
  if (given.length === 0) return
  await removeKept(database, await whatIsOverHere(database, given))
  await finish(request, database, given).catch(() => undefined)
}

export function createDeviceErasures(args: {
  request: AuthedRequest
  database: OwnDatabase
  /** Whoever has some of it in memory, or writes some of it later, lets go of it. */
  forget(over: Over): Promise<void>
}): DeviceErasures {
  const { request, database, forget } = args
  const version = createStore(0)
  let running: Promise<void> | undefined
  let again = false
  let closed = false

  async function run(): Promise<void> {
    for (let last = ''; !closed; ) {
      again = false
      const given = await ask(request, database)
      // What the node goes on saying although it was told is left to the next time.
      const ids = given.map(({ id }) => id).join(' ')
      if (given.length === 0 || ids === last || closed) return
      last = ids
      const over = await whatIsOverHere(database, given)
      await forget(over)
      await removeKept(database, over)
      await finish(request, database, given)
      version.update((n) => n + 1)
    }
  }

  function look(): Promise<void> {
    again = true
    running ??= run()
      .catch(() => undefined)
      .finally(() => {
        running = undefined
        if (again && !closed) void look()
      })
    return running
  }

  return {
    version,
    look,
    close() {
      closed = true
    },
  }
}
