/**
 * What makes a room a topic channel and what may be in it, where events come in: the rules of `coordination` with what only
 * the node knows, namely who the sender is, and the corridor. Asked by the door for every event, whoever sends it.
 */
import {
  type ChannelFault,
  type ChannelRecognition,
  channelFaultText,
  checkChannelState,
  checkClearEvent,
  checkConversationState,
  conversationEventType,
  corridorEventType,
  encryptionVerdict,
  parseTopicPolicy,
  recogniseChannel,
  recogniseFounding,
  type StateLookup,
  saysConversation,
  topicPolicyEventType,
} from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { badJson, type MatrixError, policyRefusal } from '../errors.ts'
import type { StateView } from '../rooms/types.ts'
import type { ChannelEvent, Channels } from './types.ts'

type Used = Pick<Context, 'rooms' | 'policy' | 'directory' | 'federation' | 'accounts'>

export function createChannels(ctx: Used): Channels {
  /** The corridor, if this node is in it and its founder's server belongs to the network. */
  async function corridorNamed(state: StateLookup): Promise<ReadonlyMap<string, StateLookup>> {
    const known = new Map<string, StateLookup>()
    const parsed = parseTopicPolicy(state(topicPolicyEventType, ''))
    const id = parsed.ok ? parsed.policy.corridor : undefined
    if (id === undefined || !(await ctx.rooms.room(id))?.joinedLocally) return known
    const view = await ctx.rooms.currentState(id)
    const founder = view.get('m.room.create')?.pdu.sender ?? ''
    known.set(id, hostsAny(serverNameOf(founder)) ? contentsOf(view) : () => undefined)
    return known
  }

  const hostsAny = (server: string | undefined): boolean =>
    server !== undefined &&
    [...ctx.federation.institutionsAt(server), ...ctx.directory.all().map(({ key }) => key)].some((key) =>
      ctx.federation.hosts(server, key),
    )

  async function recognise(roomId: string): Promise<ChannelRecognition> {
    if (!(await ctx.rooms.room(roomId))) return { recognised: false, fault: 'no_policy' }
    const state = contentsOf(await ctx.rooms.currentState(roomId))
    const known = await corridorNamed(state)
    return recogniseChannel({ roomId, state, corridor: (id) => known.get(id) })
  }

  /**
   * Founding is for coordinators. A partner's server says who its people are, and whoever changes a policy has the power to
   * in that room already: there it is enough that nothing speaks against it.
   */
  async function mayFound(sender: string, isChange: boolean): Promise<boolean> {
    const member = await ctx.policy.memberOf(sender)
    if (member.institution) return member.role === 'coordinator'
    return isChange && !ctx.accounts.isLocal(sender) && hostsAny(serverNameOf(sender))
  }

  /** A policy makes a channel of an encrypted, closed room of a corridor, in the hands of coordination; of nothing else. */
  async function checkFounding(event: ChannelEvent, state: StateLookup): Promise<MatrixError | undefined> {
    const { roomId, sender, type, content } = event
    if (event.stateKey !== '') return badJson(`${type}: the state key must be empty.`)
    const parsed = parseTopicPolicy(content)
    if (!parsed.ok) return badJson(`${topicPolicyEventType}: ${parsed.reason}`)
    const contact = contactOf(content, state)
    const after: StateLookup = (one, key) => (one === type && key === '' ? content : state(one, key))
    const known = await corridorNamed(after)
    const found = recogniseFounding({ roomId, state: after, corridor: (id) => known.get(id) })
    if (!found.recognised && !(found.fault === 'corridor_unknown' && !ctx.accounts.isLocal(sender)))
      return policyRefusal(`channel.${found.fault}`, contact, foundingText(found.fault))
    if (!(await mayFound(sender, state(type, '') !== undefined)))
      return policyRefusal('channel.founder', contact, founderText)
    return undefined
  }

  async function against(event: ChannelEvent, state: StateLookup): Promise<MatrixError | undefined> {
    const { type, stateKey, content } = event
    if (stateKey === undefined) {
      if (state(topicPolicyEventType, '') === undefined && !saysConversation(state)) return undefined
      return refusal(checkClearEvent(type, content), content, state)
    }
    if (type === topicPolicyEventType) return checkFounding(event, state)
    if (type === corridorEventType && !(await mayFound(event.sender, state(type, '') !== undefined)))
      return policyRefusal('channel.founder', contactOf(content, state), founderText)
    return refusal(stateVerdict({ type, state_key: stateKey, content }, state), content, state)
  }

  return { recognise, against }
}

function stateVerdict(
  event: { type: string; state_key: string; content: unknown },
  state: StateLookup,
): ReturnType<typeof checkChannelState> {
  if (state(topicPolicyEventType, '') !== undefined) return checkChannelState(event, state)
  if (event.type === conversationEventType || saysConversation(state))
    return checkConversationState(event, state)
  return encryptionVerdict(event, state)
}

/** The contents of a room's current state. */
export const contentsOf =
  (view: StateView): StateLookup =>
  (type, stateKey) =>
    view.get(type, stateKey)?.pdu.content

function refusal(
  verdict: ReturnType<typeof checkClearEvent>,
  content: unknown,
  state: StateLookup,
): MatrixError | undefined {
  if (verdict.allowed) return undefined
  return policyRefusal(`channel.${verdict.reason}`, contactOf(content, state), verdict.message)
}

/** Whom to ask: whom the channel's policy names. */
function contactOf(content: unknown, state: StateLookup): string {
  const parsed = [state(topicPolicyEventType, ''), content].map(parseTopicPolicy).find((one) => one.ok)
  if (!parsed?.ok) return ''
  const { contact } = parsed.policy
  return contact.user_id ?? contact.institution ?? contact.text.es
}

const founderText: BilingualText = {
  es: 'Los canales temáticos y los corredores los crea la coordinación de una institución de la red. Pídalo a su coordinación.',
  en: 'Topic channels and corridors are founded by the coordination of an institution of the network. Ask your coordination.',
}

const foundingAdvice: BilingualText = {
  es: 'Cree el canal desde su corredor, cifrado y por invitación.',
  en: 'Found the channel from its corridor, encrypted and by invitation.',
}

function foundingText(fault: ChannelFault): BilingualText {
  const { es, en } = channelFaultText(fault)
  return { es: `${es} ${foundingAdvice.es}`, en: `${en} ${foundingAdvice.en}` }
}
