/** Filters (client-server API, "Filtering"): stored once per person and content, so repeating an upload adds nothing. */
import { createHash } from 'node:crypto'
import mongoose from 'mongoose'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { openModel } from '../storage/db.ts'
import type { Filters } from './types.ts'

const roomId = z.string().regex(/^!/, 'not a room id')
const userId = z.string().regex(/^@[^:]*:.+/, 'not a user id')
const limit = z.number().int().min(0)

const eventFilter = z.looseObject({
  limit: limit.optional(),
  not_senders: z.array(userId).optional(),
  not_types: z.array(z.string()).optional(),
  senders: z.array(userId).optional(),
  types: z.array(z.string()).optional(),
})

const roomEventFilter = eventFilter.extend({
  contains_url: z.boolean().optional(),
  include_redundant_members: z.boolean().optional(),
  lazy_load_members: z.boolean().optional(),
  not_rooms: z.array(roomId).optional(),
  rooms: z.array(roomId).optional(),
  unread_thread_notifications: z.boolean().optional(),
})

export const filterSchema = z.looseObject({
  account_data: eventFilter.optional(),
  event_fields: z.array(z.string()).optional(),
  event_format: z.enum(['client', 'federation']).optional(),
  presence: eventFilter.optional(),
  room: z
    .looseObject({
      account_data: roomEventFilter.optional(),
      ephemeral: roomEventFilter.optional(),
      include_leave: z.boolean().optional(),
      not_rooms: z.array(roomId).optional(),
      rooms: z.array(roomId).optional(),
      state: roomEventFilter.optional(),
      timeline: roomEventFilter.optional(),
    })
    .optional(),
})

export async function createFilters(ctx: Context): Promise<Filters> {
  const schema = new mongoose.Schema<{ _id: string; json: string }>(
    { _id: String, json: String },
    { versionKey: false },
  )
  const Filter = await openModel(ctx.db, 'filters', schema)
  return {
    async create(userId, filter) {
      const json = JSON.stringify(filter)
      const id = createHash('sha256').update(json).digest('base64url').slice(0, 16)
      await Filter.updateOne({ _id: `${userId}|${id}` }, { $set: { json } }, { upsert: true })
      return id
    },
    async get(userId, filterId) {
      const doc = await Filter.findById(`${userId}|${filterId}`).lean()
      return doc ? (JSON.parse(doc.json) as Record<string, unknown>) : undefined
    },
  }
}
