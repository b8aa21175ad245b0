/** A new topic channel of a corridor: encrypted, listed there, and the corridor's coordinators called in. */
import {
  admission,
  defaultPolicy,
  isCorridor,
  parseTopicPolicy,
  spaceChild,
  type Topic,
  type TopicPolicy,
  type TopicWithPolicy,
  topicChannelRequest,
  topicLabel,
  topicPolicyEventType,
  topics,
} from '@enlace/coordination'
import { serverNameOf, userPower } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { type MatrixError, policyRefusal } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { contentsOf } from '../policy/channels.ts'
import { checkJoined } from '../rooms/access.ts'
import { createRoom } from '../rooms/routes/create-room.ts'
import { inviteUser } from '../rooms/routes/membership-actions.ts'
import type { Founded, WantedChannel } from './types.ts'

const COORDINATES = 50

export function createFounding(ctx: Context): (userId: string, wanted: WantedChannel) => Promise<Founded> {
  const inTurn = createKeyedQueue()

  async function found(userId: string, { corridor, topic, kinds }: WantedChannel): Promise<Founded> {
    await checkJoined(ctx, corridor, userId)
    const state = contentsOf(await ctx.rooms.currentState(corridor))
    if (!isCorridor(state)) throw faults.noCorridor
    const { role } = await ctx.policy.memberOf(userId)
    const may = await ctx.rooms.maySendState(corridor, userId, 'm.space.child')
    if (role !== 'coordinator' || !may) throw faults.notYours
    if (await isThere(corridor, topic)) throw faults.exists(topic)
    const policy = policyFor(topic, corridor, kinds)
    if (!policy) throw faults.noPolicy
    const coordinators = await coordinatorsOf(corridor, userId, policy)
    const options = { creator: userId, coordinators, corridor, via: [ctx.serverName] }
    const { initial_state, power_level_content_override, ...request } = topicChannelRequest(policy, options)
    const roomId = await createRoom(ctx, userId, {
      ...request,
      invite: [],
      initial_state: initial_state.map((one) => ({ ...one })),
      power_level_content_override: { ...power_level_content_override },
    })
    const child = spaceChild(roomId, [ctx.serverName])
    await ctx.rooms.send({
      roomId: corridor,
      sender: userId,
      type: child.type,
      stateKey: child.state_key,
      content: child.content,
    })
    const not_reached: string[] = []
    for (const one of coordinators)
      await inviteUser(ctx, { roomId, sender: userId, userId: one }).catch((error: unknown) => {
        ctx.log.info({ err: error, room: roomId }, 'a coordinator could not be called into a new channel')
        not_reached.push(one)
      })
    return { room_id: roomId, invited: coordinators.filter((one) => !not_reached.includes(one)), not_reached }
  }

  async function isThere(corridor: string, topic: Topic): Promise<boolean> {
    const children = await (await ctx.rooms.currentState(corridor)).all()
    for (const { pdu } of children) {
      const listed = pdu.type === 'm.space.child' && Array.isArray(pdu.content['via'])
      if (!listed || pdu.state_key === undefined || !(await ctx.rooms.room(pdu.state_key))) continue
      const its = contentsOf(await ctx.rooms.currentState(pdu.state_key))
      const parsed = parseTopicPolicy(its(topicPolicyEventType, ''))
      if (parsed.ok && parsed.policy.topic === topic) return true
    }
    return false
  }

  /** Who coordinates the corridor, as far as the new channel admits them. */
  async function coordinatorsOf(corridor: string, founder: string, policy: TopicPolicy): Promise<string[]> {
    const view = await ctx.rooms.currentState(corridor)
    const version = (await ctx.rooms.room(corridor))!.version
    await view.all()
    const lookup = (type: string, key: string) => view.get(type, key)?.pdu
    const out: string[] = []
    for (const userId of await ctx.rooms.members(corridor, 'join')) {
      if (userId === founder || !serverNameOf(userId)) continue
      if (userPower(lookup, userId, version) < COORDINATES) continue
      if (admission(policy, await ctx.policy.memberOf(userId)).admitted) out.push(userId)
    }
    return out
  }

  return (userId, wanted) => inTurn(wanted.corridor, () => found(userId, wanted))
}

/** A topic without a default policy needs its founders to say who may be there. */
function policyFor(topic: Topic, corridor: string, kinds?: readonly string[]): TopicPolicy | undefined {
  const usual = 'admits' in topics[topic] ? defaultPolicy(topic as TopicWithPolicy, { corridor }) : undefined
  if (kinds === undefined) return usual
  const contact = { text: { es: 'la coordinación del canal', en: 'the channel’s coordination' } }
  return { contact, ...usual, topic, corridor, admits: { institution_kinds: [...kinds] } }
}

const faults = {
  noCorridor: policyRefusal('channel.not_a_corridor', '', {
    es: 'Eso no es un corredor. Los canales se crean desde un corredor en el que usted participa.',
    en: 'That is no corridor. Channels are founded from a corridor that you take part in.',
  }),
  notYours: policyRefusal('channel.founder', '', {
    es: 'Los canales los crea la coordinación del corredor. Pídalo a la coordinación de su institución.',
    en: 'Channels are founded by the coordination of the corridor. Ask the coordination of your institution.',
  }),
  noPolicy: policyRefusal('channel.no_policy', '', {
    es: 'Este tema no tiene una política de participación por defecto: elija qué instituciones pueden participar.',
    en: 'This topic has no default policy: choose which institutions may take part.',
  }),
  exists: (topic: Topic): MatrixError =>
    policyRefusal('channel.exists', '', {
      es: `Este corredor ya tiene un canal de «${topicLabel(topic).es}». Si no lo ve, pida a su coordinación que le invite.`,
      en: `This corridor has a channel of “${topicLabel(topic).en}” already. If you do not see it, ask its coordination to invite you.`,
    }),
}
