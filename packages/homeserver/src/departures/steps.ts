/** The work of each step. All of them may be begun again at any point: what is done is seen and left alone. */
import {
  actorSchema,
  afterHeads,
  type CaseState,
  caseUpdateContent,
  caseUpdateEventType,
  escalationUpdateEventType,
  finalStatuses,
  refusalOf,
} from '@enlace/coordination'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { leaveRoom } from '../rooms/routes/membership-actions.ts'
import { callsHeldBy, isAtWork } from './holdings.ts'
import type { DepartureDoc, DepartureStep, HeldCase, StepOutcome, StepWork } from './types.ts'

/** Transactions of the node itself: no device has this id. */
const NODE_DEVICE = 'org.enlace.node'
/** In a member event that the node sent because somebody left their institution. */
const RULE = { 'org.enlace.rule': 'institution.departure' }
const POWER = 'm.room.power_levels'

export function createSteps(ctx: Context): Record<DepartureStep, StepWork> {
  const joined = async (roomId: string, userId: string) =>
    (await ctx.rooms.membership(roomId, userId))?.membership === 'join'

  /**
   * In whose name the node says in a room that something is somebody else's now: who began it, if they are in the room; else
   * who takes it over; else a colleague; and the person who leaves only where no other of the institution is there, because
   * partners that were away do not hear somebody who was struck meanwhile.
   */
  async function sendersIn(roomId: string, { user_id, by, institution, role }: DepartureDoc, to: string) {
    const found: { sender: string; by: { institution: string; role: string } }[] = []
    const members = new Set(await ctx.rooms.members(roomId, 'join'))
    const others = [...members].filter((one) => ctx.accounts.isLocal(one)).sort()
    for (const sender of new Set([by, to, ...others])) {
      if (sender === user_id || !members.has(sender) || !(await isAtWork(ctx, sender))) continue
      const place = await ctx.policy.memberOf(sender)
      if (place.institution?.key === institution && place.role)
        found.push({ sender, by: { institution, role: place.role } })
    }
    if (members.has(user_id) && role) found.push({ sender: user_id, by: { institution, role } })
    return found
  }

  /** Whoever takes a case over is asked into its channel by somebody who may, where they are not in it. */
  async function askIn(roomId: string, departure: DepartureDoc, to: string): Promise<void> {
    const membership = (await ctx.rooms.membership(roomId, to))?.membership
    if (membership === 'join' || membership === 'invite') return
    if (await ctx.policy.checkMembership({ roomId, userId: to, actor: departure.by, action: 'invite' }))
      return
    for (const { sender } of await sendersIn(roomId, departure, to))
      try {
        const content = { membership: 'invite' }
        await ctx.rooms.send({ roomId, sender, type: 'm.room.member', stateKey: to, content })
        return
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error
      }
  }

  const holder = (state: CaseState, side: HeldCase['side']) =>
    side === 'owner' ? state.assignee : (state.follower ?? state.openedBy)

  async function passCase(departure: DepartureDoc, one: HeldCase & { to: string }): Promise<boolean> {
    await ctx.cases.settled()
    const state = await ctx.cases.state(one.case_id)
    if (!state || finalStatuses.has(state.status) || holder(state, one.side) !== departure.user_id)
      return true
    await askIn(one.room_id, departure, one.to)
    for (const { sender, by } of await sendersIn(one.room_id, departure, one.to)) {
      const draft = { step: one.side === 'owner' ? 'assign' : 'follow', assignee: one.to } as const
      const content = caseUpdateContent(state, actorSchema.parse(by), draft)
      // The institution has given the case away since.
      if (refusalOf(state, content) === 'not_a_party') return true
      try {
        const transaction = { deviceId: NODE_DEVICE, txnId: `${departure._id}|${one.case_id}|${one.side}` }
        await ctx.rooms.send({
          roomId: one.room_id,
          sender,
          type: caseUpdateEventType,
          content,
          transaction,
        })
        await ctx.alerts.raise({
          key: `departure|${departure._id}|${one.case_id}`,
          userId: one.to,
          urgent: false,
          kind: 'case',
          roomId: one.room_id,
          eventId: one.case_id,
        })
        return true
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error
        ctx.log.warn({ err: error, case: one.case_id, sender }, 'a case could not be handed over')
      }
    }
    return false
  }

  const outOfReach = async (to: string): Promise<StepOutcome | undefined> =>
    (await isAtWork(ctx, to))
      ? undefined
      : {
          es: `${to} ya no trabaja con una cuenta activa. Elija a otra persona para lo que falta.`,
          en: `${to} has no active account any more. Choose somebody else for what is left.`,
        }

  async function passCases(departure: DepartureDoc): Promise<StepOutcome> {
    const left: string[] = []
    for (const one of departure.cases) {
      const refusal = await outOfReach(one.to)
      if (refusal) return refusal
      if (!(await passCase(departure, one))) left.push(one.reference)
    }
    if (left.length === 0) return 'done'
    return {
      es: `Nadie de la institución puede registrar el cambio en ${left.join(', ')}: quien coordina debe entrar al canal.`,
      en: `Nobody of the institution can record the change in ${left.join(', ')}: whoever coordinates has to join the channel.`,
    }
  }

  /** A call that the person answers is offered to whoever takes their cases; where nobody can take it, it rings again. */
  async function passCalls(departure: DepartureDoc): Promise<StepOutcome> {
    const { user_id, institution, role } = departure
    const by = actorSchema.safeParse({ institution, role })
    const to = departure.cases_to ?? departure.shifts_to
    for (const { escalation_id, room_id } of await callsHeldBy(ctx, user_id)) {
      const call = await ctx.escalations.read(escalation_id)
      if (!call || !(await joined(room_id, user_id))) continue
      const offered = to !== undefined && call.handedTo === undefined && (await joined(room_id, to))
      const action = offered && (await isAtWork(ctx, to)) ? 'hand_over' : 'unacknowledge'
      if (action === 'unacknowledge' && call.handedTo !== undefined) continue
      await ctx.rooms.send({
        roomId: room_id,
        sender: user_id,
        type: escalationUpdateEventType,
        content: {
          'm.relates_to': { rel_type: 'm.reference', event_id: escalation_id },
          ...afterHeads(call),
          action,
          ...(action === 'hand_over' ? { to } : {}),
          ...(by.success ? { by: by.data } : {}),
        },
        transaction: { deviceId: NODE_DEVICE, txnId: `${departure._id}|${escalation_id}` },
      })
    }
    return 'done'
  }

  /** A channel that only the person could set up is not left without somebody who can. */
  async function keepInHand(roomId: string, departure: DepartureDoc): Promise<void> {
    const { user_id } = departure
    if (!(await ctx.rooms.maySendState(roomId, user_id, POWER))) return
    for (const member of await ctx.rooms.members(roomId, 'join'))
      if (member !== user_id && (await ctx.rooms.maySendState(roomId, member, POWER))) return
    const heirs = [departure.successor, departure.by, departure.cases_to, departure.shifts_to]
    for (const heir of heirs) {
      if (heir === undefined || heir === user_id || !(await joined(roomId, heir))) continue
      const levels = (await ctx.rooms.currentState(roomId)).get(POWER)?.pdu.content ?? {}
      const users = { ...((levels['users'] as Record<string, number> | undefined) ?? {}), [heir]: 100 }
      await ctx.rooms.send({
        roomId,
        sender: user_id,
        type: POWER,
        stateKey: '',
        content: { ...levels, users },
      })
      return
    }
  }

  async function endMembership(roomId: string, departure: DepartureDoc): Promise<void> {
    const { user_id, by } = departure
    const current = await ctx.rooms.membership(roomId, user_id)
    if (!current || current.membership === 'leave' || current.membership === 'ban') return
    if (current.membership === 'join') await keepInHand(roomId, departure)
    // The name stays in the event, so that what they wrote is still somebody's.
    const displayname = current.event.pdu.content['displayname']
    const named = typeof displayname === 'string' ? { displayname } : {}
    const content = { membership: 'leave', ...named, ...RULE }
    if ((await ctx.rooms.room(roomId))?.joinedLocally) {
      const may =
        by !== user_id && (await joined(roomId, by)) && (await ctx.rooms.mayRemove(roomId, by, user_id))
      const sender = may ? by : user_id
      await ctx.rooms.send({ roomId, sender, type: 'm.room.member', stateKey: user_id, content })
      return
    }
    await leaveRoom(ctx, user_id, roomId)
  }

  async function endMemberships(departure: DepartureDoc): Promise<StepOutcome> {
    let left = 0
    for (const { roomId, membership } of await ctx.rooms.roomsOf(departure.user_id)) {
      if (membership === 'leave' || membership === 'ban') continue
      try {
        await endMembership(roomId, departure)
      } catch (error) {
        // An invitation of a server that is away cannot be declined; nobody can take it up either.
        if (membership === 'join') left += 1
        ctx.log.warn({ err: error, room: roomId }, 'a room of somebody who leaves could not be left')
      }
    }
    await ctx.policy.personChanged(departure.user_id)
    if (left === 0) return 'done'
    return {
      es: `Faltan ${left} canales o conversaciones. Se vuelve a intentar por sí solo.`,
      en: `${left} channels or conversations are left. It is tried again by itself.`,
    }
  }

  async function strike(departure: DepartureDoc): Promise<StepOutcome> {
    if (!ctx.policy.byRosters) {
      if (departure.successor !== undefined)
        await ctx.accounts.setPosition(departure.successor, { role: 'coordinator' })
      return 'done'
    }
    const { institution, user_id, publication, successor } = departure
    /** What is noted on the account follows the roster: else the successor would be shown as somebody to be put back. */
    const settled = async (): Promise<StepOutcome> => {
      if (successor !== undefined && (await ctx.policy.coordinates(institution, successor)))
        await ctx.accounts.setPosition(successor, { role: 'coordinator' })
      return 'done'
    }
    const struck = async (): Promise<boolean | undefined> => {
      const current = ctx.federation.roster(institution)
      if (!current.usable) return current.reason === 'none' || current.reason === 'no-key' ? true : undefined
      const entry = await ctx.policy.rosterEntry(institution, user_id)
      return entry === undefined || (entry.until !== undefined && entry.until <= ctx.clock.now())
    }
    if (await struck()) return settled()
    if (publication === undefined) return mustSign
    try {
      await ctx.federation.publishInstitution(institution, JSON.parse(publication))
      await ctx.federation.refreshList()
      return (await struck()) ? settled() : underWay
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error
      // Somebody else signed in between: the roster has to be signed again, on top of what is there now.
      if (error.status < 500 && error.status !== 429) return { refused: mustSign }
      return underWay
    }
  }

  return {
    async sessions({ user_id, _id, account }) {
      if (account === 'closes') await ctx.accounts.setLeaving(user_id, _id)
      else await ctx.accounts.endSessions(user_id)
      return 'done'
    },
    async shifts({ institution, user_id, shifts_to, by }) {
      const held = await ctx.duty.heldBy(institution, user_id)
      if (held.turns.length + held.overrides.length + held.swaps.length === 0) return 'done'
      const refusal = shifts_to === undefined ? nobodyNamed : await outOfReach(shifts_to)
      if (refusal || shifts_to === undefined) return refusal ?? nobodyNamed
      await ctx.duty.passOn(institution, user_id, shifts_to, by)
      return 'done'
    },
    cases: passCases,
    calls: passCalls,
    rooms: endMemberships,
    roster: strike,
    async account({ user_id, account, institution }) {
      if (account === 'closes') {
        await ctx.accounts.deactivate(user_id)
        return 'done'
      }
      if ((await ctx.accounts.get(user_id))?.institution === institution)
        await ctx.accounts.setPosition(user_id, { institution: null, role: null })
      return 'done'
    },
  }
}

const mustSign = {
  es: 'Falta que quien tiene la clave de la institución firme la lista sin esta persona. Todo lo demás ya está hecho.',
  en: 'Whoever has the institution’s key still has to sign the roster without this person. Everything else is done.',
}
const underWay = {
  es: 'La lista firmada sin esta persona está en camino al directorio de la red. Se vuelve a intentar por sí solo.',
  en: 'The signed roster without this person is on its way to the network’s registry. It is tried again by itself.',
}
const nobodyNamed = {
  es: 'Tiene turnos y nadie fue nombrado para tomarlos. Elija a una persona.',
  en: 'There are shifts, and nobody was named to take them. Choose somebody.',
}
