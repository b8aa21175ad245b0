/**
 * The sealed envelope of an institution: a way back to a recovery key, kept in parts by its coordinators' devices. The node
 * carries who asks and what is released, and can open none of it: what is asked for is sealed for a key of the asking device,
 * and the parts come from the coordinators' own encrypted storage.
 */
import { randomUUID } from 'node:crypto'
import type { Context } from '../context.ts'
import { forbidden, limitExceeded, notFound } from '../errors.ts'
import { type EnvelopeAskDoc, openEnvelopeModels } from './envelope-models.ts'
import type { EnvelopeAsk, Envelopes } from './types.ts'

const HOUR_MS = 3_600_000
/** Two coordinators have to be reached, one of them perhaps only tomorrow. */
const LIFETIME_MS = 48 * HOUR_MS
const MAX_PER_HOUR = 5
/** Who asked and what came of it; the parts themselves go when it is over. */
const LOG_MS = 90 * 24 * HOUR_MS
const MAX_SHOWN = 100

export async function createEnvelopes(ctx: Context): Promise<Envelopes> {
  const { Ask } = await openEnvelopeModels(ctx.db)
  const now = () => ctx.clock.now()

  /** Never themselves: a coordinator's own envelope is opened by the others. */
  async function coordinatorsOf(userId: string): Promise<{ institution?: string; coordinators: string[] }> {
    const { institution } = await ctx.policy.placeOf(userId)
    if (institution === undefined) return { coordinators: [] }
    const people = await ctx.policy.peopleOf(institution)
    const coordinators = people
      .filter((one) => one.role === 'coordinator' && one.userId !== userId)
      .map((one) => one.userId)
      .sort()
    return { institution, coordinators }
  }

  // Index {user_id, requested_ts}.
  const recentOf = (userId: string, sinceTs: number) =>
    Ask.find({ user_id: userId, requested_ts: { $gt: sinceTs } })
      .sort({ requested_ts: -1 })
      .lean()
  const isOpen = (doc: EnvelopeAskDoc) => doc.state === 'waiting' && doc.expires_ts > now()

  const record = (doc: EnvelopeAskDoc): EnvelopeAsk => ({
    id: doc._id,
    userId: doc.user_id,
    deviceId: doc.device_id,
    ...(doc.device_name === undefined ? {} : { deviceName: doc.device_name }),
    envelope: doc.envelope,
    publicKey: doc.public_key,
    requestedTs: doc.requested_ts,
    expiresTs: doc.expires_ts,
    state: doc.state === 'waiting' && !isOpen(doc) ? 'expired' : doc.state,
    releases: doc.releases,
    ...(doc.refused_by === undefined ? {} : { refusedBy: doc.refused_by }),
  })

  const alertKey = (id: string) => `envelope/${id}/`
  async function tell(id: string, persons: readonly string[]): Promise<void> {
    for (const userId of persons)
      await ctx.alerts.raise({
        key: `${alertKey(id)}${userId}`,
        userId,
        urgent: true,
        kind: 'envelope',
        roomId: '',
        eventId: '',
      })
  }

  /** @returns false when it was over already */
  async function end(
    doc: EnvelopeAskDoc,
    state: EnvelopeAskDoc['state'],
    more: Partial<EnvelopeAskDoc> = {},
  ): Promise<boolean> {
    const done = await Ask.updateOne(
      { _id: doc._id, state: 'waiting' },
      { $set: { state, releases: [], ...more } },
    )
    if (done.matchedCount > 0) await ctx.alerts.settle(alertKey(doc._id), 'resolved')
    return done.matchedCount > 0
  }

  /** The same for what is not there, is over, and is not this coordinator's. @throws M_NOT_FOUND */
  async function accessAsk(coordinator: string, id: string): Promise<EnvelopeAskDoc> {
    const doc = await Ask.findById(id).lean()
    if (!doc || !isOpen(doc)) throw notAsked()
    const { institution, coordinators } = await coordinatorsOf(doc.user_id)
    if (institution !== doc.institution || !coordinators.includes(coordinator)) throw notAsked()
    return doc
  }

  return {
    async keepers(userId) {
      return (await coordinatorsOf(userId)).coordinators
    },

    async made(userId, holders) {
      await ctx.audit.record({ act: 'envelope.made', by: userId, on: userId, facts: { holders } })
    },

    async ask({ userId, deviceId, envelope, publicKey }) {
      // Index {requested_ts}.
      await Ask.deleteMany({ requested_ts: { $lte: now() - LOG_MS } })
      const { institution, coordinators } = await coordinatorsOf(userId)
      if (institution === undefined || coordinators.length < 2) throw nobodyThere()
      const recent = await recentOf(userId, now() - LIFETIME_MS)
      const same = recent.find(
        (one) => isOpen(one) && one.device_id === deviceId && one.public_key === publicKey,
      )
      if (same) return record(same)
      if (recent.filter((one) => one.requested_ts > now() - HOUR_MS).length >= MAX_PER_HOUR)
        throw limitExceeded(HOUR_MS)
      // A device waits for one: who asks again from it means the new one.
      for (const before of recent) if (before.device_id === deviceId) await end(before, 'withdrawn')
      const device = await ctx.devices.get(userId, deviceId)
      const doc: EnvelopeAskDoc = {
        _id: randomUUID(),
        user_id: userId,
        device_id: deviceId,
        ...(device?.displayName === undefined ? {} : { device_name: device.displayName }),
        institution,
        envelope,
        public_key: publicKey,
        state: 'waiting',
        requested_ts: now(),
        expires_ts: now() + LIFETIME_MS,
        releases: [],
      }
      await ctx.audit.record({ act: 'envelope.asked', by: userId, on: userId, facts: { device: deviceId } })
      await Ask.create(doc)
      await tell(doc._id, [...coordinators, userId])
      return record(doc)
    },

    async own(userId) {
      return (await recentOf(userId, now() - LIFETIME_MS)).map(record)
    },

    async list(coordinator) {
      const { institution, role } = await ctx.policy.placeOf(coordinator)
      if (role !== 'coordinator' || institution === undefined) return []
      // Index {institution, requested_ts}.
      const docs = await Ask.find({ institution, requested_ts: { $gt: now() - LIFETIME_MS } })
        .sort({ requested_ts: -1 })
        .limit(MAX_SHOWN)
        .lean()
      const open = docs.filter((doc) => isOpen(doc) && doc.user_id !== coordinator)
      return open.map((doc) => ({ ...record(doc), releases: doc.releases.map(withoutPart) }))
    },

    async release(coordinator, { id, publicKey, sealed, deviceId }) {
      const doc = await accessAsk(coordinator, id)
      // A password alone opens no coordinator's storage, and releases nothing.
      if (!(await ctx.deviceKeys.isSignedByOwner(coordinator, deviceId))) throw unconfirmed()
      if (doc.public_key !== publicKey) throw notAsked()
      await ctx.audit.record({
        act: 'envelope.released',
        by: coordinator,
        on: doc.user_id,
        facts: { ask: doc._id },
      })
      const done = await Ask.updateOne(
        { _id: doc._id, state: 'waiting', 'releases.by': { $ne: coordinator } },
        { $push: { releases: { by: coordinator, sealed, ts: now() } } },
      )
      if (done.matchedCount === 0) throw notAsked()
      await ctx.alerts.settle(`${alertKey(id)}${coordinator}`, 'resolved')
      // The person's device looks when it hears of this.
      await tell(`${id}/released/${doc.releases.length + 1}`, [doc.user_id])
    },

    async refuse(coordinator, id) {
      const doc = await accessAsk(coordinator, id)
      await ctx.audit.record({
        act: 'envelope.refused',
        by: coordinator,
        on: doc.user_id,
        facts: { ask: doc._id },
      })
      if (!(await end(doc, 'refused', { refused_by: coordinator }))) throw notAsked()
    },

    async finish({ userId, deviceId }, id, opened) {
      const doc = await Ask.findById(id).lean()
      if (!doc || doc.user_id !== userId) throw notAsked()
      // Whoever has a confirmed device says of another one's: it was not me.
      if (doc.device_id !== deviceId && !(await ctx.deviceKeys.isSignedByOwner(userId, deviceId)))
        throw notAsked()
      if (opened && (doc.device_id !== deviceId || doc.releases.length < 2)) throw notAsked()
      if (!(await end(doc, opened ? 'opened' : 'withdrawn'))) return
      if (opened)
        await ctx.audit.record({ act: 'envelope.opened', by: userId, on: userId, facts: { ask: id } })
      else await ctx.audit.record({ act: 'envelope.withdrawn', by: userId, on: userId, facts: { ask: id } })
    },
  }
}

const withoutPart = ({ by, ts }: EnvelopeAskDoc['releases'][number]) => ({ by, ts, sealed: '' })

const notAsked = () => notFound('Nobody of your institution waits for that.')
const unconfirmed = () =>
  forbidden('Confirm this device first: parts are released from a confirmed one.', {
    'org.enlace.message': {
      es: 'Confirme primero este dispositivo, con su clave de recuperación o desde otro dispositivo suyo.',
      en: 'Confirm this device first, with your recovery key or from another device of yours.',
    },
  })
const nobodyThere = () =>
  forbidden('An envelope needs two coordinators.', {
    'org.enlace.message': {
      es: 'Para abrir un sobre hacen falta dos personas de coordinación en la lista de su institución.',
      en: 'To open an envelope, two coordinators have to be on your institution’s roster.',
    },
  })
