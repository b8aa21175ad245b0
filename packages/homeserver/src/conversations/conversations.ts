/**
 * Conversations with people of one's choice: between two, always the same room, and in small groups. The rooms say what they
 * are (`org.enlace.conversation`) and nothing that a person writes.
 */
import {
  conversationEventType,
  conversationNameEventType,
  conversationSchema,
  directBetween,
  groupLimit,
} from '@enlace/coordination'
import type { Context } from '../context.ts'
import { type MatrixError, policyRefusal } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { createRoom } from '../rooms/routes/create-room.ts'
import { inviteUser, joinRoom } from '../rooms/routes/membership-actions.ts'
import { createFounding } from './found-channel.ts'
import type { Checked, Conversations, Opened } from './types.ts'

export function createConversations(ctx: Context): Conversations {
  const inTurn = createKeyedQueue()

  async function direct(userId: string, other: string): Promise<Opened> {
    if (other === userId) throw yourself()
    const found = await existing(userId, other)
    // Who is in it already was let in: written to again, nobody is asked anew.
    const inside = found && (await membershipOf(found.roomId, other))
    if (found && (inside === 'join' || inside === 'invite')) {
      if (found.membership === 'invite') await joinRoom(ctx, userId, found.roomId)
      await markDirect(userId, other, found.roomId)
      return { room_id: found.roomId, existing: true, not_reached: [] }
    }
    const refusal = await ctx.policy.contacts.check(userId, other)
    if (refusal) throw refusal
    const usable = found?.membership === 'join' ? found.roomId : undefined
    const roomId =
      usable ??
      (await makeRoom(userId, { version: 1, kind: 'direct', between: directBetween(userId, other) }))
    const not_reached = await call(roomId, userId, [other], true)
    await markDirect(userId, other, roomId)
    return { room_id: roomId, existing: usable !== undefined, not_reached }
  }

  async function group(userId: string, others: readonly string[]): Promise<Opened> {
    const people = [...new Set(others)].filter((one) => one !== userId)
    if (people.length === 0) throw yourself()
    if (people.length >= groupLimit) throw tooMany()
    for (const one of people) {
      const refusal = await ctx.policy.contacts.check(userId, one)
      if (refusal) throw refusal
    }
    const roomId = await makeRoom(userId, { version: 1, kind: 'group' })
    return { room_id: roomId, existing: false, not_reached: await call(roomId, userId, people, false) }
  }

  /** The room of the two that one is in, or is invited to; the oldest, so that both sides take the same. */
  async function existing(userId: string, other: string) {
    const wanted = JSON.stringify(directBetween(userId, other))
    const rooms = (await ctx.rooms.roomsOf(userId))
      .filter(({ membership }) => membership === 'join' || membership === 'invite')
      .sort((a, b) => (a.membership === b.membership ? a.pos - b.pos : a.membership === 'join' ? -1 : 1))
    for (const { roomId, membership } of rooms) {
      const said = conversationSchema.safeParse(await markOf(roomId, userId, membership))
      if (!said.success || said.data.kind !== 'direct') continue
      if (JSON.stringify(said.data.between) === wanted) return { roomId, membership }
    }
    return undefined
  }

  async function markOf(roomId: string, userId: string, membership: string): Promise<unknown> {
    if (membership === 'join')
      return (await ctx.rooms.currentState(roomId)).get(conversationEventType)?.pdu.content
    const told = await ctx.rooms.strippedState(roomId, userId)
    return told.find(({ type }) => type === conversationEventType)?.['content']
  }

  /** Of a room that nobody here has joined only one's own membership is known: whoever invited is in it. */
  async function membershipOf(roomId: string, other: string): Promise<string | undefined> {
    if (!(await ctx.rooms.room(roomId))?.joinedLocally) return 'join'
    return (await ctx.rooms.membership(roomId, other))?.membership
  }

  /** Whose server is away now is invited again by whoever writes; the others are not kept waiting for it. */
  async function call(
    roomId: string,
    sender: string,
    people: readonly string[],
    isDirect: boolean,
  ): Promise<string[]> {
    const notReached: string[] = []
    let fault: unknown
    for (const userId of people) {
      try {
        await inviteUser(ctx, { roomId, sender, userId, isDirect })
      } catch (error) {
        ctx.log.info({ err: error, room: roomId }, 'somebody could not be called into a conversation')
        notReached.push(userId)
        fault = error
      }
    }
    if (notReached.length === people.length) throw fault
    return notReached
  }

  function makeRoom(userId: string, said: Record<string, unknown>): Promise<string> {
    const isGroup = said['kind'] === 'group'
    return createRoom(ctx, userId, {
      visibility: 'private',
      preset: 'private_chat',
      is_direct: !isGroup,
      power_level_content_override: {
        // In a group everybody brings in whom they may write to; the founder takes out.
        invite: isGroup ? 0 : 50,
        events: { [conversationNameEventType]: 0, 'm.room.pinned_events': 0 },
      },
      initial_state: [
        { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
        { type: 'm.room.join_rules', state_key: '', content: { join_rule: 'invite' } },
        { type: 'm.room.guest_access', state_key: '', content: { guest_access: 'forbidden' } },
        { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'invited' } },
        { type: conversationEventType, state_key: '', content: said },
      ],
    })
  }

  /** So that every Matrix client shows it as one (client-server API, "Direct Messaging"). */
  async function markDirect(userId: string, other: string, roomId: string): Promise<void> {
    const before = (await ctx.accountData.get(userId, 'm.direct')) ?? {}
    const rooms = Array.isArray(before[other]) ? before[other] : []
    if (rooms.includes(roomId)) return
    await ctx.accountData.set(userId, 'm.direct', { ...before, [other]: [...rooms, roomId] })
  }

  return {
    found: createFounding(ctx),
    direct: (userId, other) => inTurn(userId, () => direct(userId, other)),
    group: (userId, others) => inTurn(userId, () => group(userId, others)),
    async check(userId, others) {
      const told: Checked[] = []
      const belongs = (await ctx.policy.memberOf(userId)).institution !== undefined
      for (const other of new Set(others)) {
        const refusal = other === userId ? yourself() : await ctx.policy.contacts.check(userId, other)
        const { institution, role } = belongs ? await ctx.policy.memberOf(other) : {}
        const name = institution && ctx.directory.institution(institution.key)?.name
        told.push({
          user_id: other,
          allowed: refusal === undefined,
          ...(institution ? { institution: institution.key, country: institution.country } : {}),
          ...(name ? { institution_name: name } : {}),
          ...(role ? { role } : {}),
          ...(refusal
            ? { rule: refusal.extra['org.enlace.rule'], message: refusal.extra['org.enlace.message'] }
            : {}),
          ...(refusal?.extra['org.enlace.contact'] ? { duty_of: refusal.extra['org.enlace.contact'] } : {}),
        })
      }
      return told
    },
  }
}

const yourself = (): MatrixError =>
  policyRefusal('contact.yourself', '', {
    es: 'Esa persona es usted. Elija a alguien más.',
    en: 'That person is you. Choose somebody else.',
  })
const tooMany = (): MatrixError =>
  policyRefusal('contact.full', '', {
    es: `Un grupo tiene ${groupLimit} personas como máximo, con usted. Para más gente, pida un canal a la coordinación.`,
    en: `A group has ${groupLimit} people at most, with you. For more, ask the coordination for a channel.`,
  })
