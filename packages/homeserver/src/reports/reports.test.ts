/** Reports within one node: to whom they go, what is decided, appeals, and who may do none of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { directoryOf, PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { proofOf } from '../testing/sign-in.ts'

const enc = encodeURIComponent
const API = '/_enlace/client/v1'
const DESK = `${API}/institution/reports`
const DAY_MS = 24 * 3_600_000
type Json = Record<string, unknown>
type Person = Awaited<ReturnType<TestNode['register']>>

let skew = 0
let node: TestNode
let chief: Person
let second: Person
let foreignChief: Person
let clerk: Person
let author: Person
let foreigner: Person
let room: string
let count = 0

async function position(localpart: string, institution: string, role: 'coordinator' | 'staff') {
  const person = await node.register(localpart)
  await node.ctx.accounts.setPosition(person.userId, { institution, role })
  return person
}
const ask = (who: Person, method: string, path: string, body?: Json) =>
  node.call(method, path, { token: who.token, ...(body ? { body } : {}) })

beforeAll(async () => {
  node = await startTestNode(
    {},
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
  clerk = await position('empleada', 'hn-dinaf', 'staff')
  author = await position('autor', 'hn-dinaf', 'staff')
  foreignChief = await position('ajena', 'hn-ong', 'coordinator')
  foreigner = await position('vecino', 'hn-ong', 'staff')
  const made = await ask(chief, 'POST', '/createRoom', { preset: 'public_chat' })
  room = String(made.body['room_id'])
  for (const one of [second, clerk, author, foreigner]) await ask(one, 'POST', `/join/${enc(room)}`, {})
})
afterAll(() => node?.close())
beforeEach(() => {
  skew = 0
})

/** An encrypted message, as the node sees one. */
async function write(who: Person): Promise<string> {
  const content = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: `cifrado${count}`, session_id: 's' }
  const sent = await ask(who, 'PUT', `/rooms/${enc(room)}/send/m.room.encrypted/t${count++}`, content)
  return String(sent.body['event_id'])
}
const file = (who: Person, event_id: string, more: Json = {}) =>
  ask(who, 'POST', `${API}/reports`, {
    room_id: room,
    event_id,
    reason: 'child_data',
    named: false,
    disclosed: true,
    ...more,
  })
const desk = async (who: Person) =>
  (await ask(who, 'GET', DESK)).body as { reports: Json[]; decisions: Json[] }
const onDesk = async (who: Person, event_id: string) =>
  (await desk(who)).reports.find((one) => one['event_id'] === event_id)
const act = (who: Person, id: unknown, what: string, body: Json = {}) =>
  ask(who, 'POST', `${DESK}/${String(id)}/${what}`, body)
const filed = async (who: Person, event_id: string) =>
  ((await ask(who, 'GET', `${API}/reports`)).body['reports'] as Json[]).find(
    (one) => one['event_id'] === event_id,
  )
const decisionsOf = async (who: Person) =>
  (await ask(who, 'GET', `${API}/decisions`)).body['decisions'] as (Json & { id: string })[]
const rule = (answer: { body: Json }) => answer.body['org.enlace.rule']
const said = ({ status, body }: { status: number; body: Json }) => {
  const { 'org.enlace.request_id': _, ...rest } = body
  return [status, rest]
}
const acts = async () =>
  (await node.ctx.db.connection.collection<{ line: string }>('audit_entries').find({}).toArray()).map(
    ({ line }) => JSON.parse(line) as Json,
  )

