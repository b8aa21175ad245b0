/**
 * The checks an event goes through, in the order of the specification (server-server API, "Checks performed on receipt of
 * a PDU"). The first and the third are made by reading it (`readPdu`): format and size, and the hash. A local event is made
 * so that 1 to 5 hold, and goes through the sixth.
 */
import { conversationEventType, redactionRule, redactionRuleText } from '@enlace/coordination'
import {
  authEventTypesFor,
  checkAuth,
  checkAuthSelection,
  type Pdu,
  serverNameOf,
  stateKeyOf,
} from '@enlace/room-model'
import { callAgainst, settingsAgainst } from '../../cases/partner-door.ts'
import { forbidden, MatrixError, policyRefusal } from '../../errors.ts'
import { redactionTarget } from '../redactions.ts'
import { carriesPolicy, lookupIn, marksOf, preload, type Room } from '../room.ts'
import type { Checks, DoorDeps } from './types.ts'

const conversationKey = stateKeyOf(conversationEventType, '')
const ENTERING = new Set<unknown>(['join', 'invite', 'knock'])

/** Whom a membership event brings into a room, or to its door. */
export const comesIn = (pdu: Pdu): string | undefined =>
  pdu.type === 'm.room.member' && ENTERING.has(pdu.content['membership']) ? pdu.state_key : undefined

export function createChecks({ ctx, store }: Pick<DoorDeps, 'ctx' | 'store'>): Checks {
  /** Ids of the state events that authorisation of the event reads. */
  const authIds = (state: ReadonlyMap<string, string>, pdu: Pdu, room: Room) =>
    authEventTypesFor(pdu, room.version).flatMap(([type, key]) => state.get(stateKeyOf(type, key)) ?? [])

  /** Partners bring whom they like; in a topic channel counts whom the policy admits at this moment. */
  async function policyAgainst(room: Room, pdu: Pdu): Promise<string | undefined> {
    const person = comesIn(pdu)
    if (person === undefined || room.members.get(person) === 'join') return undefined
    const refusal = await ctx.policy.refuses(room.roomId, person)
    if (refusal || pdu.content['membership'] !== 'invite') return refusal?.message
    // A conversation is held to it everywhere; of any other room each node looks after its own people.
    if (!room.state.has(conversationKey) && !ctx.accounts.isLocal(person)) return undefined
    const args = { roomId: room.roomId, sender: pdu.sender, userId: person }
    return (await ctx.policy.contacts.againstMember(args))?.message
  }

  /** Neither makes a false channel of the room, nor spoils one, nor deletes what protects it. */
  async function channelAgainst(room: Room, pdu: Pdu): Promise<MatrixError | undefined> {
    const isState = pdu.state_key !== undefined
    const inChannel = carriesPolicy(room.state)
    if (!isState && !inChannel && pdu.type !== 'm.room.redaction') return undefined
    // Of messages only the room is asked: nothing is loaded for them.
    if (isState) await preload(room.state, store)
    else if (inChannel) await store.events.getMany(marksOf(room.state))
    const lookup = lookupIn(room.state, store)
    const { type, sender, content } = pdu
    const refusal = await ctx.channels.against(
      { roomId: room.roomId, type, sender, content, ...(isState ? { stateKey: pdu.state_key } : {}) },
      (one, key) => lookup(one, key)?.content ?? (room.state.has(stateKeyOf(one, key)) ? {} : undefined),
    )
    return refusal ?? redactionAgainst(room, pdu)
  }

  async function redactionAgainst(room: Room, pdu: Pdu): Promise<MatrixError | undefined> {
    const id = pdu.type === 'm.room.redaction' ? redactionTarget(pdu, room.version) : undefined
    const target = id === undefined ? undefined : await store.events.get(id)
    if (!target || target.roomId !== room.roomId) return undefined
    const rule = redactionRule(target.pdu.type, carriesPolicy(room.state))
    return rule === undefined ? undefined : policyRefusal(rule, '', redactionRuleText[rule])
  }

  /** Who is on no roster any more says and sets nothing in a channel, from this moment; they may leave. */
  async function silenced(room: Room, pdu: Pdu): Promise<string | undefined> {
    if (!carriesPolicy(room.state)) return undefined
    const leaves = pdu.type === 'm.room.member' && pdu.content['membership'] === 'leave'
    if (leaves && pdu.state_key === pdu.sender) return undefined
    return ctx.policy.silences(room.roomId, pdu.sender, pdu.content['by'])
  }

  function cutOff({ sender }: Pdu): string | undefined {
    const server = serverNameOf(sender)
    if (server === undefined || server === ctx.serverName) return undefined
    try {
      ctx.federation.checkServer(server, 'relayed')
      return undefined
    } catch (error) {
      if (error instanceof MatrixError) return error.message
      throw error
    }
  }

  /** For good, not for now: the list says so. */
  const shutOut = ({ sender }: Pdu): boolean => ctx.federation.cutOff(serverNameOf(sender) ?? '')

  return {
    cutOff,
    shutOut,

    async notSigned(event) {
      const signed = await ctx.keyRing.verifyEvent(event)
      return signed.ok ? undefined : signed.reason
    },

    async rejectedByAuthEvents(roomId, version, pdu, auth) {
      const selection = checkAuthSelection(
        pdu,
        auth.map((event) => ({ id: event.eventId, pdu: event.pdu, rejected: event.verdict === 'reject' })),
        version,
      )
      if (!selection.allowed) return selection.reason
      const own = new Map(
        auth.map((event) => [stateKeyOf(event.pdu.type, event.pdu.state_key ?? ''), event.eventId]),
      )
      if (version.roomIdIsCreateHash) own.set(stateKeyOf('m.room.create', ''), `$${roomId.slice(1)}`)
      await store.events.getMany([...own.values()])
      const verdict = checkAuth(pdu, lookupIn(own, store), version)
      return verdict.allowed ? undefined : verdict.reason
    },

    async rejectedByState(room, pdu, state) {
      await preload(state, store, authIds(state, pdu, room))
      const verdict = checkAuth(pdu, lookupIn(state, store), room.version)
      return verdict.allowed ? undefined : verdict.reason
    },

    async softFailed(room, pdu) {
      await preload(room.state, store, authIds(room.state, pdu, room))
      const verdict = checkAuth(pdu, lookupIn(room.state, store), room.version)
      if (!verdict.allowed) return verdict.reason
      return cutOff(pdu) ?? (await silenced(room, pdu)) ?? callAgainst(ctx, room.roomId, pdu)
    },

    async withheld(room, pdu) {
      const refusal = await channelAgainst(room, pdu)
      return refusal ? refusal.message : (settingsAgainst(ctx, pdu) ?? policyAgainst(room, pdu))
    },

    async checkLocal(room, pdu) {
      const verdict = checkAuth(pdu as Pdu, lookupIn(room.state, store), room.version)
      if (!verdict.allowed) throw forbidden(`Not allowed in this room: ${verdict.reason}.`)
      const refusal = await channelAgainst(room, pdu as Pdu)
      if (refusal) throw refusal
    },
  }
}
