import {
  caseTargetsEventType,
  checkChannelState,
  checkClearEvent,
  escalationChainEventType,
} from '@enlace/coordination'
import { z } from 'zod'
import type { OutgoingGate } from './types.ts'

/** What an answer of the gate itself carries as its `errcode`. */
export const GATE_CODE = 'ORG.ENLACE.NOT_SENT'

/** An event that Megolm made, and nothing beside it: a `body` next to the ciphertext would be read by every server. */
const sealedSchema = z.strictObject({
  algorithm: z.literal('m.megolm.v1.aes-sha2'),
  ciphertext: z.string().min(1),
  session_id: z.string(),
  sender_key: z.string().optional(),
  device_id: z.string().optional(),
  'm.relates_to': z
    .strictObject({
      rel_type: z.string().optional(),
      event_id: z.string().optional(),
      is_falling_back: z.boolean().optional(),
      'm.in_reply_to': z.strictObject({ event_id: z.string() }).optional(),
    })
    .optional(),
})

/** Whether the content of an `m.room.encrypted` event is ciphertext and nothing else. */
export const isSealed = (content: unknown): boolean => sealedSchema.safeParse(content).success

/** State that this client sets. None of it has room for what a person writes. */
const stateTypes: readonly string[] = [caseTargetsEventType, escalationChainEventType]

/** To-device messages that hand somebody something secret: they travel in Olm only. */
const secretTypes: readonly string[] = [
  'm.room_key',
  'm.forwarded_room_key',
  'm.secret.send',
  'm.room_key.bundle',
  'io.element.msc4268.room_key_bundle',
]

const ROOM = /^\/_matrix\/client\/[^/]+\/rooms\/[^/]+\/([^/]+)(?:\/([^/]+))?/
const TO_DEVICE = /^\/_matrix\/client\/[^/]+\/sendToDevice\/([^/]+)\//
const recordSchema = z.record(z.string(), z.unknown())
const messagesSchema = z.object({ messages: z.record(z.string(), z.unknown()) })

type Verdict = 'pass' | 'refuse' | { recipients: string[] }

/** What may leave: judged by the request alone, whatever part of the client made it. Pure. */
export function judge(method: string, path: string, body: unknown): Verdict {
  const reading = method === 'GET' || method === 'HEAD'
  if (reading) return 'pass'
  const toDevice = TO_DEVICE.exec(path)
  if (toDevice) return judgeToDevice(decodeURIComponent(toDevice[1]!), body)
  if (/^\/_matrix\/client\/[^/]+\/createRoom\b/.test(path)) return 'refuse'
  const room = ROOM.exec(path)
  if (!room) return 'pass'
  const type = room[2] === undefined ? '' : decodeURIComponent(room[2])
  switch (room[1]) {
    case 'send':
      if (type === 'm.room.encrypted') return isSealed(body) ? 'pass' : 'refuse'
      return checkClearEvent(type, body).allowed ? 'pass' : 'refuse'
    case 'redact':
    case 'kick':
    case 'ban':
    case 'unban':
    case 'invite':
    case 'leave':
    case 'join':
    case 'forget':
      return withoutReason(body) ? 'pass' : 'refuse'
    case 'state':
      return judgeState(type, body)
    default:
      return 'pass'
  }
}

function judgeState(type: string, body: unknown): Verdict {
  if (stateTypes.includes(type)) return 'pass'
  // Event ids alone.
  if (type !== 'm.room.pinned_events') return 'refuse'
  return checkChannelState({ type, state_key: '', content: body }, () => undefined).allowed
    ? 'pass'
    : 'refuse'
}

function judgeToDevice(type: string, body: unknown): Verdict {
  if (secretTypes.includes(type)) return 'refuse'
  if (type !== 'm.room.encrypted') return 'pass'
  const parsed = messagesSchema.safeParse(body)
  return parsed.success ? { recipients: Object.keys(parsed.data.messages) } : 'refuse'
}

/** Membership changes and redactions are never encrypted. */
function withoutReason(body: unknown): boolean {
  if (body === undefined) return true
  const parsed = recordSchema.safeParse(body)
  return parsed.success && parsed.data['reason'] === undefined
}

export function createOutgoingGate(): OutgoingGate {
  let mayHaveKeys: ((userId: string) => Promise<boolean>) | undefined
  return {
    decideKeys(decide) {
      mayHaveKeys = decide
    },
    guard: (send) => async (resource, init) => {
      const asked = resource instanceof Request ? resource : undefined
      const url = new URL(asked ? asked.url : String(resource), 'http://relative.invalid')
      const method = (init?.method ?? asked?.method ?? 'GET').toUpperCase()
      const verdict = judge(method, url.pathname, bodyOf(asked, init?.body))
      if (verdict === 'pass') return send(resource, init)
      if (verdict === 'refuse') return refusal('This may leave the device only encrypted.')
      for (const userId of verdict.recipients)
        if (!(await mayHaveKeys?.(userId))) return refusal('Keys are not given to one of the recipients.')
      return send(resource, init)
    },
  }
}

/** What cannot be read here is no body: what has to be looked at is refused, because it lacks what it must have. */
function bodyOf(asked: Request | undefined, body: BodyInit | null | undefined): unknown {
  if (asked?.body) return null
  if (body === undefined || body === null) return undefined
  if (typeof body !== 'string') return null
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

/** As a server would refuse, so that no caller takes it for a network that comes back. */
const refusal = (error: string): Response =>
  new Response(JSON.stringify({ errcode: GATE_CODE, error }), {
    status: 403,
    headers: { 'Content-Type': 'application/json' },
  })
