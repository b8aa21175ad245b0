import {
  type EscalationStage,
  escalationAlertedEventType,
  escalationContent,
  escalationEventType,
  escalationStepEventType,
} from '@enlace/coordination'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { by, type CaseNode, type Person, startCaseNode } from '../testing/cases.ts'

/** Whoever is suspended counts for nothing, and nothing is said in their name: their telephone may be in other hands. */
let kit: CaseNode
let colleague: Person
let clerk: Person

const HOUR = 3_600_000
const chain: EscalationStage[] = [
  {
    level: 'focal_point',
    institutions: ['hn-registro'],
    roles: ['staff', 'coordinator'],
    within_ms: HOUR / 2,
  },
  { level: 'national_liaison', country: 'HN', roles: ['official'], within_ms: HOUR / 2 },
]

beforeEach(async () => {
  kit = await startCaseNode()
  colleague = await kit.join('colega', 'gt-casa', 'staff')
  clerk = await kit.join('oficina', 'hn-registro', 'staff')
  await kit.join('oficial', 'hn-senaf', 'official')
})
afterEach(() => kit.node.close())

const suspend = (who: Person) =>
  kit.node.ctx.accounts.suspend(who.userId, kit.chief.userId, 'perdió el teléfono')
async function sentBy(type: string, id: string): Promise<string[]> {
  await kit.node.ctx.escalations.settled()
  const events = await kit.node.ctx.rooms.envelopesAbout(kit.roomId, id)
  return events.filter(({ pdu }) => pdu.type === type).map(({ pdu }) => pdu.sender)
}
async function later(ms: number): Promise<void> {
  await kit.node.ctx.escalations.settled()
  kit.advance(ms)
  await kit.node.ctx.escalations.tick()
  await kit.node.ctx.escalations.settled()
}
async function raised(about: string, who: Person): Promise<string> {
  const content = escalationContent(about, { cause: 'person', chain, by: by(who) })
  const answer = await kit.send(who, escalationEventType, content)
  expect(answer).toMatchObject({ status: 200 })
  return String(answer.body['event_id'])
}

test('a call goes on in the name of a colleague when whoever raised it was suspended', async () => {
  const id = await raised(await kit.open(), kit.shelter)
  await suspend(kit.shelter)
  await later(HOUR)
  expect(await sentBy(escalationStepEventType, id)).toEqual([colleague.userId])
})

test('a time of a case that lapses is said by a colleague of whoever opened it', async () => {
  const id = await kit.open()
  await suspend(kit.shelter)
  await later(2 * HOUR)
  const newest = await kit.node.ctx.rooms.timeline(kit.roomId, { dir: 'b', limit: 50 })
  const call = newest.find(({ pdu }) => pdu.type === escalationEventType)
  expect(call?.pdu).toMatchObject({
    sender: colleague.userId,
    content: { 'm.relates_to': { event_id: id } },
  })
})

test('a stage whose people are all suspended calls nobody: the next one is called at once, and they are not alerted', async () => {
  await suspend(kit.registrar)
  await suspend(clerk)
  const id = await raised(await kit.open(), kit.shelter)
  await kit.node.ctx.escalations.settled()
  expect((await kit.node.ctx.escalations.read(id))?.step).toBe(1)
  expect(await kit.node.ctx.alerts.ledger(`${id}|`)).not.toContainEqual(
    expect.objectContaining({ userId: kit.registrar.userId }),
  )
})

test('what this node says of its own people being called is said by one who is not suspended', async () => {
  await suspend(kit.registrar)
  const id = await raised(await kit.open(), kit.shelter)
  const senders = await sentBy(escalationAlertedEventType, id)
  expect(senders.length).toBeGreaterThan(0)
  expect(senders).not.toContain(kit.registrar.userId)
})

test('whoever no institution has on its roster any more gives no name either', async () => {
  const id = await raised(await kit.open(), kit.shelter)
  await kit.node.ctx.accounts.setPosition(kit.shelter.userId, { institution: null })
  await later(HOUR)
  const senders = await sentBy(escalationStepEventType, id)
  expect(senders).toHaveLength(1)
  expect(senders).not.toContain(kit.shelter.userId)
})
