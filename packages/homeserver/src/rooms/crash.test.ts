/** A node is killed in the middle of a burst: nothing it acknowledged is missing, and what it derived agrees with the log. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestNode } from '../testing/node.ts'

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'enlace-crash-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

/** Runs a node on `folder` and kills it after so many acknowledged events. */
async function burst(folder: string, killAfter: number) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../testing/crash/rooms-node.ts'), folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const acknowledged: string[] = []
  const joined: string[] = []
  let roomId = ''
  for await (const line of createInterface({ input: child.stdout! })) {
    const said = JSON.parse(line) as { roomId?: string; eventId?: string; joined?: string }
    if (said.roomId) roomId = said.roomId
    if (said.joined) joined.push(said.joined)
    if (said.eventId) acknowledged.push(said.eventId)
    if (acknowledged.length === killAfter) child.kill('SIGKILL')
  }
  return { roomId, acknowledged, joined }
}

// Before a summary of the room was written, around it, and well after.
test.each([40, 400, 2_500])(
  'killed after %i messages',
  async (killAfter) => {
    const folder = join(dataDir, `${killAfter}`)
    const { roomId, acknowledged, joined } = await burst(folder, killAfter)
    expect(acknowledged.length).toBeGreaterThanOrEqual(killAfter)
    const node = await startTestNode({}, { dataDir: folder })
    try {
      const { rooms } = node.ctx
      // Memberships are right before anybody asks for the room.
      const listed = await rooms.roomsOf(joined.at(-1)!)
      expect(listed).toMatchObject([{ roomId, membership: 'join' }])

      const stored = await rooms.events(acknowledged)
      expect(stored).toHaveLength(acknowledged.length)

      // Replay: the log in order, from nothing.
      const log: Awaited<ReturnType<typeof rooms.timeline>> = []
      for (let from = 0; ; ) {
        const page = await rooms.timeline(roomId, { from, dir: 'f', limit: 1_000 })
        log.push(...page)
        if (page.length === 0) break
        from = page.at(-1)!.pos!
      }
      const heads = new Set<string>()
      const state = new Map<string, string>()
      const seen = new Set<string>()
      for (const { eventId, pdu } of log) {
        for (const prev of pdu.prev_events) {
          expect(seen.has(prev)).toBe(true)
          heads.delete(prev)
        }
        seen.add(eventId)
        heads.add(eventId)
        if (pdu.state_key !== undefined) state.set(`${pdu.type}\u0000${pdu.state_key}`, eventId)
      }
      expect(heads.size).toBe(1)
      expect((await rooms.room(roomId))!.extremities).toEqual([...heads])
      expect(new Map((await rooms.currentState(roomId)).ids)).toEqual(state)

      const members = [...state].filter(([key]) => key.startsWith('m.room.member\u0000'))
      expect((await rooms.members(roomId, 'join')).length).toBe(members.length)
      const docs = await node.ctx.db.connection.collection('memberships').find({ room_id: roomId }).toArray()
      expect(new Map(docs.map((doc) => [doc['user_id'], doc['event_id']]))).toEqual(
        new Map(members.map(([key, id]) => [key.split('\u0000')[1], id])),
      )

      // A message sent again with its transaction is the one that was stored; new ones follow.
      const first = stored.find((event) => event.transaction)!
      const again = await rooms.send({
        roomId,
        sender: first.pdu.sender,
        type: 'm.room.message',
        content: first.pdu.content,
        transaction: first.transaction!,
      })
      expect(again.eventId).toBe(first.eventId)
      const next = await rooms.send({ roomId, sender: first.pdu.sender, type: 'm.room.message', content: {} })
      expect(next.pdu.prev_events).toEqual([...heads])
    } finally {
      await node.close()
    }
  },
  60_000,
)