describe('reporting', () => {
  test('a report reaches the coordinators once, with the encrypted message even when it is taken back', async () => {
    const event = await write(author)
    const [one, again] = [await file(clerk, event), await file(clerk, event, { reason: 'fraud' })]
    expect(one.status).toBe(200)
    expect(again.body['id']).toBe(one.body['id'])
    await ask(author, 'PUT', `/rooms/${enc(room)}/redact/${enc(event)}/r${count++}`, {})
    for (const who of [chief, second]) {
      const found = (await onDesk(who, event))!
      expect(found).toMatchObject({
        reason: 'child_data',
        state: 'new',
        reporter: clerk.userId,
        about: author.userId,
        disclosed: true,
      })
      const opened = await ask(who, 'GET', `${DESK}/${String(found['id'])}`)
      expect(opened.body['evidence']).toMatchObject([{ event_id: event, type: 'm.room.encrypted' }])
    }
    const { alerts } = (await ask(chief, 'GET', `${API}/alerts`)).body as { alerts: Json[] }
    expect(alerts.map(({ kind }) => kind)).toContain('report')
  })

  test('another institution hears of it too, without the name unless it was given', async () => {
    const [hidden, open] = [await write(foreigner), await write(foreigner)]
    await file(clerk, hidden)
    await file(clerk, open, { named: true })
    expect(await onDesk(chief, hidden)).toMatchObject({ reporter: clerk.userId, disclosed: true })
    const theirs = (await onDesk(foreignChief, hidden))!
    expect(theirs).toMatchObject({ reporter_institution: 'hn-dinaf', disclosed: false })
    expect(JSON.stringify(theirs)).not.toContain(clerk.userId)
    expect(await onDesk(foreignChief, open)).toMatchObject({ reporter: clerk.userId, disclosed: true })
    // Nor does their activity log say who it was.
    const log = await ask(foreignChief, 'GET', `${API}/audit?group=report`)
    expect(JSON.stringify(log.body)).not.toContain(clerk.userId)
  })

  test('what one cannot see is answered like what is not there', async () => {
    const event = await write(author)
    const secret = String(
      (await ask(chief, 'POST', '/createRoom', { preset: 'private_chat' })).body['room_id'],
    )
    const inside = await ask(chief, 'PUT', `/rooms/${enc(secret)}/send/m.room.message/s${count++}`, {
      body: 'x',
    })
    const absent = said(await file(clerk, '$nohay'))
    expect(absent[0]).toBe(404)
    expect(said(await file(clerk, String(inside.body['event_id']), { room_id: secret }))).toEqual(absent)
    expect(said(await file(clerk, event, { room_id: secret }))).toEqual(absent)
    expect((await file({ ...clerk, token: 'x' }, event)).status).toBe(401)
    expect((await file(clerk, event, { words: 'en claro' })).status).toBe(400)
  })

  test('reports of any Matrix client reach the same desk, and their words are not kept', async () => {
    const event = await write(author)
    const words = { reason: 'palabras-del-cliente' }
    const path = `/rooms/${enc(room)}/report`
    expect((await ask(foreigner, 'POST', `${path}/${enc(event)}`, words)).body).toEqual({})
    expect((await ask(clerk, 'POST', path, words)).body).toEqual({})
    expect((await ask(clerk, 'POST', '/rooms/!nada:hn.example/report', words)).body).toEqual({})
    for (const userId of [author.userId, '@nadie:hn.example'])
      expect((await ask(clerk, 'POST', `/users/${enc(userId)}/report`, words)).body).toEqual({})
    expect(await onDesk(chief, event)).toMatchObject({ reason: 'other', reporter_institution: 'hn-ong' })
    const kinds = (await desk(chief)).reports.map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['message', 'room', 'person']))
    for (const name of ['reports', 'reports_filed', 'audit_entries'])
      expect(JSON.stringify(await node.ctx.db.connection.collection(name).find({}).toArray())).not.toContain(
        'palabras-del-cliente',
      )
  })

  test('nobody reports without end', async () => {
    const tireless = await position('incansable', 'hn-ong', 'staff')
    await ask(tireless, 'POST', `/join/${enc(room)}`, {})
    const filed_ts = Date.now()
    await node.ctx.db.connection.collection('reports_filed').insertMany(
      Array.from({ length: 30 }, (_, index) => ({
        key: `${tireless.userId} ${index}`,
        reporter: tireless.userId,
        filed_ts,
        forget_ts: filed_ts + DAY_MS,
      })),
    )
    const event = await write(author)
    expect((await file(tireless, event)).status).toBe(429)
    skew = DAY_MS + 1
    expect((await file(tireless, event)).status).toBe(200)
  })
})

