/** Whether a node's data hang together: what `restore verify` asks of a backup. Reads everything, changes nothing. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readPdu, roomVersion } from '@enlace/room-model'
import type { Context } from '../context.ts'
import type { EventDoc, RoomDoc } from '../rooms/types.ts'

export type Looked = {
  rooms: number
  events: number
  media: number
  accounts: number
  problems: string[]
}

const MAX_PROBLEMS = 100
const BATCH = 500

export async function lookThrough(ctx: Context): Promise<Looked> {
  const db = ctx.db.connection.db!
  const problems: string[] = []
  const wrong = (what: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push(what)
  }

  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    const answer = await db.command({ validate: name, full: true })
    if (answer['valid'] !== true) wrong(`The collection ${name} is damaged.`)
  }

  const counters = db.collection<{ _id: string; next: number }>('counters')
  const reserved = (await counters.findOne({ _id: 'stream' }))?.next ?? 0
  const versions = new Map<string, ReturnType<typeof roomVersion>>()
  let rooms = 0
  for await (const room of db.collection<RoomDoc>('rooms').find()) {
    rooms += 1
    versions.set(room._id, roomVersion(room.version))
    const heads = await ctx.rooms.events(room.extremities ?? [])
    if (heads.length !== (room.extremities ?? []).length)
      wrong(`Room ${room._id} has lost its newest events.`)
    try {
      // Reads the state, and the log after what was summed up.
      const state = await ctx.rooms.currentState(room._id)
      if (heads.length > 0 && (await state.all()).length !== state.ids.size)
        wrong(`Room ${room._id} has lost events of its state.`)
    } catch (error) {
      wrong(`Room ${room._id} cannot be opened: ${(error as Error).message}`)
    }
  }

  const events = db.collection<EventDoc>('events')
  const groups = db.collection<{ _id: string }>('state_groups')
  let count = 0
  let wanted = new Set<string>()
  const checkGroups = async () => {
    const there = await groups.countDocuments({ _id: { $in: [...wanted] } })
    if (there !== wanted.size) wrong(`${wanted.size - there} states of rooms are missing.`)
    wanted = new Set()
  }
  for await (const event of events.find()) {
    count += 1
    if ((event.pos ?? 0) > reserved) wrong(`The event ${event._id} is later than the log.`)
    const version = versions.get(event.room_id)
    // A redacted event has the same id; one without a room is left over from a join that failed.
    if (version && !hasItsId(event, version)) wrong(`The event ${event._id} is not what it was.`)
    for (const group of [event.before, event.after]) if (group !== undefined) wanted.add(group)
    if (wanted.size >= BATCH) await checkGroups()
  }
  await checkGroups()

  let media = 0
  const files = db.collection<{ _id: string; remote: boolean; hash?: string; size?: number }>('media')
  for await (const { _id, hash, size, remote } of files.find()) {
    if (hash === undefined) continue
    media += 1
    const path = join(ctx.config.data_dir, 'media', hash.slice(0, 2), hash.slice(2, 4), hash)
    const found = await stat(path).catch(() => undefined)
    // What is a partner's is fetched again.
    if (found?.size !== size && !remote) wrong(`The file ${_id} is missing.`)
  }
  return { rooms, events: count, media, accounts: await db.collection('accounts').countDocuments(), problems }
}

function hasItsId(event: EventDoc, version: NonNullable<ReturnType<typeof roomVersion>>): boolean {
  const read = readPdu(JSON.parse(event.json), version)
  return read.ok && read.eventId === event._id
}
