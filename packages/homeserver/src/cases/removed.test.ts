import { type EscalationStage, escalationContent, escalationEventType } from '@enlace/coordination'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { by, type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'

/** Whoever was removed sees nothing of cases and calls, neither as they were nor what became of them. */
let kit: CaseNode
let removed: Person
let caseId: string
let callId: string
let reference: string

const chain: EscalationStage[] = [
  {
    level: 'focal_point',
    institutions: ['hn-registro'],
    roles: ['staff', 'coordinator'],
    within_ms: 3_600_000,
  },
]
type Seen = { status: number; text: string }

async function see(path: string, method = 'GET', body?: object): Promise<Seen> {
  const place = path
    .replace(':case', encodeURIComponent(caseId))
    .replace(':call', encodeURIComponent(callId))
    .replace(':room', kit.roomId)
  const answer = await kit.call(removed, method, `${caseApi}${place}`, body)
  return { status: answer.status, text: answer.bytes.toString() }
}
/** What would tell them of this case, its call, or the channel. */
const tells = ({ text }: Seen) =>
  [caseId, callId, reference, kit.roomId].filter((secret) => text.includes(secret))

beforeAll(async () => {
  kit = await startCaseNode()
  removed = await kit.join('despedida', 'hn-registro', 'coordinator')
  caseId = await kit.open()
  const raised = await kit.send(
    kit.shelter,
    escalationEventType,
    escalationContent(caseId, { chain, by: by(kit.shelter) }),
  )
  callId = String(raised.body['event_id'])
  await kit.node.ctx.escalations.settled()
  reference = kit.node.ctx.cases.row(caseId)!.reference
})
afterAll(() => kit.node.close())

/** Path, and whether it is refused afterwards; otherwise it answers with nothing in it. */
const endpoints: [path: string, refused: boolean, method?: string, body?: object][] = [
  ['/cases', false],
  ['/cases?ended=true&limit=200', false],
  ['/cases.csv', false],
  ['/cases/:case', true],
  ['/measures', false],
  ['/measures?room=:room', false],
  ['/measures.csv', false],
  ['/escalations', false],
  ['/escalations/:call', true],
  ['/rooms/:room/chain?institution=hn-registro', true],
  ['/rooms/:room/delivery', true],
  ['/rooms/:room/delivery?events=:case', true],
  ['/rooms/:room/delivery/:case', true],
  ['/rooms/:room/delivery/:call', true],
  ['/alerts', false],
  ['/cases/reference', true, 'POST', { kind: 'birth_certificate', room_id: ':room' }],
]

test('before, they see the case and the call', async () => {
  for (const path of [
    '/cases',
    '/cases.csv',
    '/cases/:case',
    '/escalations',
    '/escalations/:call',
    '/alerts',
  ])
    expect(tells(await see(path)), path).not.toEqual([])
  expect(JSON.parse((await see('/measures')).text).measures).toMatchObject([{ cases: 1, escalations: 1 }])
})

test('8.6 afterwards nothing, on every endpoint of cases, calls, alerts and delivery', async () => {
  const kicked = await kit.call(kit.chief, 'POST', `/rooms/${kit.roomId}/kick`, { user_id: removed.userId })
  expect(kicked.status).toBe(200)
  await kit.step(kit.registrar, caseId, { step: 'acknowledge' })
  await kit.node.ctx.delivery.flush()
  for (const [path, refused, method, body] of endpoints) {
    const filled = body && JSON.parse(JSON.stringify(body).replace(':room', kit.roomId))
    const seen = await see(path, method, filled)
    expect(seen.status, path).toBe(refused ? (seen.status === 404 ? 404 : 403) : 200)
    expect(tells(seen), path).toEqual([])
  }
  expect(JSON.parse((await see('/measures')).text).measures).toEqual([])
  // Nor does anything ring: their clients are told of no open alert.
  expect(await kit.node.ctx.accountData.get(removed.userId, 'org.enlace.alerts')).toEqual({ alerts: [] })
})
