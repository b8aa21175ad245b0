/** The audit log for coordinators, and its end for partners (docs/enlace-api.md, "Activity"). */
import { once } from 'node:events'
import { harmless } from '@enlace/directory/lists/export'
import { auditHeadSchema } from '@enlace/trust/audit'
import { z } from 'zod'
import { mayReadCase } from '../cases/board.ts'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import { answered, type Route, route } from '../http/route.ts'
import { coordinated } from '../people/people-routes.ts'
import { ACT_GROUPS, ACTS, type ActGroup } from './acts.ts'
import { AUDIT_HEAD_PATH, MAX_DIGESTS } from './exchange.ts'
import type { Entry } from './types.ts'

const BASE = '/_enlace/client/v1/institution/activity'

/** The kinds of files that clients make of the directory. */
const DIRECTORY_FORMATS = [
  'csv',
  'csv-comma',
  'xlsx',
  'hsds',
  'package',
  'vcard',
  'vcard3',
  'a6',
  'a5',
  'a4',
  'letter',
] as const

const whole = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
const filter = {
  group: z.enum(Object.keys(ACT_GROUPS) as [ActGroup, ...ActGroup[]]).optional(),
  person: z.string().max(255).startsWith('@').optional(),
  case: z.string().min(1).max(255).optional(),
  outcome: z.enum(['done', 'refused']).optional(),
  from_ts: whole.optional(),
  to_ts: whole.optional(),
}

const hash = z.string().regex(/^[0-9a-f]{64}$/)

export const auditFederationRoutes: Route[] = [
  route({
    method: 'POST',
    path: AUDIT_HEAD_PATH,
    auth: 'server',
    entryPoint: 'audit',
    body: z.object({ head: auditHeadSchema, from: z.int().min(0), digests: z.array(hash).max(MAX_DIGESTS) }),
    handler: ({ ctx, origin, body }) => ctx.audit.witness(origin, body),
  }),
]

const iso = (ts: number) => new Date(ts).toISOString()

/** One line of the table: what a person reads first, the codes beside it. */
export function csvLine(entry: Entry, language: 'es' | 'en'): string {
  const { seq, ts, act, by, on, room, case: caseRef, outcome, facts } = entry
  const known = Object.hasOwn(ACTS, act) ? ACTS[act] : undefined
  const words = { done: { es: 'hecho', en: 'done' }, refused: { es: 'rechazado', en: 'refused' } }
  const cells = [
    String(seq),
    iso(ts),
    known?.[language] ?? act,
    known ? ACT_GROUPS[known.group][language] : '',
    by,
    on ?? '',
    words[outcome][language],
    caseRef ?? '',
    room ?? '',
    Object.entries(facts ?? {})
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(' '),
    act,
  ]
  return `${cells.map((cell) => `"${harmless(cell).replaceAll('"', '""')}"`).join(';')}\r\n`
}

const HEADER = {
  es: [
    'número',
    'fecha',
    'acto',
    'grupo',
    'quién',
    'a quién o qué',
    'resultado',
    'caso',
    'sala',
    'datos',
    'código',
  ],
  en: [
    'number',
    'date',
    'act',
    'group',
    'who',
    'to whom or what',
    'outcome',
    'case',
    'room',
    'facts',
    'code',
  ],
}

async function* csvLines(
  ctx: Context,
  query: Parameters<Context['audit']['find']>[0],
  language: 'es' | 'en',
): AsyncGenerator<string> {
  yield `\uFEFF${HEADER[language].map((cell) => `"${cell}"`).join(';')}\r\n`
  let before: number | undefined
  do {
    const page = await ctx.audit.find({ ...query, limit: 200, ...(before === undefined ? {} : { before }) })
    for (const entry of page.entries) yield csvLine(entry, language)
    before = page.next
  } while (before !== undefined)
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}

export const auditRoutes: Route[] = [
  route({
    method: 'GET',
    path: BASE,
    auth: 'user',
    query: z.object({ ...filter, before: whole.optional(), limit: whole.optional() }),
    async handler({ ctx, requester, query }) {
      const institution = await coordinated(ctx, requester.userId)
      const { entries, next } = await ctx.audit.find({ ...query, institution })
      return {
        institution,
        entries: entries.map(({ salt: _salt, ...entry }) => entry),
        next: next ?? null,
        acts: ACTS,
        groups: ACT_GROUPS,
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/chain`,
    auth: 'user',
    async handler({ ctx, requester }) {
      await coordinated(ctx, requester.userId)
      return { ...(await ctx.audit.status()), alarms: await ctx.audit.alarms() }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/export`,
    auth: 'user',
    query: z.object({
      ...filter,
      format: z.enum(['csv', 'jsonl']),
      lang: z.enum(['es', 'en']).default('es'),
    }),
    async handler({ ctx, requester, query, res, signal }) {
      const institution = await coordinated(ctx, requester.userId)
      const { format, lang, ...wanted } = query
      // Before the first line is out: no export without its entry.
      await ctx.audit.record({ act: 'export.audit', by: requester.userId, institution, facts: { format } })
      const lines =
        format === 'csv'
          ? csvLines(ctx, { ...wanted, institution }, lang)
          : ended(ctx.audit.exportLines({ ...wanted, institution }))
      res.setHeader('Content-Type', format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
      res.setHeader('Content-Disposition', `attachment; filename="actividad.${format}"`)
      res.setHeader('Cache-Control', 'no-store')
      for await (const line of lines) {
        if (signal.aborted) return answered
        if (!res.write(line)) await once(res, 'drain', { signal }).catch(() => undefined)
      }
      res.end()
      return answered
    },
  }),
  route({
    method: 'POST',
    path: '/_enlace/client/v1/activity/case-read',
    auth: 'user',
    body: z.object({ case_id: z.string().max(255).startsWith('$') }),
    /**
     * The person's own client says that it shows the file. What was decrypted on a device no server can see: an entry proves that
     * the file was opened in Enlace; its absence does not prove that nobody read it.
     */
    async handler({ ctx, requester, body: { case_id: caseId } }) {
      if (!(await mayReadCase(ctx, requester.userId, caseId)))
        throw notFound('There is no such case in your channels.')
      await ctx.audit.caseRead(requester.userId, caseId, ctx.cases.row(caseId)?.room_id)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: '/_enlace/client/v1/activity/directory-export',
    auth: 'user',
    body: z.object({ format: z.enum(DIRECTORY_FORMATS), public: z.boolean() }),
    /** Files of the directory are made on the device, of the copy it has: like a reading, only the person's own client can say it. */
    async handler({ ctx, requester, body }) {
      await ctx.audit.directoryExported(requester.userId, body)
      return {}
    },
  }),
]
