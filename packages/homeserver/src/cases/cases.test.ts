import {
  caseEventType,
  caseTargetsEventType,
  caseUpdateContent,
  caseUpdateEventType,
  escalationContent,
  escalationEventType,
  escalationStepEventType,
} from '@enlace/coordination'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { by, type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'

let node: CaseNode['node']
let chief: Person
let shelter: Person
let registrar: Person
let guest: Person
let roomId: string
let call: CaseNode['call']
let send: CaseNode['send']
let reference: CaseNode['reference']
let content: CaseNode['content']
let open: CaseNode['open']
let step: CaseNode['step']

const BASE = caseApi

const board = async (who: Person, query = '') => {
  await node.ctx.cases.settled()
  const { status, body } = await call(who, 'GET', `${BASE}/cases${query}`)
  expect(status).toBe(200)
  return body as {
    total: number
    rows: Record<string, unknown>[]
    counts: Record<string, unknown>
    next?: string
  }
}

beforeAll(async () => {
  ;({ node, chief, shelter, registrar, guest, roomId, call, send, reference, content, open, step } =
    await startCaseNode())
})
afterAll(() => node.close())

describe('references', () => {
  test('are this node’s own, and never given twice', async () => {
    const given = await Promise.all(Array.from({ length: 20 }, () => reference(shelter)))
    expect(new Set(given).size).toBe(20)
    const year = new Date(Date.now() - 6 * 3_600_000).getUTCFullYear()
    for (const one of given) expect(one).toMatch(new RegExp(`^DOC-${year}-07\\d{4}$`))
  })

  test('are for staff of institutions, in channels they are in', async () => {
    const ask = (who: Person, room: string) =>
      call(who, 'POST', `${BASE}/cases/reference`, { kind: 'birth_certificate', room_id: room })
    expect((await ask(guest, roomId)).status).toBe(403)
    expect((await ask(shelter, '!nowhere:hn.example')).status).toBe(403)
    expect(
      (await call(shelter, 'POST', `${BASE}/cases/reference`, { kind: 'x', room_id: roomId })).status,
    ).toBe(400)
  })
})

describe('the door', () => {
  test.each<[string, () => Promise<object>, string]>([
    [
      'for another institution',
      async () => content({ requesting: 'hn-registro', by: { institution: 'hn-registro', role: 'staff' } }),
      'case.actor',
    ],
    [
      'with a role one does not have',
      async () => content({ by: { institution: 'gt-casa', role: 'official' } }),
      'case.actor',
    ],
    ['with a reference made up', async () => content({ reference: 'DOC-2026-990001' }), 'case.reference'],
    ['for an institution nobody knows', async () => content({ responsible: 'xx-nadie' }), 'case.responsible'],
    [
      'with a deadline of yesterday',
      async () => content({ deadline: Date.now() - 86_400_000 }),
      'case.deadline',
    ],
  ])('refuses a case %s', async (_, make, rule) => {
    const answer = await send(shelter, caseEventType, await make())
    expect(answer).toMatchObject({ status: 403, body: { 'org.enlace.rule': rule } })
    expect((answer.body['org.enlace.message'] as { es: string }).es.length).toBeGreaterThan(20)
  })

  test('refuses words where there is no place for words', async () => {
    const answer = await send(shelter, caseEventType, { ...(await content()), name: 'Ana' })
    expect(answer.status).toBe(400)
  })

  test('refuses a step that is not possible, and says how the case stands', async () => {
    const id = await open()
    const answer = await step(registrar, id, { step: 'accept' })
    expect(answer).toMatchObject({ status: 403, body: { 'org.enlace.rule': 'case-step.illegal_step' } })
    expect((answer.body['org.enlace.message'] as { es: string }).es).toContain('enviada')
    expect(await step(shelter, id, { step: 'acknowledge' })).toMatchObject({
      body: { 'org.enlace.rule': 'case-step.not_a_party' },
    })
    const unknown = caseUpdateContent({ id: '$nothing', heads: [] }, by(registrar), { step: 'acknowledge' })
    expect((await send(registrar, caseUpdateEventType, unknown)).status).toBe(403)
  })

  test('answers a repetition as before', async () => {
    const body = await content()
    const first = await send(shelter, caseEventType, body, 'repetida')
    const again = await send(shelter, caseEventType, body, 'repetida')
    expect(again.body['event_id']).toBe(first.body['event_id'])
    expect(await send(shelter, caseEventType, body)).toMatchObject({
      body: { 'org.enlace.rule': 'case.reference' },
    })
  })

  test('lets nobody delete a case, or take the node’s own steps', async () => {
    const id = await open()
    expect(
      await call(shelter, 'PUT', `/rooms/${roomId}/redact/${encodeURIComponent(id)}/r1`, {}),
    ).toMatchObject({
      status: 403,
      body: { 'org.enlace.rule': 'case.not-deleted' },
    })
    const call1 = await send(shelter, escalationEventType, escalationContent(id, { by: by(shelter) }))
    expect(call1.status).toBe(200)
    const taken = {
      'm.relates_to': { rel_type: 'm.reference', event_id: call1.body['event_id'] },
      step: 1,
      because: 'nobody',
    }
    expect(await send(shelter, escalationStepEventType, taken)).toMatchObject({
      body: { 'org.enlace.rule': 'escalation.node-only' },
    })
  })

  test('takes targets from coordinators, when they can be read', async () => {
    const put = (who: Person, body: object, key = '') =>
      call(who, 'PUT', `/rooms/${roomId}/state/${caseTargetsEventType}/${key}`, body)
    const good = { acknowledge: { birth_certificate: { high: { minutes: 30, time: 'clock' } } } }
    expect((await put(chief, good)).status).toBe(200)
    expect((await put(chief, good, 'hn-senaf')).status).toBe(200)
    expect(await put(chief, good, 'hn-registro')).toMatchObject({
      status: 403,
      body: { 'org.enlace.rule': 'settings.own-institution' },
    })
    expect((await put(registrar, good)).status).toBe(403)
    expect((await put(chief, { acknowledge: 'soon' })).status).toBe(400)
    expect((await put(chief, good, 'no such key')).status).toBe(400)
  })
})

describe('the board', () => {
  test('follows the steps, with flags, counts and possible steps', async () => {
    const id = await open()
    expect((await step(registrar, id, { step: 'acknowledge' })).status).toBe(200)
    await step(registrar, id, { step: 'accept' })
    const { rows } = await board(registrar, '?view=institution&limit=200')
    expect(rows.find((row) => row['id'] === id)).toMatchObject({ status: 'accepted', owner: 'hn-registro' })
    const one = await call(registrar, 'GET', `${BASE}/cases/${encodeURIComponent(id)}`)
    expect(one.body).toMatchObject({
      row: { status: 'accepted' },
      possible_steps: expect.arrayContaining(['start']),
    })
    expect((one.body['events'] as unknown[]).length).toBe(3)
  })

  test('shows nothing to who is not in the room, and says the same of what is not there', async () => {
    const id = await open()
    expect((await board(guest)).total).toBe(0)
    const theirs = await call(guest, 'GET', `${BASE}/cases/${encodeURIComponent(id)}`)
    const none = await call(guest, 'GET', `${BASE}/cases/${encodeURIComponent('$none')}`)
    const said = ({ status, body: { 'org.enlace.request_id': _, ...body } }: typeof none) => ({
      status,
      body,
    })
    expect(said(theirs)).toEqual(said(none))
    expect((await node.call('GET', `${BASE}/cases`)).status).toBe(401)
  })

  test('is paged, filtered and exported', async () => {
    await Promise.all([1, 2, 3].map(() => open({ priority: 'low' })))
    const first = await board(shelter, '?priority=low&limit=2')
    expect(first).toMatchObject({ total: 3, next: '2' })
    const second = await board(shelter, '?priority=low&limit=2&from=2')
    expect(second.rows).toHaveLength(1)
    expect(second.next).toBeUndefined()
    const reference = String(second.rows[0]!['reference'])
    expect((await board(shelter, `?reference=${reference.slice(4).toLowerCase()}`)).total).toBe(1)
    expect((await call(shelter, 'GET', `${BASE}/cases?limit=9999`)).status).toBe(400)
    expect((await call(shelter, 'GET', `${BASE}/cases?status=nope`)).status).toBe(400)
    const csv = await call(shelter, 'GET', `${BASE}/cases.csv?priority=low`)
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(csv.bytes.toString().split('\r\n')).toHaveLength(5)
    const measures = await call(shelter, 'GET', `${BASE}/measures?group=country`)
    expect(measures.body).toMatchObject({ measures: [{ key: 'HN' }] })
    expect((await call(shelter, 'GET', `${BASE}/measures.csv?group=kind`)).bytes.toString()).toContain(
      'birth_certificate',
    )
  })

  test('knows which cases are escalated, and counts them', async () => {
    const id = await open()
    await send(shelter, escalationEventType, escalationContent(id, { by: by(shelter) }))
    const { rows, counts } = await board(shelter, '?flag=escalated&limit=200')
    expect(rows.map((row) => row['id'])).toContain(id)
    expect(rows.find((row) => row['id'] === id)).toMatchObject({ escalation: { state: 'open', step: 0 } })
    expect(Number(counts['escalated'])).toBeGreaterThan(0)
  })

  test('what a partner says for an institution it does not host is refused, now and later', async () => {
    const id = await open()
    node.ctx.federation.hosts = (_, key) => key !== 'hn-registro'
    const forged = await node.ctx.rooms.send({
      roomId,
      sender: registrar.userId,
      type: caseUpdateEventType,
      content: caseUpdateContent({ id, heads: [] }, by(registrar), { step: 'acknowledge' }),
    })
    await node.ctx.cases.settled()
    node.ctx.federation.hosts = () => true
    const state = await node.ctx.cases.state(id)
    expect(state).toMatchObject({
      status: 'sent',
      refused: [{ eventId: forged.eventId, reason: 'not_believed' }],
    })
    expect(node.ctx.cases.row(id)).toMatchObject({ status: 'sent', refused: 1 })
  })
})

test('after a stop the rows are the same, with what came in between', async () => {
  const { createCases } = await import('./cases.ts')
  await node.ctx.cases.settled()
  const before = [...node.ctx.cases.entries()]
    .map((entry) => entry.row)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  // A second projection on the same database begins where the first one's cursor is.
  const again = await createCases(node.ctx)
  await again.settled()
  expect([...again.entries()].map((entry) => entry.row).sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
    before,
  )
  await again.close()
  // Without rows and cursor: made again from the log alone.
  for (const name of ['cases', 'projection_cursors'])
    await node.ctx.db.connection.db!.collection(name).deleteMany({})
  const rebuilt = await createCases(node.ctx)
  await rebuilt.settled()
  const rows = [...rebuilt.entries()].map((entry) => entry.row).sort((a, b) => (a.id < b.id ? -1 : 1))
  await rebuilt.close()
  expect(rows.map((row) => row.id)).toEqual(before.map((row) => row.id))
  // What was not believed then is judged anew from the log alone: here the list believes it.
  expect(rows.filter((row) => row.refused === 0)).toEqual(
    before
      .filter((row) => row.refused === 0 || rows.some((one) => one.id === row.id && one.refused === 0))
      .map((row) => (row.refused === 0 ? row : rows.find((one) => one.id === row.id))),
  )
})
