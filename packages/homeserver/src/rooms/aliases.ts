/** Room aliases of this node, the published room directory, and the resolution of partners' aliases. */
import { serverNameOf } from '@enlace/room-model'
import { Schema } from 'mongoose'
import type { Context } from '../context.ts'
import { forbidden, MatrixError, notFound } from '../errors.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { openModel } from '../storage/db.ts'
import type { Aliases } from './types.ts'

type AliasDoc = { _id: string; room_id: string; creator: string }
type PublishedDoc = { _id: string; since: number }

export async function createAliases(ctx: Context): Promise<Aliases> {
  const options = { versionKey: false } as const
  const aliasSchema = new Schema<AliasDoc>({ _id: String, room_id: String, creator: String }, options)
  aliasSchema.index({ room_id: 1 })
  const Alias = await openModel(ctx.db, 'aliases', aliasSchema)
  const Published = await openModel(
    ctx.db,
    'published_rooms',
    new Schema<PublishedDoc>({ _id: String, since: Number }, options),
  )
  return {
    async resolve(alias) {
      if (serverNameOf(alias) !== ctx.serverName) return ctx.federation.resolveAlias(alias)
      const found = await Alias.findById(alias).lean()
      if (!found) return undefined
      const servers = await ctx.rooms.joinedServers(found.room_id)
      return { roomId: found.room_id, servers: [...new Set([ctx.serverName, ...servers])] }
    },
    async create(alias, roomId, creator) {
      try {
        await Alias.collection.insertOne({ _id: alias, room_id: roomId, creator } as never)
      } catch (error) {
        if (isDuplicateKey(error))
          throw new MatrixError(409, 'M_UNKNOWN', 'That alias is taken. Choose another one.')
        throw error
      }
    },
    async remove(alias, userId) {
      const found = await Alias.findById(alias).lean()
      if (!found) throw notFound('There is no room with that alias.')
      if (
        found.creator !== userId &&
        !(await ctx.rooms.maySendState(found.room_id, userId, 'm.room.canonical_alias'))
      ) {
        throw forbidden('Only whoever made the alias, or may change the room’s main alias, can delete it.')
      }
      await Alias.deleteOne({ _id: alias })
      const state = await ctx.rooms.currentState(found.room_id)
      const canonical = state.get('m.room.canonical_alias')?.pdu.content
      const others = Array.isArray(canonical?.['alt_aliases']) ? canonical['alt_aliases'] : []
      if (canonical && (canonical['alias'] === alias || others.includes(alias))) {
        const content: Record<string, unknown> = { ...canonical }
        if (content['alias'] === alias) delete content['alias']
        if (others.length > 0) content['alt_aliases'] = others.filter((one) => one !== alias)
        // The alias is gone either way; the room may not let this user say so.
        await ctx.rooms
          .send({
            roomId: found.room_id,
            sender: userId,
            type: 'm.room.canonical_alias',
            stateKey: '',
            content,
          })
          .catch((error: unknown) => {
            if (!(error instanceof MatrixError)) throw error
          })
      }
    },
    async of(roomId) {
      return (await Alias.find({ room_id: roomId }).lean()).map((one) => one._id)
    },
    async publish(roomId, visible) {
      if (visible)
        await Published.updateOne({ _id: roomId }, { $setOnInsert: { since: Date.now() } }, { upsert: true })
      else await Published.deleteOne({ _id: roomId })
    },
    async isPublished(roomId) {
      return (await Published.findById(roomId).lean()) !== null
    },
    async published() {
      return (await Published.find().limit(5_000).lean()).map((one) => one._id)
    },
  }
}
