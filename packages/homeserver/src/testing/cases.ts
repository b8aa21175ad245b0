/** A node with a topic channel and people of three institutions in it, for tests of cases. */
import {
  type CaseContent,
  type CaseStepDraft,
  caseEventType,
  caseUpdateContent,
  caseUpdateEventType,
} from '@enlace/coordination'
import { foundChannel, foundCorridor } from './channels.ts'
import { directoryOf, startTestNode } from './node.ts'
import { createPartner } from './partner.ts'

const institutions: Record<string, { kind: string; country: string }> = {
  'gt-casa': { kind: 'ngo', country: 'GT' },
  'gt-malo': { kind: 'ngo', country: 'GT' },
  'hn-registro': { kind: 'civil_registry', country: 'HN' },
  'hn-senaf': { kind: 'child_protection', country: 'HN' },
}
export type Person = {
  userId: string
  token: string
  institution?: string
  role?: 'staff' | 'coordinator' | 'official'
}

export const caseApi = '/_enlace/client/v1'
const inAnHour = () => Date.now() + 3_600_000
export const by = (who: Person) => ({ institution: who.institution!, role: who.role! })

export type CaseNode = Awaited<ReturnType<typeof startCaseNode>>

export async function startCaseNode(config: Parameters<typeof startTestNode>[0] = {}) {
  let ahead = 0
  const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead }
  const node = await startTestNode(config, {
    overrides: {
      clock: () => clock,
      directory: () => directoryOf(institutions),
      federationList: async (_ctx, standard) => ({ ...(await standard()), caseSlot: () => 7 }),
    },
  })
  let sent = 0

  async function person(localpart: string, institution?: string, role?: Person['role']): Promise<Person> {
    const of = { ...(institution ? { institution } : {}), ...(role ? { role } : {}) }
    await node.ctx.accounts.create({ localpart, password: 'una contraseña larga', ...of })
    const { body } = await node.login(localpart)
    return { userId: body['user_id'] as string, token: body['access_token'] as string, ...of }
  }

  const call = (who: Person, method: string, path: string, body?: unknown) =>
    node.call(method, path, { token: who.token, ...(body === undefined ? {} : { body }) })

  const chief = await person('coordinacion', 'hn-senaf', 'coordinator')
  const shelter = await person('albergue', 'gt-casa', 'staff')
  const registrar = await person('registro', 'hn-registro', 'staff')
  const guest = await person('nadie')
  const founder = {
    userId: chief.userId,
    async ask(method: string, path: string, body: object) {
      const answer = await call(chief, method, path, body)
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
      return answer.body
    },
  }
  const corridor = await foundCorridor(founder)
  const invite = [shelter.userId, registrar.userId]
  const roomId = await foundChannel(founder, corridor, 'documentation', { more: { invite } })
  for (const who of [shelter, registrar]) {
    const { status } = await call(who, 'POST', `/join/${roomId}`, {})
    if (status !== 200) throw new Error(`join: ${status}`)
  }

  const send = (who: Person, type: string, content: object, txn = `t${sent++}`, room = roomId) =>
    call(who, 'PUT', `/rooms/${room}/send/${type}/${txn}`, content)

  async function reference(who: Person, kind = 'birth_certificate'): Promise<string> {
    const answer = await call(who, 'POST', `${caseApi}/cases/reference`, { kind, room_id: roomId })
    return String(answer.body['reference'])
  }

  async function content(more: Partial<CaseContent> = {}, who = shelter): Promise<CaseContent> {
    return {
      reference: more.reference ?? (await reference(who, more.kind)),
      kind: 'birth_certificate',
      priority: 'high',
      requesting: who.institution!,
      responsible: 'hn-registro',
      acknowledge_by: inAnHour(),
      deadline: inAnHour(),
      by: by(who),
      ...more,
    }
  }

  async function open(more: Partial<CaseContent> = {}, who = shelter): Promise<string> {
    const answer = await send(who, caseEventType, await content(more, who))
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return String(answer.body['event_id'])
  }

  async function step(who: Person, id: string, draft: CaseStepDraft) {
    const state = await node.ctx.cases.state(id)
    return send(who, caseUpdateEventType, caseUpdateContent(state!, by(who), draft))
  }

  /** One more person of the node in the channel. */
  async function join(localpart: string, institution: string, role: Person['role']): Promise<Person> {
    const who = await person(localpart, institution, role)
    const invited = await call(chief, 'POST', `/rooms/${roomId}/invite`, { user_id: who.userId })
    const joined = await call(who, 'POST', `/join/${roomId}`, {})
    if (invited.status !== 200 || joined.status !== 200) throw new Error(JSON.stringify(invited.body))
    return who
  }

  /** A partner's person in the channel, as if the door had let them in. */
  async function admit(userId: string): Promise<void> {
    const { sender } = (await node.ctx.rooms.currentState(roomId)).get('m.room.create')!.pdu
    const partner = createPartner(node.ctx, userId.slice(userId.indexOf(':') + 1))
    await node.ctx.rooms.send({
      roomId,
      sender,
      type: 'm.room.member',
      stateKey: userId,
      content: { membership: 'invite' },
    })
    const { refuses } = node.ctx.policy
    node.ctx.policy.refuses = async () => undefined
    const { outcome } = await partner.join(roomId, userId)
    node.ctx.policy.refuses = refuses
    if (outcome !== 'accepted') throw new Error(`join of a partner: ${outcome}`)
  }

  /** Gives somebody a coordinator's power in the channel. */
  async function empower({ userId }: Pick<Person, 'userId'>): Promise<void> {
    const levels = (await node.ctx.rooms.currentState(roomId)).get('m.room.power_levels')!.pdu.content
    const users = { ...(levels['users'] as object), [userId]: 50 }
    const content = { ...levels, users }
    await node.ctx.rooms.send({
      roomId,
      sender: chief.userId,
      type: 'm.room.power_levels',
      stateKey: '',
      content,
    })
  }

  return {
    node,
    founder,
    corridor,
    person,
    join,
    admit,
    empower,
    now: clock.now,
    advance(ms: number) {
      ahead += ms
    },
    chief,
    shelter,
    registrar,
    guest,
    roomId,
    call,
    send,
    reference,
    content,
    open,
    step,
  }
}
