/** What passes between servers without becoming part of a room (server-server API, "EDUs"). */
import { CanonicalJsonError, canonicalJson, type JsonObject, serverNameOf } from '@enlace/room-model'
import type { Context } from '../../context.ts'
import { DELIVERED_EDU } from '../../delivery/acknowledgements.ts'
import { MatrixError } from '../../errors.ts'
import { MEDIA_REMOVED_EDU } from '../../media/media.ts'
import { REPORT_EDU, REPORT_OUTCOME_EDU } from '../../reports/partners.ts'

type Content = Record<string, unknown>

const isObject = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const KEYS = new Set(['m.direct_to_device', 'm.device_list_update', 'm.signing_key_update'])

const DURABLE = new Set([DELIVERED_EDU, MEDIA_REMOVED_EDU, REPORT_EDU, REPORT_OUTCOME_EDU])

/** The messages these open may be in the same transaction. */
export const isAboutKeys = (edu: unknown): boolean => isObject(edu) && KEYS.has(String(edu['edu_type']))

/** What is lost when it is dropped: a failure of this node makes the sender send it again. */
const isDurable = (edu: unknown): boolean =>
  isAboutKeys(edu) || (isObject(edu) && DURABLE.has(String(edu['edu_type'])))

/**
 * Hands an EDU to whom it concerns. A server speaks for its own users only; a bad EDU is dropped, others go on.
 * @throws Error when this node could not keep a durable one
 */
export async function receiveEdu(ctx: Context, origin: string, raw: unknown): Promise<void> {
  if (!isObject(raw) || typeof raw['edu_type'] !== 'string' || !isObject(raw['content'])) return
  const { edu_type, content } = raw as { edu_type: string; content: Content }
  const fault = notCanonical(raw)
  if (fault !== undefined) {
    ctx.log.warn({ origin, type: edu_type.slice(0, 100), fault }, 'EDU of a partner dropped')
    return
  }
  try {
    ctx.federation.checkServer(origin, 'edu')
    switch (edu_type) {
      case 'm.typing':
        if (!speaksFor(origin, content['user_id'])) return
        if (typeof content['room_id'] !== 'string' || !(await inRoom(ctx, origin, content['room_id']))) return
        return await ctx.ephemeral.receiveEdu(origin, { edu_type, content })
      case 'm.receipt':
        return await ctx.ephemeral.receiveEdu(origin, {
          edu_type,
          content: await receiptsOf(ctx, origin, content),
        })
      case 'm.presence':
        return await ctx.ephemeral.receiveEdu(origin, { edu_type, content })
      case DELIVERED_EDU:
        if (typeof content['room_id'] !== 'string' || !(await inRoom(ctx, origin, content['room_id']))) return
        return await ctx.delivery.receive(origin, content)
      case MEDIA_REMOVED_EDU:
        ctx.federation.checkServer(origin, 'media')
        return await ctx.media.receiveRemoval(origin, content)
      case REPORT_EDU:
        ctx.federation.checkServer(origin, 'report')
        return await ctx.reports.receive(origin, content)
      case REPORT_OUTCOME_EDU:
        ctx.federation.checkServer(origin, 'report')
        return await ctx.reports.receiveOutcome(origin, content)
      case 'm.direct_to_device':
        if (!speaksFor(origin, content['sender'])) return
        ctx.federation.checkServer(origin, 'to-device')
        return await ctx.toDevice.receive(origin, content)
      case 'm.device_list_update':
        if (!speaksFor(origin, content['user_id'])) return
        ctx.federation.checkServer(origin, 'devices')
        return await ctx.deviceKeys.receiveDeviceListUpdate(origin, content)
      case 'm.signing_key_update':
        if (!speaksFor(origin, content['user_id'])) return
        ctx.federation.checkServer(origin, 'devices')
        return await ctx.deviceKeys.receiveSigningKeyUpdate(origin, content)
    }
  } catch (error) {
    if (isDurable(raw) && !(error instanceof MatrixError)) throw error
    ctx.log.warn({ err: error, origin, type: edu_type.slice(0, 100) }, 'EDU of a partner could not be taken')
  }
}

/** What cannot be passed on or signed is not stored either. @returns why */
function notCanonical(raw: Content): string | undefined {
  try {
    canonicalJson(raw as JsonObject)
    return undefined
  } catch (error) {
    if (error instanceof CanonicalJsonError) return error.message
    throw error
  }
}

const speaksFor = (origin: string, userId: unknown) =>
  typeof userId === 'string' && serverNameOf(userId) === origin

/** The server is in the room, and its access control list lets it speak there. */
async function inRoom(ctx: Context, origin: string, roomId: string): Promise<boolean> {
  const servers = await ctx.rooms.joinedServers(roomId)
  return servers.includes(origin) && (await ctx.rooms.serverAllowed(roomId, origin))
}

async function receiptsOf(ctx: Context, origin: string, content: Content): Promise<Content> {
  const out: Content = {}
  for (const [roomId, receipts] of Object.entries(content).slice(0, 500))
    if (await inRoom(ctx, origin, roomId)) out[roomId] = receipts
  return out
}