describe('deciding', () => {
  test('staff, other institutions and the one it is about see nothing and do nothing', async () => {
    const event = await write(second)
    await file(clerk, event)
    const found = (await onDesk(chief, event))!
    const absent = said(await ask(chief, 'GET', `${DESK}/${'x'.repeat(43)}`))
    expect(await onDesk(second, event)).toBeUndefined()
    for (const who of [second, foreignChief]) {
      expect(said(await ask(who, 'GET', `${DESK}/${String(found['id'])}`))).toEqual(absent)
      for (const [what, body] of [
        ['take', {}],
        ['remove', {}],
        ['decide', { act: 'close', reason: 'porque sí' }],
      ] as const)
        expect(said(await act(who, found['id'], what, body))).toEqual(absent)
    }
    expect((await ask(clerk, 'GET', DESK)).status).toBe(403)
    expect((await act(clerk, found['id'], 'take')).status).toBe(403)
    expect((await act(chief, found['id'], 'decide', { act: 'close', reason: ' ' })).status).toBe(400)
  })

  test('whoever coordinates a room takes the message away; another is told whom to ask', async () => {
    const event = await write(author)
    await file(clerk, event)
    const { id } = (await onDesk(chief, event))!
    const cannot = await act(second, id, 'remove')
    expect([cannot.status, rule(cannot), cannot.body['org.enlace.ask']]).toEqual([
      403,
      'report.cannot_remove',
      [chief.userId],
    ])
    expect((await act(second, id, 'take')).body).toMatchObject({ state: 'taken', taken_by: second.userId })
    expect((await act(chief, id, 'remove')).body).toMatchObject({ removed_by: chief.userId })
    const now = await ask(clerk, 'GET', `/rooms/${enc(room)}/event/${enc(event)}`)
    expect(now.body['content']).toEqual({})
    expect((await act(chief, id, 'decide', { act: 'close', reason: 'Se retiró.' })).body).toMatchObject({
      state: 'decided',
      outcome: 'removed',
    })
    const late = await act(second, id, 'decide', { act: 'warn', reason: 'Tarde ya.' })
    expect([late.status, rule(late)]).toEqual([403, 'report.decided'])
    expect(await filed(clerk, event)).toMatchObject({ desks: [{ outcome: 'removed' }] })
  })

  test('two coordinators at once decide once', async () => {
    const event = await write(author)
    await file(clerk, event)
    const { id } = (await onDesk(chief, event))!
    const both = await Promise.all(
      [chief, second].map((who) => act(who, id, 'decide', { act: 'close', reason: 'No hay falta.' })),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 403])
    expect(await filed(clerk, event)).toMatchObject({
      desks: [{ outcome: 'none', reason: 'No hay falta.' }],
    })
  })

  test('a warning is acknowledged and appealed once, and another coordinator answers', async () => {
    const event = await write(author)
    await file(clerk, event)
    const { id } = (await onDesk(chief, event))!
    await act(chief, id, 'decide', { act: 'warn', reason: 'Escribió datos de un niño.' })
    const [warning] = await decisionsOf(author)
    expect(warning).toMatchObject({ kind: 'warning', reason: 'Escribió datos de un niño.', by: chief.userId })
    const path = `${API}/decisions/${warning!.id}`
    expect((await ask(clerk, 'POST', `${path}/acknowledge`, {})).status).toBe(404)
    expect((await ask(clerk, 'POST', `${path}/appeal`, { words: 'No es mía.' })).status).toBe(404)
    expect((await ask(author, 'POST', `${path}/acknowledge`, {})).status).toBe(200)
    const twice = await Promise.all(
      [1, 2].map(() => ask(author, 'POST', `${path}/appeal`, { words: 'No había nombre.' })),
    )
    expect(twice.map(({ status }) => status).sort()).toEqual([200, 403])
    const answer = (who: Person) =>
      ask(who, 'POST', `${API}/institution/decisions/${warning!.id}/answer`, {
        outcome: 'undone',
        reason: 'Tiene razón.',
      })
    const seen = (who: Person) =>
      desk(who).then(({ decisions }) => decisions.find((one) => one['id'] === warning!.id))
    expect(await seen(chief)).toMatchObject({ answerable: 'no' })
    expect(await seen(second)).toMatchObject({ answerable: 'yes', appeal: { words: 'No había nombre.' } })
    expect(rule(await answer(chief))).toBe('report.not_answerable')
    expect((await answer(foreignChief)).status).toBe(404)
    expect((await answer(second)).body).toMatchObject({ answer: { outcome: 'undone', same_person: false } })
    expect(rule(await answer(second))).toBe('report.not_answerable')
    expect((await decisionsOf(author))[0]).toMatchObject({ answer: { by: second.userId } })
  })

  test('where there is one coordinator, the same one answers, and it says so', async () => {
    const event = await write(foreigner)
    await file(clerk, event)
    const { id } = (await onDesk(foreignChief, event))!
    await act(foreignChief, id, 'decide', { act: 'warn', reason: 'Así no.' })
    const [warning] = await decisionsOf(foreigner)
    await ask(foreigner, 'POST', `${API}/decisions/${warning!.id}/appeal`, { words: 'No fue así.' })
    const answered = await ask(foreignChief, 'POST', `${API}/institution/decisions/${warning!.id}/answer`, {
      outcome: 'upheld',
      reason: 'Se mantiene.',
    })
    expect(answered.body).toMatchObject({ answer: { same_person: true, outcome: 'upheld' } })
  })

  test('nobody of another institution is warned or suspended', async () => {
    const theirs = await write(foreigner)
    await file(clerk, theirs)
    const { id } = (await onDesk(chief, theirs))!
    for (const what of ['warn', 'suspend'])
      expect(
        (
          await act(chief, id, 'decide', {
            act: what,
            reason: 'Es de otra.',
            auth: proofOf(chief.userId),
          })
        ).status,
      ).toBe(404)
    expect((await ask(chief, 'GET', `${DESK}/${String(id)}`)).body).toMatchObject({ ours: false })
  })
})

