import { type Role, type TopicPolicy, topicPolicyEventType } from '@enlace/coordination'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { foundChannel, foundCorridor } from '../testing/channels.ts'
import { directoryOf, startTestNode, type TestNode } from '../testing/node.ts'

let node: TestNode
type Person = { userId: string; token: string }
const kinds: Record<string, { kind: string; country: string }> = {
  'hn-registro': { kind: 'civil_registry', country: 'HN' },
  'hn-albergue': { kind: 'ngo', country: 'HN' },
}
const policy: TopicPolicy = {
  topic: 'minors',
  admits: { institution_kinds: ['civil_registry'], roles: ['staff', 'coordinator'] },
  contact: { user_id: '@coordinacion:hn.example', text: { es: 'la coordinación', en: 'the coordination' } },
}

async function person(localpart: string, institution?: string, role?: Role): Promise<Person> {
  const password = 'una contraseña larga'
  await node.ctx.accounts.create({
    localpart,
    password,
    ...(institution === undefined ? {} : { institution }),
    ...(role === undefined ? {} : { role }),
  })
  const { body } = await node.login(localpart)
  return { userId: body['user_id'] as string, token: body['access_token'] as string }
}

let chief: Person
let registrar: Person
let shelter: Person
let official: Person
let nobody: Person
let corridor: string

beforeAll(async () => {
  node = await startTestNode(
    {},
    {
      overrides: { directory: () => directoryOf(kinds) },
    },
  )
  chief = await person('coordinacion', 'hn-registro', 'coordinator')
  registrar = await person('registro', 'hn-registro', 'staff')
  official = await person('oficial', 'hn-registro', 'official')
  shelter = await person('albergue', 'hn-albergue', 'staff')
  nobody = await person('nadie')
  corridor = await foundCorridor(founder)
})
afterAll(() => node.close())

const call = (who: Person, method: string, path: string, body: unknown = method === 'GET' ? undefined : {}) =>
  node.call(method, path, { token: who.token, body })

const founder = {
  get userId() {
    return chief.userId
  },
  async ask(method: string, path: string, body: object) {
    const answer = await call(chief, method, path, body)
    expect(answer).toMatchObject({ status: 200 })
    return answer.body
  },
}

const channel = (join_rule: 'invite' | 'knock') =>
  foundChannel(founder, corridor, policy, { state: { 'm.room.join_rules': { join_rule } } })

const refusal = (rule: string) => ({
  status: 403,
  body: {
    errcode: 'M_FORBIDDEN',
    'org.enlace.rule': `topic-policy.${rule}`,
    'org.enlace.contact': '@coordinacion:hn.example',
    'org.enlace.message': { es: expect.stringContaining('coordinación'), en: expect.any(String) },
  },
})

test('those the policy admits are invited and join', async () => {
  const roomId = await channel('invite')
  expect((await call(chief, 'POST', `/rooms/${roomId}/invite`, { user_id: registrar.userId })).status).toBe(
    200,
  )
  expect((await call(registrar, 'POST', `/join/${roomId}`)).status).toBe(200)
})

test.each([
  ['institution_kind', () => shelter],
  ['role', () => official],
  ['institution', () => nobody],
])('a refusal by %s says the rule and whom to ask: invite, join, knock, and as state', async (rule, who) => {
  const invited = await channel('invite')
  const invite = { user_id: who().userId }
  expect(await call(chief, 'POST', `/rooms/${invited}/invite`, invite)).toMatchObject(refusal(rule))
  const asState = `/rooms/${invited}/state/m.room.member/${encodeURIComponent(who().userId)}`
  expect(await call(chief, 'PUT', asState, { membership: 'invite' })).toMatchObject(refusal(rule))
  expect(await call(who(), 'POST', `/join/${await channel('invite')}`)).toMatchObject(refusal(rule))
  expect(await call(who(), 'POST', `/knock/${await channel('knock')}`)).toMatchObject(refusal(rule))
})

test('an invitation from before the policy changed does not let one in after', async () => {
  const roomId = await channel('invite')
  await call(chief, 'POST', `/rooms/${roomId}/invite`, { user_id: registrar.userId })
  const stricter = { ...policy, corridor, admits: { institution_kinds: ['judicial'] } }
  await call(chief, 'PUT', `/rooms/${roomId}/state/${topicPolicyEventType}`, stricter)
  expect(await call(registrar, 'POST', `/join/${roomId}`)).toMatchObject(refusal('institution_kind'))
})

test('a policy that cannot be read is not taken, and is changed by those with the power alone', async () => {
  const roomId = await channel('invite')
  await call(chief, 'POST', `/rooms/${roomId}/invite`, { user_id: registrar.userId })
  await call(registrar, 'POST', `/join/${roomId}`)
  const path = `/rooms/${roomId}/state/${topicPolicyEventType}`
  expect((await call(registrar, 'PUT', path, { ...policy, corridor })).status).toBe(403)
  expect(await call(chief, 'PUT', path, { topic: 'minors', admits: 'everyone' })).toMatchObject({
    status: 400,
    body: { errcode: 'M_BAD_JSON' },
  })
  await call(chief, 'PUT', `/rooms/${roomId}/state/m.room.power_levels`, {
    ...(await call(chief, 'GET', `/rooms/${roomId}/state/m.room.power_levels`)).body,
    users: { [registrar.userId]: 50 },
  })
  // A moderator moderates; who may take part is not theirs to say.
  expect((await call(registrar, 'PUT', path, { ...policy, corridor, topic: 'returns' })).status).toBe(403)
  expect((await call(registrar, 'PUT', `/rooms/${roomId}/state/m.room.name`, { name: 'x' })).status).toBe(200)
})

test('a room without a policy asks nothing', async () => {
  const { body } = await call(chief, 'POST', '/createRoom', { preset: 'public_chat' })
  expect((await call(nobody, 'POST', `/join/${body['room_id']}`)).status).toBe(200)
})
