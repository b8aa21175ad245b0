/** What coordinators do about their people, and each way to do it to somebody else's, or with a link that is not one's own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { softPasskey } from '../testing/authenticator.ts'
import { directoryOf, PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { addTotp, byPassword, challenge, ORIGIN, type Person, withPasskey } from '../testing/sign-in.ts'

const enc = encodeURIComponent
const API = '/_enlace/client/v1/institution'
const LINKS = '/_enlace/client/v1/invitations'
const NEW = 'otra clave bien larga'
type Link = { id: string; secret: string }
type Json = Record<string, unknown>

let skew = 0
let node: TestNode
let chief: Person
let second: Person
let foreign: Person
let clerk: Person

async function position(localpart: string, institution: string, role: 'coordinator' | 'staff') {
  const person = await node.register(localpart)
  await node.ctx.accounts.setPosition(person.userId, { institution, role })
  return person
}

beforeAll(async () => {
  node = await startTestNode(
    { public_base_url: ORIGIN },
    {
      overrides: {
        directory: () =>
          directoryOf({
            'hn-dinaf': { kind: 'child_protection', country: 'HN' },
            'hn-ong': { kind: 'ngo', country: 'HN' },
          }),
        clock: () => ({ now: () => Date.now() + skew, monotonic: () => performance.now() }),
      },
    },
  )
  chief = await position('jefa', 'hn-dinaf', 'coordinator')
  second = await position('segunda', 'hn-dinaf', 'coordinator')
  foreign = await position('ajena', 'hn-ong', 'coordinator')
  clerk = await position('empleada', 'hn-dinaf', 'staff')
})
afterAll(() => node?.close())

const invite = (person: Person, people: Json[], hours = 72) =>
  node.call('POST', `${API}/invitations`, { token: person.token, body: { people, hours } })
async function linkFor(localpart: string, more: Json = {}, hours = 72): Promise<Link> {
  const { body } = await invite(chief, [{ localpart, ...more }], hours)
  const [made] = body['people'] as { invitation: Link }[]
  return { id: made!.invitation.id, secret: made!.invitation.secret }
}
const open = (link: Link) => node.call('POST', `${LINKS}/open`, { body: link })
const accept = (link: Link, more: Json) =>
  node.call('POST', `${LINKS}/accept`, { body: { ...link, refresh_token: true, ...more } })
const unproved = (person: Person, userId: string, what: string, body: Json = {}) =>
  node.call('POST', `${API}/people/${enc(userId)}/${what}`, { token: person.token, body })
const sure = (person: Person, userId: string, what: string, body: Json = {}) =>
  unproved(person, userId, what, {
    ...body,
    auth: { ...byPassword(), identifier: { type: 'm.id.user', user: person.userId } },
  })
const whoami = (token: string) => node.call('GET', '/account/whoami', { token })
/** What it says, but for the number of the request. */
const said = ({ status, body }: { status: number; body: Json }) => {
  const { 'org.enlace.request_id': _, ...rest } = body
  return [status, rest]
}
const rule = (answer: { body: Json }) => answer.body['org.enlace.rule']
const listed = async (person: Person) =>
  (await node.call('GET', `${API}/people`, { token: person.token })).body['accounts'] as Json[]
const acts = async () =>
  (await node.ctx.db.connection.collection<{ line: string }>('audit_entries').find({}).toArray()).map(
    ({ line }) => JSON.parse(line) as Json,
  )

