import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import { parseTopicPolicy, type TopicPolicy, topicPolicyEventType } from './policy.ts'
import { corridorTopicsText } from './topics.ts'

/** State event (state key '') by which a space says that it is a corridor. */
export const corridorEventType = 'org.enlace.corridor'
export const corridorSchema = z.strictObject({ version: z.literal(1) })

/** The specification's own defaults are the longest a channel may keep one session. */
const longestRotationMs = 7 * 86_400_000
const longestRotationMessages = 100
const rotation = (most: number) => z.number().int().min(1).max(most)

export const channelEncryptionSchema = z.strictObject({
  algorithm: z.literal('m.megolm.v1.aes-sha2'),
  rotation_period_ms: rotation(longestRotationMs).optional(),
  rotation_period_msgs: rotation(longestRotationMessages).optional(),
})

const link = z.looseObject({ via: z.array(z.string()).min(1) })
const parentSchema = link.extend({ canonical: z.literal(true) })
const spaceSchema = z.looseObject({ type: z.literal('m.space') })

/** Who may come in without anybody's word: nobody. */
export const channelJoinRules: readonly string[] = ['invite', 'knock', 'restricted', 'knock_restricted']

/** Content of a room's current state event; undefined where there is none. */
export type StateLookup = (type: string, stateKey: string) => unknown

export interface ChannelSources {
  roomId: string
  state: StateLookup
  /** The state of another room, the corridor; undefined when it is not known here. */
  corridor(roomId: string): StateLookup | undefined
}

/** Why a room is not a topic channel. `no_policy`: it does not say that it is one. */
export type ChannelFault =
  | 'no_policy'
  | 'policy'
  | 'encryption'
  | 'join_rule'
  | 'world_readable'
  | 'no_corridor'
  | 'corridor_unknown'
  | 'not_a_corridor'
  | 'not_listed'

export type ChannelRecognition =
  | { recognised: true; topic: string; corridor: string; policy: TopicPolicy }
  | { recognised: false; fault: ChannelFault }

const fault = (code: ChannelFault): ChannelRecognition => ({ recognised: false, fault: code })

/**
 * Whether a room is a topic channel. A room's name, or the policy it carries, are what it claims; a channel is what is
 * encrypted, closed to those nobody let in, and listed by the corridor it belongs to. Whoever gives a room what is only for
 * channels (a topic's look, references, cases, forms) asks here.
 */
export function recogniseChannel(sources: ChannelSources): ChannelRecognition {
  const found = recogniseFounding(sources)
  if (!found.recognised) return found
  const listed = sources.corridor(found.corridor)?.('m.space.child', sources.roomId)
  return link.safeParse(listed).success ? found : fault('not_listed')
}

/**
 * The same for a room that is being made, which its corridor cannot list yet. This is what a policy needs to be taken;
 * it makes no channel.
 */
export function recogniseFounding({ roomId, state, corridor }: ChannelSources): ChannelRecognition {
  const content = state(topicPolicyEventType, '')
  if (content === undefined) return fault('no_policy')
  const parsed = parseTopicPolicy(content)
  if (!parsed.ok) return fault('policy')
  if (!channelEncryptionSchema.safeParse(state('m.room.encryption', '')).success) return fault('encryption')
  const access = accessFault(state)
  if (access) return fault(access)
  const { policy } = parsed
  const parent = policy.corridor
  if (parent === undefined || parent === roomId) return fault('no_corridor')
  if (!parentSchema.safeParse(state('m.space.parent', parent)).success) return fault('no_corridor')
  const known = corridor(parent)
  if (!known) return fault('corridor_unknown')
  if (!isCorridor(known)) return fault('not_a_corridor')
  return { recognised: true, topic: policy.topic, corridor: parent, policy }
}

/** Whether a room with this state is a space that says it is a corridor. Who made it, the node asks. */
export const isCorridor = (state: StateLookup): boolean =>
  spaceSchema.safeParse(state('m.room.create', '')).success &&
  corridorSchema.safeParse(state(corridorEventType, '')).success

/** Without join rules a room is by invitation (room versions, "Authorization rules"). */
function accessFault(state: StateLookup): 'join_rule' | 'world_readable' | undefined {
  const rules = state('m.room.join_rules', '')
  if (rules !== undefined && !channelJoinRules.includes(textIn(rules, 'join_rule'))) return 'join_rule'
  const visibility = textIn(state('m.room.history_visibility', ''), 'history_visibility')
  return visibility === 'world_readable' ? 'world_readable' : undefined
}

function textIn(content: unknown, key: string): string {
  if (typeof content !== 'object' || content === null || !Object.hasOwn(content, key)) return ''
  const value = (content as Record<string, unknown>)[key]
  return typeof value === 'string' ? value : ''
}

/** Whether encryption that is set anew protects less than what was there: a longer life of one session's keys. */
export function weakensEncryption(before: unknown, after: unknown): boolean {
  const next = channelEncryptionSchema.safeParse(after)
  if (!next.success) return true
  const was = channelEncryptionSchema.safeParse(before)
  if (!was.success) return false
  const ms = (one: typeof next.data) => one.rotation_period_ms ?? longestRotationMs
  const messages = (one: typeof next.data) => one.rotation_period_msgs ?? longestRotationMessages
  return ms(next.data) > ms(was.data) || messages(next.data) > messages(was.data)
}

/** Why a room is not a topic channel, and what to do, for a person. */
export function channelFaultText(code: ChannelFault): BilingualText {
  const { es, en } = faults[code]
  return { es: `${es} ${advice.es}`, en: `${en} ${advice.en}` }
}

const advice: BilingualText = {
  es: `No escriba aquí datos de casos: use un canal de su corredor (${corridorTopicsText().es}) y avise a su coordinación.`,
  en: `Write no case data here: use a channel of your corridor (${corridorTopicsText().en}) and tell your coordination.`,
}

const faults: Readonly<Record<ChannelFault, BilingualText>> = {
  no_policy: {
    es: 'Esta sala no es un canal temático.',
    en: 'This room is not a topic channel.',
  },
  policy: {
    es: 'Esta sala no es un canal temático: no se puede leer su política de participación.',
    en: 'This room is not a topic channel: the policy that says who may take part cannot be read.',
  },
  encryption: {
    es: 'Esta sala no es un canal temático: no está cifrada como debe.',
    en: 'This room is not a topic channel: it is not encrypted as it has to be.',
  },
  join_rule: {
    es: 'Esta sala no es un canal temático: cualquiera puede entrar.',
    en: 'This room is not a topic channel: anybody can come in.',
  },
  world_readable: {
    es: 'Esta sala no es un canal temático: se puede leer sin participar en ella.',
    en: 'This room is not a topic channel: it can be read without taking part in it.',
  },
  no_corridor: {
    es: 'Esta sala no es un canal temático: no pertenece a ningún corredor.',
    en: 'This room is not a topic channel: it belongs to no corridor.',
  },
  corridor_unknown: {
    es: 'Esta sala no se reconoce como canal temático: aquí no se conoce el corredor que nombra. Si la invitaron al corredor, entre primero en él.',
    en: 'This room is not recognised as a topic channel: the corridor it names is not known here. If you were invited to the corridor, join that first.',
  },
  not_a_corridor: {
    es: 'Esta sala no es un canal temático: lo que nombra como su corredor no lo es.',
    en: 'This room is not a topic channel: what it names as its corridor is not one.',
  },
  not_listed: {
    es: 'Esta sala no es un canal temático: el corredor que nombra no la tiene entre sus canales.',
    en: 'This room is not a topic channel: the corridor it names does not list it among its channels.',
  },
}
