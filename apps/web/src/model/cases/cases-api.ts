import {
  type CaseFlag,
  type CaseRow,
  type CaseStatus,
  caseKindKeys,
  caseStatuses,
  priorities,
  type TimelineEvent,
} from '@enlace/coordination'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import type { AuthedRequest } from '../session/enlace-api.ts'

/** The node's board of cases (docs/enlace-api.md). Rows are envelopes: no names, no text. */
export interface CasesApi {
  /** @returns a reference such as `DOC-2026-010001`, given out once */
  reserve(kind: string, roomId: string): Promise<string>
  /** @returns undefined on a server that has no board */
  board(query: BoardQuery): Promise<BoardPage | undefined>
  /** @returns undefined when there is none this person may see */
  one(caseId: string): Promise<CaseFile | undefined>
  csv(query: BoardQuery): Promise<string>
}

export type BoardView = 'all' | 'mine' | 'institution' | 'overdue'

export interface BoardQuery {
  view: BoardView
  room?: string
  family?: string
  kind?: string
  priority?: string
  flag?: CaseFlag
  reference?: string
  ended?: boolean
  from?: string
  limit?: number
}

const keysOf = <T extends object>(record: T) =>
  Object.keys(record) as [keyof T & string, ...(keyof T & string)[]]
const statusSchema = z.enum(keysOf(caseStatuses))
const flagSchema = z.enum(['overdue', 'almost_due', 'escalated', 'possible_duplicate'])
const linkSchema = z.object({ event_id: z.string(), room_id: z.string(), reference: z.string() })

const escalationSchema = z.object({
  id: z.string(),
  state: z.string(),
  step: z.number().optional().catch(undefined),
  next_step_ts: z.number().optional().catch(undefined),
})

export const rowSchema = z.object({
  id: z.string(),
  room_id: z.string(),
  reference: z.string(),
  kind: z.enum(caseKindKeys),
  status: statusSchema,
  priority: z.enum(keysOf(priorities)),
  minor: z.boolean(),
  requesting: z.string(),
  owner: z.string(),
  offered_to: z.string().optional(),
  unacknowledged: z.array(z.string()).optional(),
  opened_by: z.string(),
  opened_ts: z.number(),
  acknowledge_by: z.number(),
  deadline: z.number(),
  assignee: z.string().optional(),
  waits_for: z.array(linkSchema).optional(),
  duplicate_of: z.string().optional(),
  times: z.partialRecord(statusSchema, z.number()),
  changed_ts: z.number(),
  refused: z.number(),
  flags: z.array(flagSchema).default([]),
  escalation: escalationSchema.optional().catch(undefined),
})
export type BoardRow = CaseRow & { flags: CaseFlag[]; escalation?: z.output<typeof escalationSchema> }

const countsSchema = z.object({
  by_status: z.partialRecord(statusSchema, z.number()),
  mine: z.number(),
  institution: z.number(),
  overdue: z.number(),
  almost_due: z.number(),
  escalated: z.number(),
})
export type BoardCounts = Omit<z.output<typeof countsSchema>, 'by_status'> & {
  by_status: Partial<Record<CaseStatus, number>>
}

const pageSchema = z.object({
  now: z.number(),
  total: z.number(),
  counts: countsSchema,
  rows: z.array(rowSchema),
  next: z.string().optional(),
})
export type BoardPage = z.output<typeof pageSchema>

export const timelineEventSchema = z.object({
  event_id: z.string(),
  room_id: z.string().optional(),
  type: z.string(),
  sender: z.string(),
  origin_server_ts: z.number(),
  content: z.unknown(),
})
const fileSchema = z.object({
  row: rowSchema,
  flags: z.array(flagSchema).default([]),
  escalation: escalationSchema.optional().catch(undefined),
  events: z.array(timelineEventSchema),
})
export interface CaseFile {
  row: BoardRow
  flags: CaseFlag[]
  escalation?: BoardRow['escalation']
  events: TimelineEvent[]
}

const BASE = '/_enlace/client/v1'

export function boardPath(path: string, query: BoardQuery): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== '' && value !== false) params.set(key, String(value))
  return `${BASE}${path}?${params}`
}

const isAbsent = (error: unknown) =>
  error instanceof RequestError && (error.httpStatus === 404 || error.httpStatus === 405)

export function createCasesApi(
  request: AuthedRequest,
  requestText: (path: string) => Promise<string>,
): CasesApi {
  async function ask<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      return schema.parse(await request('GET', path))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }
  return {
    async reserve(kind, roomId) {
      const answer = await request('POST', `${BASE}/cases/reference`, { kind, room_id: roomId })
      return z.object({ reference: z.string() }).parse(answer).reference
    },
    board: (query) => ask(boardPath('/cases', query), pageSchema),
    one: (caseId) => ask(`${BASE}/cases/${encodeURIComponent(caseId)}`, fileSchema),
    csv: (query) => requestText(boardPath('/cases.csv', query)),
  }
}
