/** Entries of the directory and how they are kept true (docs/enlace-api.md, "Directory"). */

import type { DirectoryEntry } from '@enlace/directory/entry'
import type { Change, Edit, FieldGroup, Proposal } from '@enlace/directory/upkeep'
import { z } from 'zod'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'

const freshness = z.enum(['verified', 'due', 'overdue'])
const fieldGroup = z.enum(['identity', 'services', 'contact', 'place', 'hours', 'capacity'])
const bilingual = z.object({ es: z.string(), en: z.string() })
const row = z.looseObject({ id: z.string() })
const entrySchema = z
  .object({
    key: z.string(),
    example: z.literal(true).optional(),
    records: z.record(z.string(), z.array(row)),
  })
  .transform((entry) => entry as unknown as DirectoryEntry)
const editSchema = z
  .union([
    z.looseObject({ kind: z.literal('set'), table: z.string(), id: z.string(), field: z.string() }),
    z.looseObject({ kind: z.enum(['add', 'remove']), table: z.string(), row }),
  ])
  .transform((edit) => edit as unknown as Edit)
const decided = z.object({ by: z.string(), at: z.number(), reason: z.string().optional() })
const proposalSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['draft', 'suggestion']),
    by: z.string(),
    institution: z.string(),
    at: z.number(),
    edits: z.array(editSchema),
    note: z.string().optional(),
    state: z.enum(['open', 'accepted', 'declined', 'withdrawn']),
    decided: decided.optional(),
  })
  .transform((proposal) => proposal as Proposal)
const groupSchema = z.object({
  group: fieldGroup,
  freshness,
  assured_date: z.string().optional(),
})
const bookSchema = z.object({
  entry: entrySchema,
  revision: z.number(),
  proposals: z.array(proposalSchema),
  groups: z.array(groupSchema),
  unsigned: z.array(z.object({ group: fieldGroup, by: z.string().optional(), at: z.number().optional() })),
  publishing: z.boolean(),
  keeping: z.enum(['signed', 'here', 'no_key']),
  now: z.number(),
})
const entryAnswer = z.object({
  institution: z.looseObject({ key: z.string(), name: z.string(), country: z.string() }),
  source: z.enum(['signed', 'registry', 'here', 'list']),
  view: z.enum(['public', 'network']),
  entry: entrySchema,
  groups: z.array(groupSchema),
  own: z.boolean(),
  may: z.object({ propose: z.boolean(), decide: z.boolean() }),
  closed: bilingual.optional(),
  book: bookSchema.optional(),
})
const actedSchema = bookSchema.extend({ state: z.enum(['done', 'waiting']) })
const sentSchema = z.object({
  id: z.string(),
  institution: z.string(),
  at: z.number(),
  edits: z.array(editSchema),
  note: z.string().optional(),
  state: z.enum(['waiting', 'refused', 'open', 'accepted', 'declined', 'withdrawn']),
  decided: decided.optional(),
  refused: bilingual.optional(),
})
const historyAnswer = z.object({
  kept_by: z.enum(['here', 'other']),
  changes: z.array(
    z.object({ by: z.string(), at: z.number(), edit: editSchema }).transform((change) => change as Change),
  ),
  before: z.number().optional(),
})
const overdueAnswer = z.object({
  institution: z.string(),
  own: z.array(groupSchema),
  count: z.object({ due: z.number(), overdue: z.number() }),
  institutions: z.array(z.object({ key: z.string(), name: z.string(), groups: z.array(groupSchema) })),
})

export type EntryAnswer = z.output<typeof entryAnswer>
export type Book = z.output<typeof bookSchema>
export type Acted = z.output<typeof actedSchema>
export type SentSuggestion = z.output<typeof sentSchema>
export type HistoryAnswer = z.output<typeof historyAnswer>
export type OverdueAnswer = z.output<typeof overdueAnswer>
export type GroupState = z.output<typeof groupSchema>

export interface UpkeepApi {
  entry(key: string): Promise<EntryAnswer>
  history(key: string, before?: number): Promise<HistoryAnswer>
  propose(key: string, proposal: { id: string; edits: readonly Edit[]; note?: string }): Promise<void>
  accept(
    key: string,
    id: string,
    signed: { at: number; confirm: readonly FieldGroup[]; publication?: unknown },
  ): Promise<Acted>
  decline(key: string, id: string, reason: string): Promise<Acted>
  withdraw(key: string, id: string): Promise<void>
  confirm(
    key: string,
    signed: { at: number; groups: readonly FieldGroup[]; publication?: unknown },
  ): Promise<Acted>
  publish(key: string, publication: unknown): Promise<Acted>
  suggestions(): Promise<SentSuggestion[]>
  overdue(): Promise<OverdueAnswer>
}

export function createUpkeepApi(request: AuthedRequest): UpkeepApi {
  const base = `${ENLACE}/directory`
  const entry = (key: string) => `${base}/entries/${encodeURIComponent(key)}`
  const proposal = (key: string, id: string) => `${entry(key)}/proposals/${encodeURIComponent(id)}`
  return {
    entry: async (key) => entryAnswer.parse(await request('GET', entry(key))),
    history: async (key, before) =>
      historyAnswer.parse(
        await request('GET', `${entry(key)}/history${before === undefined ? '' : `?before=${before}`}`),
      ),
    propose: async (key, body) => void (await request('POST', `${entry(key)}/proposals`, body)),
    accept: async (key, id, signed) =>
      actedSchema.parse(await request('POST', `${proposal(key, id)}/accept`, signed)),
    decline: async (key, id, reason) =>
      actedSchema.parse(await request('POST', `${proposal(key, id)}/decline`, { reason })),
    withdraw: async (key, id) => void (await request('POST', `${proposal(key, id)}/withdraw`, {})),
    confirm: async (key, signed) => actedSchema.parse(await request('POST', `${entry(key)}/confirm`, signed)),
    publish: async (key, publication) =>
      actedSchema.parse(await request('POST', `${entry(key)}/publish`, { publication })),
    suggestions: async () =>
      z.object({ suggestions: z.array(sentSchema) }).parse(await request('GET', `${base}/suggestions`))
        .suggestions,
    overdue: async () => overdueAnswer.parse(await request('GET', `${base}/overdue`)),
  }
}