describe('an invitation', () => {
  test('says who invites, makes the account with institution and role, and counts once', async () => {
    const link = await linkFor('nueva', { display_name: 'Nueva  Per\u200bsona', role: 'official' })
    expect((await open(link)).body).toMatchObject({
      kind: 'join',
      user_id: '@nueva:hn.example',
      display_name: 'Nueva Persona',
      role: 'official',
      institution: { key: 'hn-dinaf' },
      invited_by: { user_id: chief.userId },
    })
    expect(await node.ctx.accounts.exists('@nueva:hn.example')).toBe(false)
    const weak = await accept(link, { username: 'nueva', password: 'corta' })
    expect(weak.body['errcode']).toBe('M_WEAK_PASSWORD')
    const made = await accept(link, { username: 'nueva.otra', password: NEW })
    expect(made.body).toMatchObject({ user_id: '@nueva.otra:hn.example', access_token: expect.any(String) })
    expect(await node.ctx.accounts.get('@nueva.otra:hn.example')).toMatchObject({
      institution: 'hn-dinaf',
      role: 'official',
    })
    for (const again of [await open(link), await accept(link, { username: 'x', password: NEW })])
      expect([again.status, rule(again)]).toEqual([410, 'invitation.used'])
    expect(await listed(chief)).toContainEqual(
      expect.objectContaining({ user_id: '@nueva.otra:hn.example', roster: null, claimed_role: 'official' }),
    )
  })

  test('with a passkey alone: no password, and the passkey is not taken away', async () => {
    const link = await linkFor('llave')
    const passkey = softPasskey(ORIGIN)
    const options = await node.call('POST', `${LINKS}/passkey`, { body: { ...link, username: 'llave' } })
    const made = await accept(link, { username: 'llave', passkey: passkey.create(options.body) })
    expect(made.status).toBe(200)
    expect(made.body['recovery_codes']).toHaveLength(10)
    const token = String(made.body['access_token'])
    expect((await withPasskey(node, passkey.get(await challenge(node)))).body).toMatchObject({
      user_id: '@llave:hn.example',
    })
    for (const password of ['', PASSWORD, NEW])
      expect((await node.login('llave', { password })).status).toBe(403)
    const asked = await node.call('DELETE', `/_enlace/client/v1/factors/passkeys/${passkey.id}`, {
      token,
      body: {},
    })
    const { session, params = {} } = asked.body as { session?: string; params?: Json }
    const removed =
      asked.status === 401
        ? await node.call('DELETE', `/_enlace/client/v1/factors/passkeys/${passkey.id}`, {
            token,
            body: {
              auth: {
                type: 'org.enlace.passkey',
                session,
                passkey: passkey.get((params['org.enlace.passkey'] as { passkey: Json }).passkey),
              },
            },
          })
        : asked
    expect([removed.status, rule(removed)]).toEqual([403, 'second_factor.last'])
  })

  test('hostile: guessed, cut short, of another, expired, revoked, replaced; nothing tells what there is', async () => {
    const link = await linkFor('objetivo')
    const other = await linkFor('otra-mas')
    const unknown = await open({ id: 'no-such-invitation', secret: link.secret })
    for (const bad of [
      { ...link, secret: other.secret },
      { ...link, secret: '' },
      { ...link, secret: link.secret.slice(1) },
    ]) {
      const answer = await open(bad)
      expect(said(answer)).toEqual(said(unknown))
      expect(said(await accept(bad, { username: 'objetivo', password: NEW }))).toEqual(said(unknown))
    }
    const newer = await linkFor('objetivo')
    expect(rule(await open(link))).toBe('invitation.revoked')
    expect((await open(newer)).status).toBe(200)
    // Of another institution it is not there.
    const theirs = await node.call('POST', `${API}/invitations/${newer.id}/revoke`, {
      token: foreign.token,
      body: {},
    })
    expect(theirs.status).toBe(404)
    expect((await open(newer)).status).toBe(200)
    const short = await linkFor('breve', {}, 1)
    skew += 3_600_001
    expect(rule(await open(short))).toBe('invitation.expired')
    expect(rule(await accept(short, { username: 'breve', password: NEW }))).toBe('invitation.expired')
    skew -= 3_600_001
    await node.call('POST', `${API}/invitations/${newer.id}/revoke`, { token: chief.token, body: {} })
    expect(rule(await accept(newer, { username: 'objetivo', password: NEW }))).toBe('invitation.revoked')
    const dump = JSON.stringify(await node.ctx.db.connection.collection('invitations').find({}).toArray())
    for (const { secret } of [link, other, newer, short]) expect(dump).not.toContain(secret)
  })

  test('two windows at once make one account, under one name or two', async () => {
    for (const names of [
      ['doble', 'doble'],
      ['doble-a', 'doble-b'],
    ]) {
      const link = await linkFor(names[0]!)
      const answers = await Promise.all(names.map((username) => accept(link, { username, password: NEW })))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 410])
    }
  })

  test('a name that somebody has, or was promised, is not to be had; neither is anybody’s passkey', async () => {
    const link = await linkFor('prometida')
    const thief = await linkFor('ladrona')
    for (const username of ['jefa', 'prometida', 'PROMETIDA']) {
      expect((await accept(thief, { username, password: NEW })).body['errcode']).toBe('M_USER_IN_USE')
      const asked = await node.call('POST', `${LINKS}/passkey`, { body: { ...thief, username } })
      expect(asked.body['errcode']).toBe('M_USER_IN_USE')
    }
    for (const username of ['jefa\u200b', 'jefá', 'jefa\u0301', 'јefa', ''])
      expect((await accept(thief, { username, password: NEW })).body['errcode']).toBe('M_INVALID_USERNAME')
    // A challenge for one invitation answers no other.
    const passkey = softPasskey(ORIGIN)
    const options = await node.call('POST', `${LINKS}/passkey`, { body: { ...link, username: 'prometida' } })
    expect((await accept(thief, { username: 'ladrona', passkey: passkey.create(options.body) })).status).toBe(
      403,
    )
    // The invitation is as good as before.
    expect((await open(thief)).status).toBe(200)
    expect((await invite(foreign, [{ localpart: 'prometida' }])).body['people']).toEqual([
      expect.objectContaining({ outcome: 'taken' }),
    ])
  })

  test('killed between the account and what follows: the person gets in, and the link is used', async () => {
    const link = await linkFor('cortada')
    const passkey = softPasskey(ORIGIN)
    const options = await node.call('POST', `${LINKS}/passkey`, { body: { ...link, username: 'cortada' } })
    const first = await node.ctx.factors.checkFirstPasskey('@cortada:hn.example', `invitation|${link.id}`, {
      response: passkey.create(options.body) as never,
      name: 'x',
    })
    // What the one write leaves, and nothing after it.
    await node.ctx.db.connection.collection<{ _id: string }>('accounts').insertOne({
      _id: '@cortada:hn.example',
      institution: 'hn-dinaf',
      role: 'staff',
      is_admin: false,
      is_guest: false,
      deactivated: false,
      invitation: link.id,
      first_passkey: first,
      created_ts: Date.now(),
    } as never)
    await node.reopen('accounts')
    expect(rule(await accept(link, { username: 'cortada-2', password: NEW }))).toBe('invitation.used')
    await expect
      .poll(async () => (await withPasskey(node, passkey.get(await challenge(node)))).status, {
        timeout: 20_000,
        interval: 500,
      })
      .toBe(200)
    const audit = await acts()
    expect(audit.filter(({ act, on }) => act === 'invite.use' && on === '@cortada:hn.example')).toHaveLength(
      1,
    )
  })

  test('of somebody who coordinates no more, it counts no more', async () => {
    const passing = await position('pasajera', 'hn-dinaf', 'coordinator')
    const { body } = await invite(passing, [{ localpart: 'herencia', role: 'coordinator' }])
    const [{ invitation }] = body['people'] as [{ invitation: Link }]
    await sure(chief, passing.userId, 'role', { role: 'staff' })
    const link = { id: invitation.id, secret: invitation.secret }
    expect(rule(await accept(link, { username: 'herencia', password: NEW }))).toBe('invitation.revoked')
    expect((await invite(passing, [{ localpart: 'mas' }])).status).toBe(403)
  })

  test('of somebody suspended or leaving it opens nothing while they are, a new password neither', async () => {
    const passing = await position('pausada', 'hn-dinaf', 'coordinator')
    const { body } = await invite(passing, [{ localpart: 'en.espera' }])
    const [{ invitation }] = body['people'] as [{ invitation: Link }]
    const reset = (await sure(passing, clerk.userId, 'reset')).body as unknown as Link
    const links = [invitation, reset].map(({ id, secret }) => ({ id, secret }))
    const outcomes = async () => Promise.all(links.map(async (link) => (await open(link)).status))
    expect(await outcomes()).toEqual([200, 200])
    await sure(chief, passing.userId, 'suspend', { reason: 'Perdió el teléfono' })
    expect(await outcomes()).toEqual([410, 410])
    expect((await accept(links[0]!, { username: 'en.espera', password: NEW })).status).toBe(410)
    await sure(chief, passing.userId, 'restore')
    expect(await outcomes()).toEqual([200, 200])
    await node.ctx.accounts.setLeaving(passing.userId, 'salida')
    expect(await outcomes()).toEqual([410, 410])
    const again = (await node.login('empleada')).body
    clerk = { ...clerk, token: String(again['access_token']), deviceId: String(again['device_id']) }
  })
})