describe('a suspension', () => {
  const login = () => node.login('autor', { password: PASSWORD })

  test('is appealed from the refused sign-in, with the password alone, once; undone, the person signs in', async () => {
    const event = await write(author)
    await file(clerk, event)
    const { id } = (await onDesk(chief, event))!
    const suspension = { act: 'suspend', reason: 'Amenazó a una familia.' }
    expect((await act(chief, id, 'decide', suspension)).status).toBe(401)
    expect((await act(clerk, id, 'decide', suspension)).status).not.toBe(401)
    await act(chief, id, 'decide', { ...suspension, auth: proofOf(chief.userId) })
    const session = await ask(author, 'GET', '/account/whoami')
    expect([session.status, session.body['errcode']]).toEqual([403, 'M_USER_SUSPENDED'])
    // A session may be in somebody else's hands: it appeals nothing.
    expect(session.body['org.enlace.appeal']).toBeUndefined()
    expect((await node.login('autor', { password: 'otra cosa' })).body['org.enlace.appeal']).toBeUndefined()

    const refused = await login()
    expect(refused.status).toBe(403)
    const offer = refused.body['org.enlace.appeal'] as { token: string; decision: Json }
    expect(offer.decision).toMatchObject({ reason: 'Amenazó a una familia.', by: chief.userId })
    const appeal = (token: string) =>
      node.call('POST', `${API}/appeal`, { body: { token, words: 'Fue otra persona.' } })
    expect((await appeal('x'.repeat(43))).status).toBe(403)
    const spare = ((await login()).body['org.enlace.appeal'] as { token: string }).token
    expect((await appeal(offer.token)).status).toBe(200)
    expect((await appeal(offer.token)).status).toBe(403)
    expect((await appeal(spare)).status).toBe(403)
    const waiting = (await login()).body['org.enlace.appeal'] as Json
    expect(waiting['token']).toBeUndefined()
    expect(waiting['decision']).toMatchObject({ appeal: { words: 'Fue otra persona.' } })

    const path = `${API}/institution/decisions/${String(offer.decision['id'])}/answer`
    expect((await ask(second, 'POST', path, { outcome: 'undone', reason: 'Se aclaró.' })).status).toBe(200)
    const back = await login()
    expect(back.status).toBe(200)
    author = { ...author, token: String(back.body['access_token']) }
    expect((await decisionsOf(author)).find(({ kind }) => kind === 'suspension')).toMatchObject({
      lifted_ts: expect.any(Number),
      answer: { reason: 'Se aclaró.' },
    })
  })

  test('of the people’s page is appealed alike; one that was lifted is not, nor with an old permission', async () => {
    const people = `${API}/institution/people/${enc(author.userId)}`
    await ask(chief, 'POST', `${people}/suspend`, {
      reason: 'Perdió el teléfono.',
      auth: proofOf(chief.userId),
    })
    const { token } = (await login()).body['org.enlace.appeal'] as { token: string }
    await ask(chief, 'POST', `${people}/restore`, { auth: proofOf(chief.userId) })
    const call = () => node.call('POST', `${API}/appeal`, { body: { token, words: 'Ya lo tengo.' } })
    expect((await call()).status).toBe(403)
    skew += 10
    await ask(chief, 'POST', `${people}/suspend`, { reason: 'Otra vez.', auth: proofOf(chief.userId) })
    expect((await call()).status).toBe(403)
    const fresh = (await login()).body['org.enlace.appeal'] as { token: string }
    skew += 3_600_001
    const late = await node.call('POST', `${API}/appeal`, { body: { token: fresh.token, words: 'Tarde.' } })
    expect(late.status).toBe(403)
    await ask(chief, 'POST', `${people}/restore`, { auth: proofOf(chief.userId) })
  })
})

