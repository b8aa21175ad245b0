/** What an operator does to stored files. */
import type { Model } from 'mongoose'
import type { Context } from '../context.ts'
import { invalidParam, notFound } from '../errors.ts'
import type { Quarantine } from './quarantine.ts'
import type { MediaDoc, MediaOperator, MediaRow } from './types.ts'

const ADDRESS = /^mxc:\/\/([^/]+)\/([A-Za-z0-9_-]{1,255})$/

export function operateMedia(deps: {
  ctx: Pick<Context, 'audit'>
  Doc: Model<MediaDoc>
  quarantine: Quarantine
  removeDoc(doc: MediaDoc): Promise<void>
  tellPartners(doc: MediaDoc): Promise<void>
}): MediaOperator {
  const { ctx, Doc, quarantine } = deps

  async function named(address: string): Promise<MediaDoc & { hash: string }> {
    const match = ADDRESS.exec(address)
    if (!match)
      throw invalidParam(
        'Una dirección de archivo es mxc://SERVIDOR/ID. / A file’s address is mxc://SERVER/ID.',
      )
    const doc = await Doc.findById(`${match[1]}/${match[2]}`).lean()
    if (doc?.hash === undefined)
      throw notFound(`Este nodo no tiene ${address}. / This node does not have ${address}.`)
    return { ...doc, hash: doc.hash }
  }

  const row = (doc: MediaDoc): MediaRow => ({
    media: `mxc://${doc._id}`,
    size: doc.size ?? 0,
    type: doc.content_type ?? '',
    copy: doc.remote,
    uploaded: new Date(doc.created_ts).toISOString(),
    ...(doc.user_id === undefined ? {} : { by: doc.user_id }),
    ...(doc.room_id === undefined ? {} : { room: doc.room_id }),
    quarantined: quarantine.has(doc.hash),
  })

  return {
    async list({ by, room, quarantined, limit }) {
      // Served by the order of _id or {user_id, …}; operators wait for it.
      const docs = await Doc.find({
        hash: quarantined ? { $in: quarantine.hashes() } : { $exists: true },
        ...(by === undefined ? {} : { user_id: by }),
        ...(room === undefined ? {} : { room_id: room }),
      })
        .sort({ created_ts: -1 })
        .limit(limit)
        .lean()
      return docs.map(row)
    },

    async quarantine(address, reason) {
      const doc = await named(address)
      await quarantine.put(doc.hash, reason)
      // Index {hash}. What partners kept goes; what they ask for again they are refused.
      for (const one of await Doc.find({ hash: doc.hash, remote: false }).lean()) await deps.tellPartners(one)
      await ctx.audit.record({ act: 'media.quarantine', by: 'operator', on: address })
      return row(doc)
    },

    async release(address) {
      const doc = await named(address)
      await quarantine.lift(doc.hash)
      await ctx.audit.record({
        act: 'media.quarantine',
        by: 'operator',
        on: address,
        facts: { lifted: true },
      })
      return row(doc)
    },

    async remove(address) {
      const doc = await named(address)
      await deps.removeDoc(doc)
      await ctx.audit.record({ act: 'media.remove', by: 'operator', on: address })
      return { media: address }
    },

    async totals() {
      const [all] = await Doc.aggregate<{ files: number; bytes: number }>([
        { $match: { hash: { $exists: true } } },
        { $group: { _id: null, files: { $sum: 1 }, bytes: { $sum: '$size' } } },
      ])
      return {
        files: all?.files ?? 0,
        bytes: all?.bytes ?? 0,
        copies: await Doc.countDocuments({ remote: true }),
        quarantined: quarantine.hashes().length,
      }
    },
  }
}