describe('staff of a sheet', () => {
  test('a row that is wrong holds up no other; again is the same people', async () => {
    const people = [
      { localpart: 'fila.uno', display_name: 'Jose\u0301' },
      { localpart: 'fila dos' },
      { localpart: 'jefa' },
      { localpart: 'ajena' },
      { localpart: 'fila.uno' },
    ]
    const outcomes = async () =>
      ((await invite(chief, people)).body['people'] as { outcome: string }[]).map(({ outcome }) => outcome)
    const expected = ['invited', 'invalid', 'has_account', 'taken', 'invited']
    expect(await outcomes()).toEqual(expected)
    expect(await outcomes()).toEqual(expected)
    const { body } = await node.call('GET', `${API}/invitations`, { token: chief.token })
    const invitations = body['invitations'] as { user_id: string; state: string; display_name: string }[]
    const rows = invitations.filter(({ user_id }) => user_id === '@fila.uno:hn.example')
    expect(rows.map(({ state }) => state).filter((one) => one === 'open')).toHaveLength(1)
    expect(rows.find(({ display_name }) => display_name)?.display_name).toBe('José')
  })

  test('a thousand in two requests, and not one more in a request', async () => {
    const row = (n: number) => ({ localpart: `persona.${n}`, display_name: `Persona ${n}` })
    const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => row(from + n))
    expect((await invite(chief, many(0, 501))).status).toBe(400)
    for (let from = 0; from < 1_000; from += 500) {
      const { body } = await invite(chief, many(from, 500))
      expect((body['people'] as { outcome: string }[]).every(({ outcome }) => outcome === 'invited')).toBe(
        true,
      )
    }
    const { body } = await node.call('GET', `${API}/invitations`, { token: chief.token })
    expect((body['invitations'] as unknown[]).length).toBeGreaterThan(1_000)
    await node.ctx.db.connection.collection('invitations').deleteMany({ user_id: /persona\./ })
  }, 120_000)
})