test('whoever changed institution while suspended is the matter of the new one; the former neither sees nor lifts it', async () => {
  const moved = await position('cambia', 'hn-dinaf', 'staff')
  const login = () => node.login('cambia', { password: PASSWORD })
  const people = `${API}/institution/people/${enc(moved.userId)}`
  const auth = proofOf(chief.userId)
  expect((await ask(chief, 'POST', `${people}/suspend`, { reason: 'Se investiga.', auth })).status).toBe(200)
  const first = (await login()).body['org.enlace.appeal'] as { decision: Json }
  const id = String(first.decision['id'])
  const answer = (who: Person) =>
    ask(who, 'POST', `${API}/institution/decisions/${id}/answer`, { outcome: 'undone', reason: 'Se aclaró.' })
  const seen = async (who: Person) => (await desk(who)).decisions.some((one) => one['id'] === id)
  expect([await seen(second), await seen(foreignChief)]).toEqual([true, false])

  await node.ctx.accounts.setPosition(moved.userId, { institution: 'hn-ong', role: 'staff' })
  const { token } = (await login()).body['org.enlace.appeal'] as { token: string }
  const words = 'Ya trabajo en otro lugar.'
  expect((await node.call('POST', `${API}/appeal`, { body: { token, words } })).status).toBe(200)
  expect([await seen(second), await seen(foreignChief)]).toEqual([false, true])
  expect((await answer(second)).status).toBe(404)
  expect((await answer(chief)).status).toBe(404)
  expect((await node.ctx.accounts.get(moved.userId))?.suspended).toBeDefined()
  expect((await answer(foreignChief)).body).toMatchObject({ answer: { by: foreignChief.userId } })
  expect((await login()).status).toBe(200)
})

test('one who is of no institution any more stays suspended, and appeals to the last one', async () => {
  const gone = await position('sale', 'hn-dinaf', 'staff')
  await ask(chief, 'POST', `${API}/institution/people/${enc(gone.userId)}/suspend`, {
    reason: 'Se investiga.',
    auth: proofOf(chief.userId),
  })
  const offer = async () =>
    (await node.login('sale', { password: PASSWORD })).body['org.enlace.appeal'] as {
      token: string
      decision: Json
    }
  const { decision } = await offer()
  await node.ctx.accounts.setPosition(gone.userId, { institution: null })
  const { token, decision: again } = await offer()
  expect(again).toMatchObject({ id: decision['id'] })
  expect(again['lifted_ts']).toBeUndefined()
  const words = 'Pido que se revise.'
  expect((await node.call('POST', `${API}/appeal`, { body: { token, words } })).status).toBe(200)
  const path = `${API}/institution/decisions/${String(decision['id'])}/answer`
  expect((await ask(second, 'POST', path, { outcome: 'upheld', reason: 'Sigue.' })).status).toBe(200)
})

test('every act is told of, and no words are in the log', async () => {
  const all = await acts()
  const kinds = new Set(all.map((one) => one['act']))
  for (const kind of [
    'report.filed',
    'report.decided',
    'report.removed',
    'report.warned',
    'report.appealed',
    'report.appeal_decided',
    'account.suspend',
    'account.restore',
  ])
    expect(kinds).toContain(kind)
  expect(JSON.stringify(all)).not.toMatch(/niño|nombre|familia|razón/)
})

test('the encrypted copy goes ninety days after the decision, the rest after a year; what erases a message erases it too', async () => {
  const login = await node.login('autor', { password: PASSWORD })
  author = { ...author, token: String(login.body['access_token']) }
  const [event, erased, open] = [await write(author), await write(author), await write(author)]
  for (const one of [event, erased, open]) await file(second, one)
  const ids = await Promise.all([event, erased, open].map((one) => onDesk(chief, one)))
  const evidence = async (id: unknown) =>
    (await node.ctx.db.connection.collection('reports').findOne({ _id: id as never }))?.[
      'evidence'
    ] as unknown
  await node.ctx.reports.erased([erased])
  expect(await evidence(ids[1]!['id'])).toBeUndefined()
  await act(chief, ids[0]!['id'], 'decide', { act: 'close', reason: 'No hay falta.' })
  skew = 89 * DAY_MS
  await node.ctx.reports.trim()
  expect(await evidence(ids[0]!['id'])).toHaveLength(1)
  skew = 91 * DAY_MS
  await node.ctx.reports.trim()
  expect(await evidence(ids[0]!['id'])).toBeUndefined()
  const left = async () => (await node.ctx.reports.desk.list(chief.userId)).map(({ event_id }) => event_id)
  expect(await left()).toContain(event)
  skew = 366 * DAY_MS
  await node.ctx.reports.trim()
  expect(await left()).not.toContain(event)
  // What nobody has decided on is forgotten by nobody.
  expect(await left()).toContain(open)
})
