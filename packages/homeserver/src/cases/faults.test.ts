/** What a crash, or an event that comes at a bad moment, must not do to the rows of cases and calls. */
import {
  caseUpdateContent,
  caseUpdateEventType,
  escalationContent,
  escalationEventType,
} from '@enlace/coordination'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { by, type CaseNode, startCaseNode } from '../testing/cases.ts'

let world: CaseNode
beforeAll(async () => {
  world = await startCaseNode()
})
afterAll(() => world?.node.close())

const redact = (eventId: string) =>
  world.node.ctx.rooms.send({
    roomId: world.roomId,
    sender: world.shelter.userId,
    type: 'm.room.redaction',
    content: {},
    redacts: eventId,
  })

test('a step in the moment before a crash reaches the case', async () => {
  const { node, registrar, open, step } = world
  const { ctx } = node
  const id = await open()
  await ctx.cases.settled()
  expect(ctx.cases.row(id)).toMatchObject({ status: 'sent' })
  // The process ends when the step is on disk, and nothing that follows the log has been told of it.
  await node.reopen('cases', async () => {
    await ctx.rooms.send({
      roomId: world.roomId,
      sender: registrar.userId,
      type: caseUpdateEventType,
      content: caseUpdateContent({ id, heads: [] }, by(registrar), { step: 'acknowledge' }),
    })
  })
  await ctx.cases.settled()
  expect(ctx.cases.row(id)).toMatchObject({ status: 'acknowledged' })
  expect((await step(registrar, id, { step: 'acknowledge' })).status).toBe(403)
})

test('a call in the moment before a crash is run', async () => {
  const { node, shelter, open, send } = world
  const { ctx } = node
  const id = await open()
  expect((await ctx.escalations.openAbout()).has(id)).toBe(false)
  await node.reopen('escalations', async () => {
    const raised = await send(shelter, escalationEventType, escalationContent(id, { by: by(shelter) }))
    expect(raised.status).toBe(200)
  })
  await ctx.escalations.start()
  await ctx.escalations.settled()
  expect((await ctx.escalations.openAbout()).has(id)).toBe(true)
})

test('8.7: cases, their steps and calls cannot be deleted, and their deletion leaves nothing undone', async () => {
  const { node, shelter, registrar, open, send, step } = world
  const { ctx } = node
  const ids = await Promise.all(Array.from({ length: 4 }, () => open()))
  await Promise.all(
    ids.map(async (id) => {
      const taken = await step(registrar, id, { step: 'acknowledge' })
      const raised = await send(shelter, escalationEventType, escalationContent(id, { by: by(shelter) }))
      const refused = (rule: string) =>
        expect.objectContaining({ extra: expect.objectContaining({ 'org.enlace.rule': rule }) })
      await expect(redact(id)).rejects.toEqual(refused('case.not-deleted'))
      await expect(redact(String(taken.body['event_id']))).rejects.toEqual(refused('case.not-deleted'))
      await expect(redact(String(raised.body['event_id']))).rejects.toEqual(refused('escalation.not-deleted'))
    }),
  )
  await ctx.cases.settled()
  await ctx.escalations.settled()
  expect(ids.map((id) => ctx.cases.row(id)?.status)).toEqual(ids.map(() => 'acknowledged'))
  const called = await ctx.escalations.openAbout()
  expect(ids.filter((id) => called.has(id))).toEqual(ids)
})

test('no event counts before it was judged, however it comes between two readings', async () => {
  const { node, registrar, roomId, open } = world
  const { ctx } = node
  const told: string[] = []
  const stop = ctx.cases.onChange((row) => told.push(row.status))
  const read = ctx.rooms.envelopesAbout
  let forged: Promise<unknown> | undefined
  // While a case is read for the first time, a server speaks for an institution that it does not host.
  ctx.rooms.envelopesAbout = async (room, about) => {
    const found = await read(room, about)
    forged ??= (async () => {
      ctx.federation.hosts = (_, key) => key !== 'hn-registro'
      return ctx.rooms.send({
        roomId,
        sender: registrar.userId,
        type: caseUpdateEventType,
        content: caseUpdateContent({ id: about, heads: [] }, by(registrar), { step: 'acknowledge' }),
      })
    })()
    await forged
    return found
  }
  const id = await open()
  await ctx.cases.settled()
  await expect.poll(() => ctx.cases.row(id)?.refused).toBe(1)
  expect(new Set(told)).toEqual(new Set(['sent']))
  ctx.rooms.envelopesAbout = read

  // The same holds for somebody who asks for the case before its row is up to date.
  await ctx.rooms.send({
    roomId,
    sender: registrar.userId,
    type: caseUpdateEventType,
    content: caseUpdateContent({ id, heads: [] }, by(registrar), { step: 'acknowledge' }),
  })
  expect(await ctx.cases.state(id)).toMatchObject({ status: 'sent' })
  stop()
  ctx.federation.hosts = () => true
})
