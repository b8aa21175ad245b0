import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { peopleOf } from '../testing/people.ts'

type Json = Record<string, unknown>

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node.close())

const { newUser, ask, newRoom } = peopleOf(() => node)

describe('profile', () => {
  test('fields are set, shown in rooms, and removed', async () => {
    const ana = await newUser()
    const room = await newRoom(ana)
    expect(
      (await ask(ana, 'PUT', `/profile/${ana.userId}/displayname`, { displayname: 'Ana López' })).status,
    ).toBe(200)
    await ask(ana, 'PUT', `/profile/${ana.userId}/avatar_url`, { avatar_url: 'mxc://hn.example/abc' })
    await ask(ana, 'PUT', `/profile/${ana.userId}/m.tz`, { 'm.tz': 'America/Tegucigalpa' })
    await ask(ana, 'PUT', `/profile/${ana.userId}/hn.example.turno`, { 'hn.example.turno': { noche: true } })
    expect((await ask(ana, 'GET', `/profile/${ana.userId}`)).body).toEqual({
      displayname: 'Ana López',
      avatar_url: 'mxc://hn.example/abc',
      'm.tz': 'America/Tegucigalpa',
      'hn.example.turno': { noche: true },
    })
    const member = await node.ctx.rooms.membership(room, ana.userId)
    expect(member?.event.pdu.content).toMatchObject({
      membership: 'join',
      displayname: 'Ana López',
      avatar_url: 'mxc://hn.example/abc',
    })
    expect((await ask(ana, 'GET', `/profile/${ana.userId}/displayname`)).body).toEqual({
      displayname: 'Ana López',
    })
    await ask(ana, 'DELETE', `/profile/${ana.userId}/displayname`)
    expect((await ask(ana, 'GET', `/profile/${ana.userId}/displayname`)).status).toBe(404)
    expect((await node.ctx.rooms.membership(room, ana.userId))?.event.pdu.content).not.toHaveProperty(
      'displayname',
    )
  })

  test("institution and role are the server's; other people's profiles are not for changing", async () => {
    await node.ctx.accounts.create({
      localpart: 'jueza.gt',
      password: 'una contraseña larga',
      displayName: 'Juzgado',
      institution: 'gt-oj-izabal',
      role: 'official',
    })
    const login = (await node.login('jueza.gt')).body
    const jueza = { userId: login['user_id'] as string, token: login['access_token'] as string, deviceId: '' }
    const profile = (await ask(jueza, 'GET', `/profile/${jueza.userId}`)).body
    expect(profile).toEqual({
      displayname: 'Juzgado',
      'org.enlace.institution': 'gt-oj-izabal',
      'org.enlace.role': 'official',
    })
    for (const key of ['org.enlace.role', 'org.enlace.institution', 'org.enlace.anything']) {
      const set = await ask(jueza, 'PUT', `/profile/${jueza.userId}/${key}`, { [key]: 'coordinator' })
      expect([set.status, set.body['errcode']]).toEqual([403, 'M_FORBIDDEN'])
      expect((await ask(jueza, 'DELETE', `/profile/${jueza.userId}/${key}`)).status).toBe(403)
    }
    const otra = await newUser()
    expect(
      (await ask(otra, 'PUT', `/profile/${jueza.userId}/displayname`, { displayname: 'x' })).status,
    ).toBe(403)
    expect((await node.call('GET', `/profile/${jueza.userId}`)).body['errcode']).toBe('M_MISSING_TOKEN')
    expect((await ask(otra, 'GET', '/profile/@nadie:hn.example')).status).toBe(404)
  })

  test('bad names, values and sizes are refused', async () => {
    const ana = await newUser()
    const put = async (key: string, body: Json) => {
      const answer = await ask(ana, 'PUT', `/profile/${ana.userId}/${encodeURIComponent(key)}`, body)
      return [answer.status, answer.body['errcode']]
    }
    expect(await put('displayname', {})).toEqual([400, 'M_MISSING_PARAM'])
    expect(await put('displayname', { displayname: 5 })).toEqual([400, 'M_INVALID_PARAM'])
    expect(await put('displayname', { displayname: 'x'.repeat(300) })).toEqual([400, 'M_INVALID_PARAM'])
    expect(await put('avatar_url', { avatar_url: 'https://evil.example/x.png' })).toEqual([
      400,
      'M_INVALID_PARAM',
    ])
    expect(await put('Bad Key', { 'Bad Key': 1 })).toEqual([400, 'M_INVALID_PARAM'])
    expect(await put(`a.${'b'.repeat(300)}`, { [`a.${'b'.repeat(300)}`]: 1 })).toEqual([
      400,
      'M_KEY_TOO_LARGE',
    ])
    expect(await put('a.big', { 'a.big': 'x'.repeat(66_000) })).toEqual([400, 'M_PROFILE_TOO_LARGE'])
  })

  test('of partners are asked for once in a while, and a partner that is away hides nothing known', async () => {
    const ana = await newUser()
    let asked = 0
    node.partner.request = async (destination, { path, query }) => {
      asked++
      expect([destination, path, query]).toEqual([
        'gt.example',
        '/_matrix/federation/v1/query/profile',
        { user_id: '@juez:gt.example' },
      ])
      return { displayname: 'Juez', 'org.enlace.institution': 'gt-oj-izabal' }
    }
    for (let index = 0; index < 3; index++) {
      expect((await ask(ana, 'GET', '/profile/@juez:gt.example')).body).toMatchObject({ displayname: 'Juez' })
    }
    expect(asked).toBe(1)
    node.partner.request = async () => {
      throw new Error('unreachable')
    }
    expect((await ask(ana, 'GET', '/profile/@otro:gt.example')).status).toBe(404)
  })
})

test('people are found without accents, by words of name or user id; a name in one room is not public', async () => {
  const [ana, beto] = [await newUser('buscona'), await newUser('buscado')]
  await ask(beto, 'PUT', `/profile/${beto.userId}/displayname`, { displayname: 'José Ñúñez Pérez' })
  const room = await newRoom(beto)
  await ask(beto, 'PUT', `/rooms/${room}/state/m.room.member/${beto.userId}`, {
    membership: 'join',
    displayname: 'Apodo Secreto',
  })
  const search = async (search_term: string) =>
    (await ask(ana, 'POST', '/user_directory/search', { search_term })).body as {
      results: Json[]
      limited: boolean
    }
  for (const term of ['jose', 'NUÑEZ', 'perez jos', 'pérez', 'buscado']) {
    expect([term, (await search(term)).results]).toEqual([
      term,
      [{ user_id: beto.userId, display_name: 'José Ñúñez Pérez' }],
    ])
  }
  expect((await search('apodo')).results).toEqual([])
  expect((await search('   ')).results).toEqual([])
  const many = await ask(ana, 'POST', '/user_directory/search', { search_term: 'hn', limit: 1 })
  expect(many.body).toMatchObject({ limited: true, results: [{}] })
})
