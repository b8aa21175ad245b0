/** A case that was deleted while that was possible is not a case that never was. */
import { caseEventType } from '@enlace/coordination'
import { redact } from '@enlace/room-model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CaseNode, caseApi, startCaseNode } from '../testing/cases.ts'

let kit: CaseNode
let gone: string
let stays: string
let reference: string

/** What an earlier version left: the event is redacted at rest, and the row of the board stands. */
async function deleteAsBefore(caseId: string): Promise<void> {
  const { node, chief, roomId } = kit
  const words = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgA', session_id: 's', device_id: 'D' }
  const { body } = await kit.send(kit.shelter, 'm.room.encrypted', { ...words, sender_key: 'k' })
  const path = `/rooms/${roomId}/redact/${body['event_id']}/r1`
  const redaction = await kit.call(chief, 'PUT', path, {})
  expect(redaction.status).toBe(200)
  const event = (await node.ctx.rooms.event(caseId))!
  const { db } = node.ctx
  await db.connection.collection<{ _id: string }>('events').updateOne(
    { _id: caseId },
    {
      $set: {
        json: JSON.stringify(redact(event.pdu, event.version)),
        redacted_by: redaction.body['event_id'],
      },
    },
  )
  await node.reopen('rooms')
  await node.reopen('cases', async () => {
    await db.connection
      .collection<{ _id: string }>('projection_cursors')
      .deleteOne({ _id: 'cases: deleted ones dropped' })
  })
}
const board = async (who = kit.registrar) =>
  (await kit.call(who, 'GET', `${caseApi}/cases?ended=true`)).body as {
    rows: { id: string }[]
    deleted?: Record<string, unknown>[]
  }
const open = (caseId: string, who = kit.registrar) =>
  kit.call(who, 'GET', `${caseApi}/cases/${encodeURIComponent(caseId)}`)

beforeAll(async () => {
  kit = await startCaseNode()
  ;[gone, stays] = [await kit.open(), await kit.open()]
  await kit.node.ctx.cases.settled()
  reference = kit.node.ctx.cases.row(gone)!.reference
})
afterAll(() => kit.node.close())

test('it is off the board, which says that it was there; whoever opens it reads who deleted it', async () => {
  expect((await board()).rows.map(({ id }) => id)).toContain(gone)
  expect(await board()).not.toHaveProperty('deleted')
  await deleteAsBefore(gone)
  await expect.poll(async () => (await board()).rows.map(({ id }) => id)).toEqual([stays])
  const { userId } = kit.chief
  expect((await board()).deleted).toEqual([
    {
      id: gone,
      room_id: kit.roomId,
      opened_by: kit.shelter.userId,
      opened_ts: expect.any(Number),
      deleted_by: userId,
      deleted_ts: expect.any(Number),
    },
  ])
  expect(await open(gone)).toMatchObject({
    status: 410,
    body: {
      'org.enlace.rule': 'case.deleted',
      'org.enlace.message': { es: expect.stringContaining(userId), en: expect.stringContaining(userId) },
      opened_by: kit.shelter.userId,
      deleted_by: userId,
    },
  })
  expect((await open(stays)).status).toBe(200)
  // Nothing of what it said comes back, and no time of it lapses any more.
  expect(JSON.stringify([await board(), (await open(gone)).body])).not.toContain(reference)
  expect(kit.node.ctx.cases.lapsed(Date.now() + 10 * 3_600_000).rows.map(({ id }) => id)).toEqual([stays])
})

test('it is told to members alone, and only of cases', async () => {
  expect(await board(kit.guest)).not.toHaveProperty('deleted')
  expect(await open(gone, kit.guest)).toMatchObject({ status: 404 })
  expect(await open('$nosuch')).toMatchObject({ status: 404 })
  const { eventId } = (await kit.node.ctx.rooms.currentState(kit.roomId)).get('m.room.create')!
  expect(await open(eventId)).toMatchObject({ status: 404 })
  const other = `${caseApi}/cases?room=${encodeURIComponent(kit.corridor)}`
  expect((await kit.call(kit.registrar, 'GET', other)).body).not.toHaveProperty('deleted')
})

test('one that came without its content says so', async () => {
  const id = await kit.open()
  await kit.node.ctx.cases.settled()
  const event = (await kit.node.ctx.rooms.event(id))!
  await kit.node.ctx.db.connection
    .collection<{ _id: string }>('events')
    .updateOne({ _id: id }, { $set: { json: JSON.stringify(redact(event.pdu, event.version)) } })
  await kit.node.reopen('rooms')
  kit.node.ctx.cases.revisit([(await kit.node.ctx.rooms.event(id))!])
  await kit.node.ctx.cases.settled()
  expect(event.pdu.type).toBe(caseEventType)
  expect(await open(id)).toMatchObject({ status: 410, body: { 'org.enlace.rule': 'case.unreadable' } })
  expect((await board()).rows.map((row) => row.id)).not.toContain(id)
})
