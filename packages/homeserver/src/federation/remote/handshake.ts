/** The two steps by which a server without the room gets a membership into it: make_* and send_*. */
import {
  type Pdu,
  type PduReading,
  type RoomVersion,
  roomVersion,
  supportedRoomVersions,
  writePdu,
} from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { MatrixError, notFound } from '../../errors.ts'
import { reasonOf } from '../client.ts'
import { FederationError, MalformedAnswer } from '../errors.ts'
import type { FederationClient, FederationEntryPoint, FederationList, FederationRequest } from '../types.ts'

/** Servers tried for one handshake. */
const MAX_SERVERS = 10

const templateSchema = z.looseObject({
  room_version: z.string(),
  event: z.looseObject({
    type: z.literal('m.room.member'),
    room_id: z.string(),
    sender: z.string(),
    state_key: z.string(),
    content: z.looseObject({ membership: z.string() }),
    depth: z.number().int(),
    prev_events: z.array(z.string()),
    auth_events: z.array(z.string()),
  }),
})

export type Template = z.output<typeof templateSchema>['event']
export type Deps = { ctx: Context; client: FederationClient; list: FederationList }

export const v1 = (...parts: string[]) =>
  `/_matrix/federation/v1/${parts.map((part) => encodeURIComponent(part)).join('/')}`
export const v2 = (...parts: string[]) => v1(...parts).replace('/v1/', '/v2/')

/**
 * Asks servers in turn until one does it.
 * @throws the refusal that says most: of a server that knows the room rather than of one that cannot be reached
 */
export async function tryEach<T>(
  { ctx, list }: Deps,
  via: readonly string[],
  entryPoint: FederationEntryPoint,
  attempt: (server: string) => Promise<T>,
): Promise<T> {
  let refusal: unknown
  for (const server of [...new Set(via)].filter((one) => one !== ctx.serverName).slice(0, MAX_SERVERS)) {
    try {
      list.check(server, entryPoint)
      return await attempt(server)
    } catch (error) {
      if (refusal === undefined || weight(error) > weight(refusal)) refusal = error
      ctx.log.info({ server, reason: reasonOf(error) }, `${entryPoint} not possible through this server`)
    }
  }
  throw refusal ?? notFound('There is no such room here, and no server was named that has it.')
}

function weight(error: unknown): number {
  if (error instanceof MatrixError && error.errcode === 'M_INCOMPATIBLE_ROOM_VERSION') return 5
  if (!(error instanceof FederationError)) return 2
  if (!error.refused) return error instanceof MalformedAnswer ? 2 : 1
  // The server knows nothing, or cannot decide: another one's answer says more.
  const code = error.partnerCode ?? ''
  return /^M_(NOT_FOUND|UNABLE_TO_.*|UNRECOGNIZED)$/.test(code) ? 3 : 4
}

/** A room nobody here can be in, whatever the servers of the room say. */
const unknownVersion = (version: string) =>
  new MatrixError(400, 'M_INCOMPATIBLE_ROOM_VERSION', 'This server does not know the version of that room.', {
    room_version: version.slice(0, 100),
    'org.enlace.message': {
      es: `La sala usa la versión ${version.slice(0, 20)}, que este servidor no conoce. Pida que la hagan en una de estas: ${supportedRoomVersions.join(', ')}.`,
      en: `The room has version ${version.slice(0, 20)}, which this server does not know. Ask for one of these: ${supportedRoomVersions.join(', ')}.`,
    },
  })

/** The template of a membership event, checked for being what was asked for. @throws FederationError */
export async function makeTemplate(
  { client }: Deps,
  server: string,
  membership: 'join' | 'leave' | 'knock',
  roomId: string,
  userId: string,
): Promise<{ event: Template; version: RoomVersion }> {
  const request: FederationRequest = {
    entryPoint: membership,
    method: 'GET',
    path: v1(`make_${membership}`, roomId, userId),
    query: membership === 'leave' ? {} : { ver: [...supportedRoomVersions] },
    timeoutMs: 20_000,
  }
  const { room_version: versionId, event } = await client
    .requestJson(server, request, templateSchema)
    .catch((error: unknown) => {
      if (!(error instanceof FederationError) || error.partnerCode !== 'M_INCOMPATIBLE_ROOM_VERSION')
        throw error
      throw unknownVersion(String(error.answer?.body?.['room_version'] ?? '?'))
    })
  const version = roomVersion(versionId)
  if (!version) throw unknownVersion(versionId)
  if (
    event.room_id !== roomId ||
    event.sender !== userId ||
    event.state_key !== userId ||
    event.content.membership !== membership
  )
    throw new MalformedAnswer(server, 'template of something else')
  return { event, version }
}

/** Only the place in the room is the template's; what the event says is decided here. @throws FederationError */
export function finishTemplate(
  { ctx }: Deps,
  server: string,
  template: Template,
  content: Record<string, unknown>,
  version: RoomVersion,
): PduReading {
  const finished = writePdu(
    {
      type: 'm.room.member',
      room_id: template.room_id,
      sender: template.sender,
      state_key: template.state_key,
      content: content as Pdu['content'],
      origin_server_ts: Date.now(),
      depth: template.depth,
      prev_events: template.prev_events,
      auth_events: template.auth_events,
    },
    version,
    ctx.serverName,
    ctx.signingKey,
  )
  if (!finished.ok) throw new MalformedAnswer(server, `template: ${finished.reason}`)
  return finished
}

/** What a room shows to somebody outside it, from full events or stripped ones (client-server API, "Stripped state"). */
export function strip(raw: unknown): Record<string, unknown>[] {
  if (!Array.isArray(raw)) return []
  return raw.slice(0, 100).flatMap((one) => {
    const { type, state_key, sender, content, origin_server_ts } = (one ?? {}) as Record<string, unknown>
    if (typeof type !== 'string' || typeof sender !== 'string' || typeof state_key !== 'string') return []
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return []
    const dated = type === 'm.room.create' && typeof origin_server_ts === 'number'
    return [{ type, state_key, sender, content, ...(dated ? { origin_server_ts } : {}) }]
  })
}
