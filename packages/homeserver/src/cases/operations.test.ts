/** What a case costs the database. The numbers may fall; one that rises is paid for by every step of every case. */
import {
  caseUpdateContent,
  caseUpdateEventType,
  escalationContent,
  escalationEventType,
} from '@enlace/coordination'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { by, type CaseNode, caseApi, startCaseNode } from '../testing/cases.ts'
import { countOperations } from '../testing/count-operations.ts'

/** Written at most once in a second or two for all that has happened, not for each event. */
const NOW_AND_THEN = ['rooms.updateOne', 'room_checkpoints.updateOne', 'projection_cursors.updateOne']
/** Every five seconds the node looks for accounts whose making or closing was interrupted, with one question each. */
const SWEEPS = 2

let world: CaseNode
beforeAll(async () => {
  world = await startCaseNode()
})
afterAll(() => world?.node.close())

async function costOf(work: () => Promise<void>): Promise<Record<string, number>> {
  const { by } = await countOperations(world.node.ctx, work, { except: NOW_AND_THEN })
  const { 'accounts.find': swept = 0, ...cost } = by
  expect(swept).toBeLessThanOrEqual(SWEEPS)
  return cost
}

const quiet = async () => {
  await world.node.ctx.cases.settled()
  await world.node.ctx.escalations.settled()
}

test('a step costs the door one reading of the case, and the row another and one write', async () => {
  const { node, registrar, open, send, step } = world
  const id = await open()
  await step(registrar, id, { step: 'acknowledge' })
  await quiet()
  const next = caseUpdateContent((await node.ctx.cases.state(id))!, by(registrar), { step: 'accept' })
  const cost = await costOf(async () => {
    expect((await send(registrar, caseUpdateEventType, next)).status).toBe(200)
    await quiet()
  })
  expect(cost).toEqual({
    // Whether the transaction is a repetition.
    'events.findOne': 1,
    'events.find': 2,
    'events.insertMany': 1,
    'cases.updateOne': 1,
  })
})

test('a step of a partner’s person, in a case not looked at for long, costs its row two readings and a write', async () => {
  const { node, registrar, roomId, open } = world
  const id = await open()
  await quiet()
  // As after a start: nothing of it is in memory.
  await node.reopen('cases')
  await quiet()
  const content = caseUpdateContent((await node.ctx.cases.state(id))!, by(registrar), { step: 'acknowledge' })
  const cost = await costOf(async () => {
    await node.ctx.rooms.send({ roomId, sender: registrar.userId, type: caseUpdateEventType, content })
    await quiet()
  })
  expect(cost).toEqual({
    'events.find': 1,
    'events.insertMany': 1,
    'cases.findOne': 1,
    'cases.updateOne': 1,
  })
})

test('a case is shown from one reading of what is about it, and one of each call', async () => {
  const { registrar, open, step, call } = world
  const id = await open()
  await step(registrar, id, { step: 'acknowledge' })
  await quiet()
  const cost = await costOf(async () => {
    const { status } = await call(registrar, 'GET', `${caseApi}/cases/${encodeURIComponent(id)}`)
    expect(status).toBe(200)
  })
  expect(cost).toEqual({ 'events.find': 1 })
})

test('and with two calls about it, from two more', async () => {
  const { registrar, shelter, open, send, call } = world
  const id = await open()
  // On two institutions: one open call about the same thing is enough for the same people.
  for (const key of ['hn-registro', 'hn-senaf'])
    await send(
      shelter,
      escalationEventType,
      escalationContent(id, {
        by: by(shelter),
        chain: [{ level: 'focal_point', institutions: [key], roles: ['official'], within_ms: 3_600_000 }],
      }),
    )
  await quiet()
  const cost = await costOf(async () => {
    const { body } = await call(registrar, 'GET', `${caseApi}/cases/${encodeURIComponent(id)}`)
    expect(body['events']).toHaveLength(3)
  })
  expect(cost).toEqual({ 'events.find': 3 })
})
