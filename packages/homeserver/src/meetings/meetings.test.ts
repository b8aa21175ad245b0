import {
  type MeetingStepDraft,
  meetingEventType,
  meetingUpdateContent,
  meetingUpdateEventType,
} from '@enlace/coordination/meetings'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { by, type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'

const DAY = 86_400_000
let kit: CaseNode
let registrar: Person
let meeting: string
let written = 0
/** Of an encrypted event; each step has its own. */
const record = () => `$encrypted${written++}`

const start = () => kit.now() + 7 * DAY
const call = (who: Person, more: object = {}) =>
  kit.send(who, meetingEventType, {
    institutions: ['hn-senaf', 'hn-registro'],
    conveners: ['hn-senaf'],
    starts_ts: start(),
    by: by(who),
    ...more,
  })
async function step(who: Person, draft: MeetingStepDraft, more: object = {}) {
  const state = await kit.node.ctx.meetings.state(meeting)
  return kit.send(who, meetingUpdateEventType, { ...meetingUpdateContent(state!, by(who), draft), ...more })
}
const commit = (due: number) =>
  step(kit.chief, { step: 'commit', responsible: 'hn-registro', due_ts: due, record: record() })
const told = async (who: Person, prefix = 'commitment|') =>
  [
    ...new Set(
      (await kit.node.ctx.alerts.ledger(prefix))
        .filter((one) => one.userId === who.userId)
        .map((one) => one.key),
    ),
  ].map((key) => key.split('|')[3])

beforeAll(async () => {
  kit = await startCaseNode()
  registrar = await kit.join('jefatura', 'hn-registro', 'coordinator')
  const answer = await call(kit.chief)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  meeting = String(answer.body['event_id'])
})
afterAll(() => kit.node.close())

test('the door: who convenes, who takes part, what is closed, each with its rule', async () => {
  const refused = async (answer: ReturnType<typeof step>) => {
    const { status, body } = await answer
    return `${status} ${body['org.enlace.rule'] ?? body['errcode']}`
  }
  expect(await refused(call(kit.shelter, { institutions: ['gt-casa'], conveners: ['gt-casa'] }))).toMatch(
    /^403 meeting\.not_entitled/,
  )
  expect(await refused(call(kit.chief, { institutions: ['hn-senaf', 'hn-nadie'] }))).toMatch(
    /^403 meeting\.institution/,
  )
  expect(await refused(call(kit.chief, { conveners: ['hn-registro'] }))).toBe('400 M_BAD_JSON')
  expect(await refused(call(kit.chief, { title: 'Reunión' }))).toBe('400 M_BAD_JSON')
  const note: MeetingStepDraft = { step: 'record', record: record() }
  expect(await refused(step(kit.shelter, note))).toMatch(/^403 meeting\.not_a_participant/)
  expect(await refused(step(kit.chief, note, { by: by(registrar) }))).toMatch(/^403 case\.actor/)
  expect(await refused(step(registrar, { step: 'close', next_ts: start() }))).toMatch(
    /^403 meeting\.not_entitled/,
  )
  expect((await step(kit.chief, { step: 'invite', to: 'gt-casa' })).status).toBe(200)
  expect((await step(kit.shelter, note)).status).toBe(200)
})

test('commitments are told of before, when they are overdue, and then to the conveners; until they are fulfilled', async () => {
  const due = kit.now() + 6 * DAY
  const id = String((await commit(due)).body['event_id'])
  await kit.node.ctx.meetings.settled()
  const look = async (days: number) => {
    kit.advance(days * DAY)
    await kit.node.ctx.meetings.look()
  }
  await look(1)
  expect(await told(registrar)).toEqual([])
  await look(3)
  expect(await told(registrar)).toEqual(['soon'])
  expect(await told(kit.registrar)).toEqual([])
  await look(3)
  await look(0)
  expect((await told(registrar)).sort()).toEqual(['overdue', 'soon'])
  expect(await told(kit.chief)).toEqual([])
  await look(3)
  expect(await told(kit.chief)).toEqual(['conveners'])
  const progress: MeetingStepDraft = { step: 'progress', commitment: id, status: 'fulfilled' }
  expect((await step(kit.chief, progress)).status).toBe(403)
  expect((await step(registrar, progress)).status).toBe(200)
  await kit.node.ctx.meetings.settled()
  const open = (await kit.node.ctx.alerts.own.list(registrar.userId)).filter((one) => one['state'] === 'open')
  expect(open).toEqual([])
})

test('the list is of those in the channel, by envelopes alone, and is made again after a start', async () => {
  expect((await step(kit.chief, { step: 'close', next_ts: start() })).status).toBe(200)
  const list = async (who: Person) => (await kit.call(who, 'GET', `${caseApi}/meetings`)).body['meetings']
  const seen = await list(registrar)
  expect(seen).toMatchObject([
    { id: meeting, room_id: kit.roomId, institutions: ['hn-senaf', 'hn-registro', 'gt-casa'] },
  ])
  expect(seen).toMatchObject([{ next_ts: expect.any(Number), commitments: [{ status: 'fulfilled' }] }])
  expect(await list(kit.guest)).toEqual([])
})
