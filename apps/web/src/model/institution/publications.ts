import { institutionPublicationSchema } from '@enlace/trust/browser'
import { z } from 'zod'
import { type Failure, failureOf, isTemporary } from '../../lib/failure.ts'
import { keptChanges } from '../../lib/kept-changes.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'
import { createShared } from '../../lib/shared.ts'
import { createStore } from '../../lib/store.ts'
import type { PendingPublication, Publications } from './types.ts'

const KEY = 'institution_publications'
const AGAIN_MS = 20_000

const keptSchema = z.array(
  z.object({
    institution: z.string(),
    publication: institutionPublicationSchema,
    signedAt: z.number(),
    summary: z.array(z.string()),
    refused: z.boolean(),
    code: z.string().optional(),
  }),
)

const answerSchema = z.object({
  code: z.string().optional(),
  errcode: z.string().optional(),
  'org.enlace.rule': z.string().optional(),
  message: z.object({ es: z.string(), en: z.string() }).optional().catch(undefined),
})

/** What the registry calls the refusal, and its sentence. */
function refusal(error: unknown): { failure: Failure; code?: string } {
  const failure = failureOf(error)
  const data = error instanceof Error && 'data' in error ? error.data : undefined
  const parsed = answerSchema.safeParse(data)
  if (!parsed.success) return { failure }
  const code = parsed.data['org.enlace.rule'] ?? parsed.data.code ?? parsed.data.errcode
  const { message } = parsed.data
  const said = failure.kind === 'refused' && message && !failure.message ? { ...failure, message } : failure
  return { failure: said, ...(code === undefined ? {} : { code }) }
}

/** One for all pages of a session, and for sending without them. */
export const holdPublications = createShared(createPublications)

/** Signed words on their way: on disk first, then sent until they arrive. One for each institution: a later one has all. */
export function createPublications(args: {
  request: AuthedRequest
  database: Pick<OwnDatabase, 'get' | 'put'>
  now?: () => number
}): Publications {
  const { request, database, now = Date.now } = args
  const pending = createStore<ReadonlyMap<string, PendingPublication>>(new Map())
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  type Pending = ReadonlyMap<string, PendingPublication>
  const change = keptChanges(pending, (next) =>
    database.put(
      'facts',
      KEY,
      [...next.values()].map(({ state, failure: _, ...one }) => ({ ...one, refused: state === 'refused' })),
    ),
  )
  const withOne = (one: PendingPublication) => (now: Pending) => new Map([...now, [one.institution, one]])
  const without = (institution: string) => (now: Pending) =>
    new Map([...now].filter(([key]) => key !== institution))
  /** Unless something later was signed in the meantime. */
  const ifStill =
    ({ institution, signedAt }: PendingPublication, next: (now: Pending) => Pending) =>
    (now: Pending) =>
      now.get(institution)?.signedAt === signedAt ? next(now) : now

  async function send(institution: string): Promise<'taken' | 'waiting' | 'refused'> {
    const one = pending.get().get(institution)
    if (!one) return 'taken'
    pending.update(withOne({ ...one, state: 'sending' }))
    try {
      await request(
        'POST',
        `${ENLACE}/trust/institutions/${encodeURIComponent(institution)}`,
        one.publication,
      )
    } catch (error) {
      const { failure, code } = refusal(error)
      const state = isTemporary(failure) ? 'waiting' : 'refused'
      const told = { ...one, state, failure, ...(code === undefined ? {} : { code }) } as const
      await change(ifStill(one, withOne(told)))
      if (state === 'waiting') later()
      return state
    }
    await change(ifStill(one, without(institution)))
    return 'taken'
  }

  function later(): void {
    clearTimeout(timer)
    if (!closed) timer = setTimeout(wake, AGAIN_MS)
  }
  function wake(): void {
    for (const [institution, { state }] of pending.get())
      if (state === 'waiting') void send(institution).catch(() => undefined)
  }

  return {
    pending,
    async load() {
      if (pending.get().size > 0) return wake()
      const kept = keptSchema.safeParse(await database.get('facts', KEY).catch(() => undefined))
      if (!kept.success) return
      pending.set(
        new Map(
          kept.data.map(({ refused, code, ...one }) => [
            one.institution,
            { ...one, ...(code === undefined ? {} : { code }), state: refused ? 'refused' : 'waiting' },
          ]),
        ),
      )
      wake()
    },
    async publish(one) {
      await change(withOne({ ...one, signedAt: now(), state: 'sending' }))
      return send(one.institution)
    },
    wake,
    discard: (institution) => change(without(institution)),
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