describe('suspension', () => {
  test('shuts out every token and sign-in, tells why, and loses nothing', async () => {
    const ana = await position('ana', 'hn-dinaf', 'staff')
    const waiting = node
      .call('GET', '/sync', { token: ana.token })
      .then(async ({ body }) =>
        node.call('GET', `/sync?since=${body['next_batch']}&timeout=3000`, { token: ana.token }),
      )
    await new Promise((done) => setTimeout(done, 300))
    expect((await sure(chief, ana.userId, 'suspend', { reason: 'Perdió el teléfono' })).status).toBe(200)
    const held = await waiting
    expect([held.status, held.body['errcode']]).toEqual([403, 'M_USER_SUSPENDED'])
    const shut = await whoami(ana.token)
    expect(shut.body).toMatchObject({
      errcode: 'M_USER_SUSPENDED',
      'org.enlace.suspended': { reason: 'Perdió el teléfono' },
    })
    const login = await node.login('ana')
    expect([login.status, login.body['errcode']]).toEqual([403, 'M_USER_SUSPENDED'])
    // A wrong password learns nothing of it.
    expect((await node.login('ana', { password: 'otra cosa' })).body['errcode']).toBe('M_FORBIDDEN')
    expect((await sure(chief, ana.userId, 'restore')).status).toBe(200)
    expect((await whoami(ana.token)).status).toBe(200)
    // A token renewed meanwhile opens no more than the one before.
    const renewable = (await node.login('ana', { refresh_token: true })).body
    await sure(chief, ana.userId, 'suspend', { reason: 'De nuevo' })
    const renewed = await node.call('POST', '/refresh', {
      body: { refresh_token: renewable['refresh_token'] },
    })
    for (const token of [renewable['access_token'], renewed.body['access_token']])
      for (const path of ['/sync', '/pushers', '/joined_rooms'])
        expect((await node.call('GET', path, { token: String(token) })).status).not.toBe(200)
    await sure(chief, ana.userId, 'restore')
    await sure(chief, ana.userId, 'suspend', { reason: 'Otra vez' })
    expect((await node.call('POST', '/logout', { token: ana.token, body: {} })).status).toBe(200)
  })

  test.each<[string, Json]>([
    ['role', { role: 'coordinator' }],
    ['suspend', { reason: 'Perdió el teléfono' }],
    ['restore', {}],
    ['sessions/end', {}],
    ['reset', {}],
    ['factors/remove', {}],
  ])('%s needs the coordinator’s own proof: a session left open does nothing', async (what, body) => {
    const before = (await acts()).length
    const asked = await unproved(chief, clerk.userId, what, body)
    expect([asked.status, asked.body['flows']]).toEqual([401, [{ stages: ['m.login.password'] }]])
    const others = { ...byPassword(), identifier: { type: 'm.id.user', user: clerk.userId } }
    expect((await unproved(chief, clerk.userId, what, { ...body, auth: others })).status).toBe(401)
    // What was asked for one act is not good for another.
    const elsewhere = what === 'restore' ? 'sessions/end' : 'restore'
    const session = (await unproved(chief, clerk.userId, elsewhere)).body['session']
    const auth = { ...byPassword(), identifier: { type: 'm.id.user', user: chief.userId }, session }
    expect((await unproved(chief, clerk.userId, what, { ...body, auth })).status).not.toBe(200)
    expect((await acts()).length).toBe(before)
    expect((await whoami(clerk.token)).status).toBe(200)
    // Whoever may not do it is not even asked.
    expect((await unproved(clerk, chief.userId, what, body)).status).toBe(403)
  })

  test('the last coordinator is neither suspended nor demoted, by anybody', async () => {
    const lone = await position('sola', 'hn-ong', 'coordinator')
    expect((await sure(lone, foreign.userId, 'suspend', { reason: 'Se fue' })).status).toBe(200)
    expect(rule(await sure(lone, lone.userId, 'role', { role: 'staff' }))).toBe(
      'institution.last_coordinator',
    )
    expect(rule(await sure(lone, lone.userId, 'suspend', { reason: 'Adiós' }))).toBe('institution.self')
    await sure(lone, foreign.userId, 'restore')
    expect((await sure(lone, lone.userId, 'role', { role: 'staff' })).status).toBe(200)
    expect(rule(await sure(foreign, foreign.userId, 'role', { role: 'staff' }))).toBe(
      'institution.last_coordinator',
    )
  })
})

