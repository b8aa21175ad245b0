/** Filters (client-server API, "Filtering"), as far as `/sync` uses them. */
import { z } from 'zod'
import { invalidParam } from '../errors.ts'
import type { StoredEvent } from '../rooms/types.ts'

const names = z.array(z.string().max(255)).max(1_000).nullish()
const eventFilter = z.looseObject({
  limit: z.number().int().min(0).nullish(),
  types: names,
  not_types: names,
  senders: names,
  not_senders: names,
})
const roomEventFilter = eventFilter.extend({
  rooms: names,
  not_rooms: names,
  contains_url: z.boolean().nullish(),
  lazy_load_members: z.boolean().nullish(),
  include_redundant_members: z.boolean().nullish(),
  unread_thread_notifications: z.boolean().nullish(),
})
const syncFilter = z.looseObject({
  event_fields: names,
  presence: eventFilter.nullish(),
  account_data: eventFilter.nullish(),
  room: z
    .looseObject({
      rooms: names,
      not_rooms: names,
      include_leave: z.boolean().nullish(),
      timeline: roomEventFilter.nullish(),
      state: roomEventFilter.nullish(),
      ephemeral: roomEventFilter.nullish(),
      account_data: roomEventFilter.nullish(),
    })
    .nullish(),
})

export type EventFilter = z.output<typeof eventFilter>
export type RoomEventFilter = z.output<typeof roomEventFilter>
export type SyncFilter = z.output<typeof syncFilter>

/** @throws M_INVALID_PARAM */
export function parseFilter(raw: Record<string, unknown> | undefined): SyncFilter {
  const parsed = syncFilter.safeParse(raw ?? {})
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw invalidParam(`filter.${issue.path.join('.')}: ${issue.message}`)
}

const matchesAny = (patterns: readonly string[], value: string) =>
  patterns.some((pattern) => (pattern.includes('*') ? globOf(pattern).test(value) : pattern === value))

// `*` stands for anything; nothing else of a pattern is special.
function globOf(pattern: string): RegExp {
  const literal = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replace(/\*+/g, '.*')}$`, 's')
}

export function passes(
  filter: EventFilter | RoomEventFilter | null | undefined,
  event: { type: string; sender?: string; content?: Record<string, unknown> },
): boolean {
  if (!filter) return true
  const { sender } = event
  if (filter.types && !matchesAny(filter.types, event.type)) return false
  if (filter.not_types && matchesAny(filter.not_types, event.type)) return false
  if (sender !== undefined && filter.senders && !filter.senders.includes(sender)) return false
  if (sender !== undefined && filter.not_senders?.includes(sender)) return false
  if ('contains_url' in filter && filter.contains_url != null) {
    if ((typeof event.content?.['url'] === 'string') !== filter.contains_url) return false
  }
  return true
}

export const passesEvent = (filter: RoomEventFilter | null | undefined, { pdu }: StoredEvent): boolean =>
  passes(filter, pdu)

export function includesRoom(
  filter: { rooms?: string[] | null; not_rooms?: string[] | null } | null | undefined,
  roomId: string,
): boolean {
  return !(filter?.rooms && !filter.rooms.includes(roomId)) && !filter?.not_rooms?.includes(roomId)
}

/** The fields a filter names (`event_fields`): dots separate, `\\.` is a dot in a name, `\\\\` a backslash. */
export function pickFields(
  event: Record<string, unknown>,
  fields: readonly string[],
): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const field of fields) {
    const path = [...field.matchAll(/((?:[^.\\]|\\.)+)(?:\.|$)/gs)].map((part) =>
      part[1]!.replace(/\\([.\\])/g, '$1'),
    )
    copyPath(event, out, path)
  }
  return out
}

function copyPath(from: Record<string, unknown>, to: Record<string, unknown>, path: readonly string[]): void {
  const [name, ...rest] = path
  if (name === undefined || !Object.hasOwn(from, name)) return
  const value = from[name]
  const put = (one: unknown) =>
    Object.defineProperty(to, name, { value: one, enumerable: true, writable: true, configurable: true })
  if (rest.length === 0) {
    put(value)
    return
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  const inner: Record<string, unknown> = Object.hasOwn(to, name) ? (to[name] as Record<string, unknown>) : {}
  // What was taken whole before stays whole.
  if (inner === value) return
  copyPath(value as Record<string, unknown>, inner, rest)
  if (Object.keys(inner).length > 0) put(inner)
}
