/**
 * What has become of an event, per server and institution: worked out when somebody asks, from the outbox's cursors, the
 * marks of devices and the public receipts. Nothing is stored per event.
 */
import { serverNameOf, stateKeyOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { createInstitutions } from './institutions.ts'
import type {
  Accepted,
  DeliveryOfEvent,
  EventLedger,
  EventSummary,
  GroupLedger,
  Ledger,
  Marks,
  ServerLedger,
} from './types.ts'

export function createLedger(ctx: Context, marks: Marks, accepted: Accepted): Ledger {
  const institutions = createInstitutions(ctx)
  /** State group after an event -> who was joined then. Messages after each other share it. */
  const joinedAt = growingCache<string, ReadonlySet<string>>(100)

  /** Who was joined after the event and is now. */
  async function persons(event: StoredEvent): Promise<string[]> {
    const now = await ctx.rooms.members(event.roomId, 'join')
    const then = await joinedAfter(event, now)
    return now.filter((userId) => userId !== event.pdu.sender && then.has(userId))
  }

  async function joinedAfter(event: StoredEvent, now: readonly string[]): Promise<ReadonlySet<string>> {
    const known = event.after === undefined ? undefined : joinedAt.get(event.after)
    if (known) return known
    const state = await ctx.rooms.stateAfter(event.eventId)
    if (!state) return new Set(now)
    const ids: string[] = []
    const prefix = stateKeyOf('m.room.member', '')
    for (const [key, id] of state.ids) if (key.startsWith(prefix)) ids.push(id)
    const joined = new Set<string>()
    for (const { pdu } of await ctx.rooms.events(ids))
      if (pdu.content['membership'] === 'join' && pdu.state_key !== undefined) joined.add(pdu.state_key)
    if (event.after !== undefined) joinedAt.set(event.after, joined)
    return joined
  }

  async function groupsOf(event: StoredEvent): Promise<Map<string, GroupLedger[]>> {
    const known = await marks.of(event.roomId)
    const pos = event.pos!
    const readers = await ctx.ephemeral.readersOf(event.roomId, { pos, threadId: threadOf(event) })
    const senders = await institutions.of(event.pdu.sender)
    const sendersServer = serverNameOf(event.pdu.sender) ?? ''
    const servers = new Map<string, Map<string, GroupLedger>>()
    const all = await Promise.all(
      (await persons(event)).map(async (userId) => ({ userId, key: await institutions.of(userId) })),
    )
    for (const { userId, key } of all) {
      const server = serverNameOf(userId) ?? ''
      const groups = servers.get(server) ?? new Map<string, GroupLedger>()
      servers.set(server, groups)
      const record = key === undefined ? undefined : ctx.directory.institution(key)
      const group = groups.get(key ?? '') ?? {
        institution: key ?? null,
        name: record?.name ?? null,
        country: record?.country ?? null,
        own: server === sendersServer && key === senders,
        persons: 0,
        on_device: 0,
        read: 0,
      }
      groups.set(key ?? '', group)
      group.persons += 1
      const mark = known.get(userId)
      const readTs = readers.get(userId)
      const deviceTs = mark !== undefined && mark.pos >= pos ? mark.ts : undefined
      if (readTs !== undefined) {
        group.read += 1
        group.read_by_ts = Math.min(group.read_by_ts ?? readTs, readTs)
      }
      const by = Math.min(deviceTs ?? Number.POSITIVE_INFINITY, readTs ?? Number.POSITIVE_INFINITY)
      if (Number.isFinite(by)) {
        group.on_device += 1
        group.on_device_by_ts = Math.min(group.on_device_by_ts ?? by, by)
      }
    }
    return new Map([...servers].map(([server, groups]) => [server, [...groups.values()]]))
  }

  /** Without `times` when partners accepted it is left out: those are read from the disk. */
  async function of(event: StoredEvent, { times }: { times: boolean }): Promise<EventLedger> {
    const groups = await groupsOf(event)
    const here = serverNameOf(event.pdu.sender) === ctx.serverName
    const joined = await ctx.rooms.joinedServers(event.roomId)
    const partners = (here ? (event.dest ?? []) : joined).filter(
      (name) => name !== ctx.serverName && joined.includes(name),
    )
    const servers: ServerLedger[] = []
    if (groups.has(ctx.serverName)) {
      servers.push({
        server_name: ctx.serverName,
        state: 'accepted',
        accepted_ts: event.receivedAt,
        ...peopleAt(ctx.serverName, groups.get(ctx.serverName)!),
      })
    }
    for (const name of partners) {
      const there = peopleAt(name, groups.get(name) ?? [])
      if (!here) servers.push({ server_name: name, state: 'unknown', ...there })
      else servers.push({ ...(await partnerState(name, event, times)), ...there })
    }
    const ledger = { event_id: event.eventId, room_id: event.roomId, sent_ts: event.receivedAt, servers }
    return { ...ledger, summary: summarise(ledger) }
  }

  function peopleAt(server: string, groups: GroupLedger[]): Pick<ServerLedger, 'names' | 'institutions'> {
    const named = groups.flatMap(({ name }) => name ?? [])
    return { names: named.length > 0 ? named : institutions.namesAt(server), institutions: groups }
  }

  async function partnerState(
    name: string,
    event: StoredEvent,
    times: boolean,
  ): Promise<Omit<ServerLedger, 'names' | 'institutions'>> {
    const { cursor, allowed, lastSuccessTs, unreachableSinceTs } = await ctx.federation.standing(name)
    const success = lastSuccessTs === undefined ? {} : { last_success_ts: lastSuccessTs }
    if (event.pos! <= cursor) {
      const ts = times ? await accepted.at(name, event.pos!) : undefined
      return {
        server_name: name,
        state: 'accepted',
        ...(ts === undefined ? {} : { accepted_ts: ts }),
        ...success,
      }
    }
    if (!allowed) return { server_name: name, state: 'not_on_list', ...success }
    if (unreachableSinceTs === undefined) return { server_name: name, state: 'waiting', ...success }
    return {
      server_name: name,
      state: 'unreachable',
      unreachable_since_ts: unreachableSinceTs,
      ...success,
    }
  }

  return { of }
}

/** The whole in one state: as far as it has come anywhere, once every server has it. Pure. */
export function summarise(ledger: DeliveryOfEvent): EventSummary {
  const all = ledger.servers.flatMap((server) => server.institutions)
  const others = all.filter((group) => !group.own)
  const counted = others.length > 0 ? others : all
  const onDevice = counted.filter((group) => group.on_device > 0).length
  const read = counted.filter((group) => group.read > 0).length
  const counts = {
    institutions: counted.length,
    on_device: onDevice,
    read,
    readers: counted.reduce((sum, group) => sum + group.read, 0),
  }
  const missing = ledger.servers.flatMap(({ server_name, state, unreachable_since_ts }) => {
    if (state !== 'unreachable' && state !== 'not_on_list') return []
    return {
      server_name,
      reason: state,
      // The partner may be away for longer than this has been waiting for it.
      since_ts: Math.max(unreachable_since_ts ?? 0, ledger.sent_ts),
    }
  })
  if (missing.length > 0) return { state: 'undelivered', ...counts, missing }
  const waiting = ledger.servers.some(({ state }) => state === 'waiting')
  return { state: waiting ? 'sent' : read > 0 ? 'read' : onDevice > 0 ? 'on_device' : 'accepted', ...counts }
}

/** The thread an event is in; its root is readable in clear also where the rest is encrypted. */
function threadOf({ pdu }: StoredEvent): string | undefined {
  const relation = pdu.content['m.relates_to'] as { rel_type?: unknown; event_id?: unknown } | undefined
  return relation?.rel_type === 'm.thread' && typeof relation.event_id === 'string'
    ? relation.event_id
    : undefined
}
