import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { directoryOf, PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { cleanName, skeletonOf } from './display-names.ts'

let node: TestNode
let token: string
const userId = '@personal:hn.example'

beforeAll(async () => {
  node = await startTestNode(
    {},
    {
      overrides: {
        directory: () =>
          directoryOf({
            'Consulado de Guatemala': { country: 'GT', kind: 'consulate' },
            'hn-rnp-sps': { country: 'HN', kind: 'civil_registry' },
          }),
      },
    },
  )
  const of = { password: PASSWORD, institution: 'hn-rnp-sps' }
  await node.ctx.accounts.create({ ...of, localpart: 'personal', role: 'staff' })
  await node.ctx.accounts.create({
    ...of,
    localpart: 'jefa.hn',
    role: 'coordinator',
    displayName: 'Coordinación Honduras',
  })
  await node.ctx.accounts.create({ ...of, localpart: 'ana', role: 'staff', displayName: 'Ana López' })
  token = (await node.login('personal')).body['access_token'] as string
})
afterAll(() => node?.close())

const call = (displayname: string) =>
  node.call('PUT', `/profile/${userId}/displayname`, { token, body: { displayname } })

describe('hostile: staff call themselves like somebody else', () => {
  test.each([
    'Coordinación Honduras',
    'COORDINACION  HONDURAS',
    'Coordinacio\u0301n Honduras',
    'Со\u043erdin\u0430ción Honduras',
    'C0ordinación H0nduras',
    'Coordinadora de turno',
    'Oficial de turno',
    'Of\u200bicial',
    'Guardia',
    'Soporte técnico',
    '\u0410dministrador',
    'Ana López',
    'Аna Lοpez',
    'ana  lopez',
    'An\u00ada L\u200dópez',
    '\u202eAna López\u202c',
    'Ana-López.',
    'jefa.hn',
    'Jefa HN',
    'Consulado de Guatemala',
    'ConsuIado de Guatema1a',
  ])('%s', async (name) => {
    const answer = await call(name)
    expect([answer.status, answer.body['errcode']]).toEqual([403, 'M_FORBIDDEN'])
    expect(answer.body['org.enlace.message']).toEqual({ es: expect.any(String), en: expect.any(String) })
    // Nor in one room alone.
    const { body } = await node.call('POST', '/createRoom', { token, body: {} })
    const state = `/rooms/${encodeURIComponent(body['room_id'] as string)}/state/m.room.member/${userId}`
    const inRoom = await node.call('PUT', state, { token, body: { membership: 'join', displayname: name } })
    expect(inRoom.status).toBe(403)
  })
})

test('an ordinary name is taken, and what is not seen in it goes', async () => {
  for (const name of ['Ana María López', 'José Ñandú', 'Registro, ventanilla 3', 'Μαρία']) {
    expect((await call(name)).status).toBe(200)
    expect((await node.ctx.profiles.get(userId))?.['displayname']).toBe(name)
  }
  await call('\u202eBea\u200b  \t Paz\u2066')
  expect((await node.ctx.profiles.get(userId))?.['displayname']).toBe('Bea Paz')
  // One's own again, and the institution may give a title.
  expect((await call('Bea  Paz')).status).toBe(200)
  await node.ctx.profiles.set(userId, 'displayname', 'Oficial de protección', { byInstitution: true })
  const jefa = (await node.login('jefa.hn')).body['access_token'] as string
  const own = await node.call('PUT', '/profile/@jefa.hn:hn.example/displayname', {
    token: jefa,
    body: { displayname: 'Coordinación de Honduras' },
  })
  expect(own.status).toBe(200)
  // A name without any letter left is none.
  expect((await call('\u200b\u202e')).status).toBe(200)
  expect(await node.ctx.profiles.get(userId)).not.toHaveProperty('displayname')
})

test('names that look alike are one, others are not', () => {
  expect(skeletonOf('María José')).toBe(skeletonOf('MARlA  JOSE'))
  expect(skeletonOf('Rebeca Burnes')).not.toBe(skeletonOf('Rebeca Burgos'))
  expect(skeletonOf('…')).toBe('')
  expect(cleanName('Juan\u200f Pérez\u0000')).toBe('Juan Pérez')
})
