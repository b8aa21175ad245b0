/**
 * "Write to whoever is on duty": an encrypted room with them, made for the person who writes. The room says what it is
 * (`org.enlace.conversation`), so that every node holds it to the rules of conversations: nothing clear, and nobody in it
 * who does not speak for an institution of the network.
 */
import { conversationEventType } from '@enlace/coordination'
import type { Context } from '../context.ts'
import { MatrixError, policyRefusal } from '../errors.ts'
import { FederationError } from '../federation/errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { createRoom } from '../rooms/routes/create-room.ts'
import { inviteUser } from '../rooms/routes/membership-actions.ts'
import type { Duty, DutyConversation, DutyModels, PositionNow } from './types.ts'

const MAX_CALLED = 5

export function createConversations(ctx: Context, deps: { models: DutyModels; now: Duty['now'] }) {
  const { models } = deps
  const inTurn = createKeyedQueue()

  async function write(userId: string, institution: string, position?: string): Promise<DutyConversation> {
    const said = await deps.now(userId, institution, position === undefined ? {} : { position })
    if (position !== undefined && !said.positions.some(({ key }) => key === position))
      throw faults.noPosition(said.name)
    const found = said.positions.find((one) => one.on_duty.length > 0)
    if (!found)
      throw said.positions.length === 0 ? faults.noRoster(said.name, said.away) : faults.nobody(said.name)
    const called = found.on_duty.map((one) => one.user_id).filter((one) => one !== userId)
    if (called.length === 0) throw faults.yourself(said.name)
    const key = `${userId}|${institution}|${found.key}`
    return inTurn(key, () => open(key, { userId, institution, called: called.slice(0, MAX_CALLED), found }))
  }

  async function open(
    key: string,
    args: { userId: string; institution: string; called: string[]; found: PositionNow },
  ): Promise<DutyConversation> {
    const { userId, institution, called, found } = args
    const before = await models.Conversation.findById(key).lean()
    const usable = before !== null && (await isJoined(before.room_id, userId))
    const roomId = usable ? before.room_id : await makeRoom(key, userId, institution, found.key)
    const present: string[] = []
    const invited: string[] = []
    let fault: unknown
    for (const one of called) {
      const membership = (await ctx.rooms.membership(roomId, one))?.membership
      if (membership === 'join' || membership === 'invite') {
        present.push(one)
        continue
      }
      try {
        await inviteUser(ctx, { roomId, sender: userId, userId: one, isDirect: true })
        invited.push(one)
      } catch (error) {
        ctx.log.info({ err: error, room: roomId }, 'somebody on duty could not be called into a conversation')
        fault = error
      }
    }
    if (present.length + invited.length === 0) throw faults.notReached(found, fault)
    return { room_id: roomId, position: found.key, invited, present, existing: usable }
  }

  /** Encrypted and closed before anybody is called in; its name is made by clients, for state is clear. */
  async function makeRoom(
    key: string,
    userId: string,
    institution: string,
    position: string,
  ): Promise<string> {
    const roomId = await createRoom(ctx, userId, {
      visibility: 'private',
      preset: 'private_chat',
      is_direct: true,
      initial_state: [
        { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
        { type: 'm.room.join_rules', state_key: '', content: { join_rule: 'invite' } },
        { type: 'm.room.guest_access', state_key: '', content: { guest_access: 'forbidden' } },
        { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'invited' } },
        {
          type: conversationEventType,
          state_key: '',
          content: { version: 1, kind: 'duty', institution, position },
        },
      ],
    })
    await models.Conversation.replaceOne({ _id: key }, { room_id: roomId }, { upsert: true })
    return roomId
  }

  const isJoined = async (roomId: string, userId: string) =>
    (await ctx.rooms.membership(roomId, userId))?.membership === 'join'

  return { write }
}

const faults = {
  noPosition: (name: string) =>
    policyRefusal('duty.no_position', '', {
      es: `${name} ya no tiene ese puesto de turno. Actualice la página y elija otro, o abra un caso dirigido a esa institución.`,
      en: `${name} has no such duty position any more. Refresh the page and choose another, or open a case for that institution.`,
    }),
  noRoster: (name: string, away: boolean) =>
    away
      ? policyRefusal('duty.unknown', '', {
          es: `El servidor de ${name} no responde y aquí no se conocen sus turnos. Abra un caso: le llegará cuando vuelva. Si urge, llame por teléfono.`,
          en: `The server of ${name} does not answer and its roster is not known here. Open a case: it arrives when it is back. If it is urgent, telephone.`,
        })
      : policyRefusal('duty.none', '', {
          es: `${name} no publica turnos de guardia en Enlace. Abra un caso dirigido a esa institución, o use sus contactos del directorio.`,
          en: `${name} publishes no duty roster in Enlace. Open a case for that institution, or use its contacts in the directory.`,
        }),
  nobody: (name: string) =>
    policyRefusal('duty.nobody', '', {
      es: `En ${name} no hay nadie de turno ahora. Abra un caso: lo verá quien llegue. Si urge, haga un llamado urgente desde el caso.`,
      en: `Nobody of ${name} is on duty now. Open a case: whoever comes next sees it. If it is urgent, raise a call from the case.`,
    }),
  yourself: (name: string) =>
    policyRefusal('duty.yourself', '', {
      es: `En ${name} la única persona de turno es usted.`,
      en: `The only person on duty at ${name} is you.`,
    }),
  notReached(found: PositionNow, error: unknown): MatrixError {
    const away = error instanceof FederationError && !error.refused
    if (!away && error instanceof MatrixError) return error
    return policyRefusal('duty.away', '', {
      es: `El servidor de quien está de turno (${found.name.es}) no responde ahora. Abra un caso: le llegará cuando vuelva. Si urge, llame por teléfono.`,
      en: `The server of whoever is on duty (${found.name.en}) does not answer now. Open a case: it arrives when it is back. If it is urgent, telephone.`,
    })
  },
}