describe('whose people', () => {
  test('a person’s page: devices by name and network, factors, standing', async () => {
    const before = Date.now()
    const rita = await position('rita', 'hn-dinaf', 'staff')
    await whoami(rita.token)
    // It is noted behind the answer.
    await expect
      .poll(async () => (await listed(chief)).find((one) => one['user_id'] === rita.userId)?.['last_seen_ts'])
      .toSatisfy((ts: number | null) => ts !== null && ts >= before && ts <= Date.now())
    const seen = (await listed(chief)).find((one) => one['user_id'] === rita.userId)?.['last_seen_ts']
    const hers = await node.call('GET', `${API}/people/${enc(rita.userId)}`, { token: chief.token })
    expect(hers.body['devices']).toMatchObject([{ last_seen_ts: seen, last_seen_network: '127.0.0.0/24' }])

    const page = await node.call('GET', `${API}/people/${enc(clerk.userId)}`, { token: chief.token })
    expect([page.status, page.body]).toEqual([
      200,
      expect.objectContaining({
        user_id: clerk.userId,
        claimed_role: 'staff',
        roster: null,
        suspended: null,
        second_factor: expect.objectContaining({ totp: false, passkeys: 0 }),
        devices: [expect.objectContaining({ device_id: clerk.deviceId })],
        channels: [],
        last_coordinator: false,
        self: false,
      }),
    ])
  })

  test('staff, other institutions and strangers do nothing and learn nothing', async () => {
    const absent = await sure(foreign, '@nadie:hn.example', 'suspend', { reason: 'porque sí' })
    for (const [what, body] of [
      ['role', { role: 'staff' }],
      ['suspend', { reason: 'porque sí' }],
      ['restore', {}],
      ['sessions/end', {}],
      ['reset', {}],
      ['factors/remove', {}],
    ] as const) {
      const other = await sure(foreign, clerk.userId, what, body)
      expect(said(other)).toEqual(said(absent))
      expect((await sure(clerk, chief.userId, what, body)).status).toBe(403)
      expect((await sure({ ...clerk, token: 'x' }, chief.userId, what, body)).status).toBe(401)
      expect((await sure(chief, '@alguien:gt.example', what, body)).status).toBe(404)
    }
    expect((await invite(clerk, [{ localpart: 'amiga' }])).status).toBe(403)
    const page = await node.call('GET', `${API}/people/${enc(clerk.userId)}`, { token: foreign.token })
    expect(page.status).toBe(404)
    expect((await whoami(clerk.token)).status).toBe(200)
  })

  test('a new password by link: asked for again before, once, and the old one and its sessions are over', async () => {
    const bea = await position('bea', 'hn-dinaf', 'staff')
    expect((await unproved(chief, bea.userId, 'reset')).status).toBe(401)
    expect((await whoami(bea.token)).status).toBe(200)
    const made = await sure(chief, bea.userId, 'reset')
    expect(made.status).toBe(200)
    expect((await whoami(bea.token)).status).toBe(401)
    const link = { id: String(made.body['id']), secret: String(made.body['secret']) }
    expect((await open(link)).body).toMatchObject({ kind: 'password', user_id: bea.userId })
    const both = await Promise.all([1, 2].map(() => accept(link, { password: NEW })))
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410])
    expect((await node.login('bea')).status).toBe(403)
    expect((await node.login('bea', { password: NEW })).status).toBe(200)
    // It makes no account, whatever name it is given.
    expect(await node.ctx.accounts.exists('@otra.bea:hn.example')).toBe(false)
  })

  test('a new password does not stand for the second step; taking the factors away ends the sessions', async () => {
    const eva = await position('eva', 'hn-dinaf', 'staff')
    await addTotp(node, eva)
    const made = await sure(chief, eva.userId, 'reset')
    const link = { id: String(made.body['id']), secret: String(made.body['secret']) }
    const answer = await accept(link, { password: NEW })
    expect(answer.body).toEqual({ user_id: eva.userId, sign_in: true })
    expect((await node.login('eva', { password: NEW })).status).toBe(403)
    expect((await sure(chief, eva.userId, 'factors/remove')).status).toBe(200)
    expect((await node.login('eva', { password: NEW })).status).toBe(200)
  })

  test('every act is told of, with whom it concerns and no reason or name', async () => {
    await sure(second, clerk.userId, 'sessions/end')
    const all = await acts()
    const kinds = new Set(all.map(({ act }) => act))
    for (const kind of [
      'invite.make',
      'invite.use',
      'invite.revoke',
      'account.create',
      'account.role',
      'account.suspend',
      'account.restore',
      'account.password',
      'account.import',
      'factor.add',
      'factor.remove',
      'session.end',
    ])
      expect(kinds).toContain(kind)
    expect(JSON.stringify(all)).not.toMatch(/Perdió|Nueva|teléfono/)
    // Of one account that is made by invitation: who invited is told as its maker, once.
    const made = all.filter(({ act, on }) => act === 'account.create' && on === '@nueva.otra:hn.example')
    expect(made).toMatchObject([{ by: chief.userId, facts: { role: 'official', passkey: false } }])
    const used = all.filter(({ act, on }) => act === 'invite.use' && on === '@nueva.otra:hn.example')
    expect(used).toMatchObject([{ by: '@nueva.otra:hn.example' }])
  })
})
