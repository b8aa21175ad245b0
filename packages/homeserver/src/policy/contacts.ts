/**
 * Who may begin a conversation with whom (`contactPolicy` of coordination), where an invitation is made and where it arrives. A
 * partner's server may say of its room what it likes: what is no channel of a corridor known here is a conversation.
 */
import {
  type Conversation,
  contactVerdict,
  conversationEventType,
  conversationSchema,
  groupLimit,
  isCorridor,
  isOutsideConversation,
  parseTopicPolicy,
  type StateLookup,
  topicPolicyEventType,
} from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { type MatrixError, policyRefusal } from '../errors.ts'
import { contentsOf } from './channels.ts'
import type { Contacts, Persons } from './types.ts'

/** Account data by which somebody says from whom they take no conversations. Channels are not concerned. */
export const blockedType = 'org.enlace.conversations.blocked'
const blockedSchema = z.object({ users: z.array(z.string()).catch([]) })

/** As at the door. */
const ASK_MS = 60_000

export function createContacts(ctx: Context, persons: Persons): Contacts {
  async function between(from: string, to: string): Promise<MatrixError | undefined> {
    const [own, other] = await Promise.all([persons.standing(from), persons.standing(to)])
    // Who belongs to nobody in the network is told of nobody in it, not even whether they exist.
    if (own.known && !own.member.institution) {
      const verdict = contactVerdict(own.member, {})
      if (!verdict.allowed) return refusal(verdict.rule, verdict.message)
    }
    const unknown = own.known ? other : own
    if (!unknown.known) return refusal('unconfirmed', unknown.why ?? unconfirmed(own.known ? to : from))
    if (!own.known || !other.known) return undefined
    if (!other.exists) return refusal('account', noAccount(to))
    if (await blocks(to, from)) return refusal('blocked', blocked)
    const verdict = contactVerdict(own.member, other.member)
    if (verdict.allowed) return undefined
    const instead = verdict.instead === 'duty' ? (other.member.institution?.key ?? '') : ''
    return refusal(verdict.rule, verdict.message, instead)
  }

  async function blocks(userId: string, from: string): Promise<boolean> {
    if (!ctx.accounts.isLocal(userId)) return false
    return blockedSchema.parse((await ctx.accountData.get(userId, blockedType)) ?? {}).users.includes(from)
  }

  /** A room that is here took its policy at the door; of another, a corridor known here has to list it. */
  async function isChannel(roomId: string, state: StateLookup, isHere: boolean): Promise<boolean> {
    const parsed = parseTopicPolicy(state(topicPolicyEventType, ''))
    if (!parsed.ok || isHere) return parsed.ok
    const { corridor } = parsed.policy
    if (corridor === undefined || !(await ctx.rooms.room(corridor))?.joinedLocally) return false
    const link = contentsOf(await ctx.rooms.currentState(corridor))('m.space.child', roomId)
    return z.looseObject({ via: z.array(z.string()).min(1) }).safeParse(link).success
  }

  /** Into a corridor that is here its coordinators call whom they want, as into its channels. */
  async function callsIntoCorridor(state: StateLookup, sender: string): Promise<boolean> {
    if (!isCorridor(state)) return false
    const standing = await persons.standing(sender)
    return standing.known && standing.exists && standing.member.role === 'coordinator'
  }

  /** Whoever is on duty may be called by everybody of the network; the book of their own node says whether they are. */
  async function isOnDuty(said: Conversation, userId: string, asker: string): Promise<boolean> {
    if (said.kind !== 'duty') return false
    const standing = await persons.standing(userId)
    if (!standing.known || standing.member.institution?.key !== said.institution) return false
    const local = ctx.accounts.isLocal(userId) ? userId : asker
    const now = await ctx.duty
      .now(local, said.institution, { position: said.position })
      .catch(() => undefined)
    return now?.positions.some((one) => one.on_duty.some((person) => person.user_id === userId)) ?? false
  }

  async function against(args: {
    roomId: string
    sender: string
    userId: string
    state: StateLookup
    members?: number
  }): Promise<MatrixError | undefined> {
    const { roomId, sender, userId, state, members } = args
    const isHere = members !== undefined
    if (await isChannel(roomId, state, isHere)) return undefined
    if (isHere && (await callsIntoCorridor(state, sender))) return undefined
    const mark = state(conversationEventType, '')
    const crosses = serverNameOf(sender) !== serverNameOf(userId)
    // Whoever wants none of somebody is not brought in by leaving unsaid what the room is.
    if (mark === undefined && (await blocks(userId, sender))) return refusal('blocked', blocked)
    // What no conversation of the network is, is among the people of one node their own affair, and everywhere where there is no list.
    if (mark === undefined && !(crosses && ctx.federationList.byRosters)) return undefined
    const parsed = conversationSchema.safeParse(mark)
    if (mark !== undefined && !parsed.success) return refusal('unreadable', unreadable)
    if (isOutsideConversation(mark, userId)) return refusal('direct', twoOnly)
    if (mark !== undefined && (members ?? 1) >= groupLimit) return refusal('full', full)
    if (parsed.success && (await isOnDuty(parsed.data, userId, sender))) return undefined
    return between(sender, userId)
  }

  return {
    async check(from, to) {
      await persons.ask([from, to], ASK_MS)
      return between(from, to)
    },
    async againstInvitation({ roomId, sender, userId, stripped }) {
      await persons.ask([sender, userId], ASK_MS)
      if (stripped) {
        const find: StateLookup = (type, key) =>
          stripped.find((one) => one['type'] === type && one['state_key'] === key)?.['content']
        return against({ roomId, sender, userId, state: find })
      }
      return againstMember({ roomId, sender, userId })
    },
    againstMember,
  }

  async function againstMember(args: { roomId: string; sender: string; userId: string }) {
    const { roomId } = args
    const state = contentsOf(await ctx.rooms.currentState(roomId))
    const inside = [
      ...(await ctx.rooms.members(roomId, 'join')),
      ...(await ctx.rooms.members(roomId, 'invite')),
    ]
    return against({ ...args, state, members: inside.filter((one) => one !== args.userId).length })
  }
}

