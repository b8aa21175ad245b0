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

const institutions: Record<string, { kind: string; country: string }> = {
  'gt-casa': { kind: 'ngo', country: 'GT' },
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

export async function startCaseNode() {
  const node = await startTestNode(
    {},
    {
      overrides: {
        directory: () => directoryOf(institutions),
        federationList: async (_ctx, standard) => ({ ...(await standard()), caseSlot: () => 7 }),
      },
    },
  )
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
      minor: true,
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

  return {
    node,
    founder,
    corridor,
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