/** `contact`: the institution whose duty can be written to instead. */
const refusal = (rule: string, message: BilingualText, contact = ''): MatrixError =>
  policyRefusal(`contact.${rule}`, contact, message)

const unconfirmed = (userId: string): BilingualText => ({
  es: `Ahora no se puede confirmar a qué institución pertenece ${userId}. Inténtelo en unos minutos; si urge, escriba a la guardia de su institución.`,
  en: `Which institution ${userId} belongs to cannot be confirmed now. Try again in a few minutes; if it is urgent, write to the duty of their institution.`,
})
const noAccount = (userId: string): BilingualText => ({
  es: `La cuenta ${userId} no existe o está cerrada. Escriba a la guardia de esa institución.`,
  en: `The account ${userId} does not exist or is closed. Write to the duty of that institution.`,
})
const blocked: BilingualText = {
  es: 'Esta persona no recibe conversaciones de usted. Escriba en un canal que compartan, o a la guardia de su institución.',
  en: 'This person takes no conversations from you. Write in a channel that you share, or to the duty of their institution.',
}
const unreadable: BilingualText = {
  es: 'No se puede leer qué clase de conversación es. Pida a quien invita que empiece otra.',
  en: 'What kind of conversation it is cannot be read. Ask whoever invites to begin another one.',
}
const twoOnly: BilingualText = {
  es: 'Esta conversación es entre dos personas y no admite a nadie más. Para hablar entre varias, empiece un grupo.',
  en: 'This conversation is between two people and takes nobody else. To talk among several, begin a group.',
}
const full: BilingualText = {
  es: `Un grupo tiene ${groupLimit} personas como máximo. Para más gente, pida un canal a la coordinación.`,
  en: `A group has ${groupLimit} people at most. For more, ask the coordination for a channel.`,
}
