/**
 * Starting again with a new cross-signing identity. Whoever has it gets the room keys of everything said from then on, so a
 * password alone is not enough: a coordinator of the person's institution says that it is them, or the operator does. What is
 * approved is one new master key; whoever stole the password and asks too has asked for another one.
 */
import { randomUUID } from 'node:crypto'
import { identityConfirmationSchema } from '@enlace/coordination'
import type { Context } from '../context.ts'
import { limitExceeded, MatrixError, notFound } from '../errors.ts'
import { checkConfirmation, createConfirmations } from './identity-confirmations.ts'
import { openResetModels, type ResetDoc } from './identity-reset-models.ts'
import type { IdentityReset, IdentityResets } from './types.ts'

/** A coordination has to be reached, perhaps only tomorrow; and the person's telephone may be off when it answers. */
const HOUR_MS = 3_600_000
const LIFETIME_MS = 24 * HOUR_MS
/** After "it was not me" on a confirmed device nobody asks again so soon: whoever has that device needs no new identity. */
const LOCKED_MS = 24 * HOUR_MS
const MAX_PER_HOUR = 5
/** What was decided, and by whom, is kept so long. */
const LOG_MS = 365 * 24 * HOUR_MS
const SHOWN_MS = 90 * 24 * HOUR_MS
const MAX_SHOWN = 100

export async function createIdentityResets(ctx: Context): Promise<IdentityResets> {
  const models = await openResetModels(ctx.db)
  const { Reset } = models
  const confirmations = createConfirmations(ctx, models)
  const now = () => ctx.clock.now()
  const alertKey = (userId: string, masterKey: string) => `identity-reset/${userId}/${masterKey}/`

  const institutionOf = async (userId: string) => (await ctx.policy.placeOf(userId)).institution

  /** Those who may say that it is the person: not themselves. */
  async function coordinatorsOf(userId: string): Promise<string[]> {
    const institution = await institutionOf(userId)
    if (institution === undefined) return []
    return (await ctx.policy.peopleOf(institution))
      .filter((one) => one.role === 'coordinator' && one.userId !== userId)
      .map((one) => one.userId)
  }

  async function tell(userId: string, key: string): Promise<void> {
    await ctx.alerts.raise({ key, userId, urgent: true, kind: 'identity_reset', roomId: '', eventId: '' })
  }
  async function tellAll(persons: readonly string[], key: string): Promise<void> {
    for (const one of persons) await tell(one, `${key}${one}`)
  }

  // Index {user_id, requested_ts}.
  const recentOf = (userId: string, sinceTs: number) =>
    Reset.find({ user_id: userId, requested_ts: { $gt: sinceTs } })
      .sort({ requested_ts: -1 })
      .lean()
  const isOpen = (doc: ResetDoc) =>
    (doc.state === 'waiting' || doc.state === 'approved') && doc.expires_ts > now()
  const openOf = async (userId: string) =>
    // An approval lengthens what it approves.
    (await recentOf(userId, now() - 2 * LIFETIME_MS)).filter(isOpen)
  const newestOf = async (reset: { userId: string; deviceId: string; masterKey: string }) =>
    (await recentOf(reset.userId, now() - 2 * LIFETIME_MS)).find(
      (one) => one.master_key === reset.masterKey && one.device_id === reset.deviceId,
    )

  const record = (doc: ResetDoc): IdentityReset => ({
    id: doc._id,
    userId: doc.user_id,
    deviceId: doc.device_id,
    ...(doc.device_name === undefined ? {} : { deviceName: doc.device_name }),
    masterKey: doc.master_key,
    requestedTs: doc.requested_ts,
    expiresTs: doc.expires_ts,
    state: (doc.state === 'waiting' || doc.state === 'approved') && !isOpen(doc) ? 'expired' : doc.state,
    ...(doc.decided_by === undefined ? {} : { decidedBy: doc.decided_by }),
    ...(doc.decided_ts === undefined ? {} : { decidedTs: doc.decided_ts }),
    doubted: doc.doubted_ts !== undefined,
  })

  async function settle(doc: ResetDoc): Promise<void> {
    await ctx.alerts.settle(alertKey(doc.user_id, doc.master_key), 'resolved')
  }

  /** One step of one request: two that decide at the same moment do not both. @returns false when it was over */
  async function decide(
    doc: ResetDoc,
    from: readonly ResetDoc['state'][],
    change: Partial<ResetDoc>,
  ): Promise<boolean> {
    const done = await Reset.updateOne(
      { _id: doc._id, state: { $in: from }, expires_ts: { $gt: now() } },
      { $set: { ...change, decided_ts: now() } },
    )
    if (done.matchedCount === 0) return false
    ctx.log.info(
      { user: doc.user_id, device: doc.device_id, by: change.decided_by, state: change.state },
      'a new identity was decided on',
    )
    await settle(doc)
    return true
  }

  async function waitingFor(userId: string, masterKey: string): Promise<ResetDoc> {
    const doc = (await openOf(userId)).find((one) => one.master_key === masterKey && one.state === 'waiting')
    if (!doc) throw notAsked()
    return doc
  }

  /**
   * Whoever has only a coordinator's password has a session that the coordinator's identity has not signed. One who never set
   * up an identity has nothing to compare with. @throws M_FORBIDDEN
   */
  async function checkConfirmed(coordinator: string, deviceId: string): Promise<void> {
    const { master_key } = await ctx.deviceKeys.localDevices(coordinator)
    if (master_key === undefined || (await ctx.deviceKeys.isSignedByOwner(coordinator, deviceId))) return
    throw unconfirmed()
  }

  async function answer(
    userId: string,
    masterKey: string,
    by: string,
    given: { approved: boolean; confirmation?: string },
  ): Promise<void> {
    const doc = await waitingFor(userId, masterKey)
    const done = await decide(doc, ['waiting'], {
      state: given.approved ? 'approved' : 'refused',
      decided_by: by,
      ...(given.approved ? { expires_ts: now() + LIFETIME_MS } : {}),
      ...(given.confirmation === undefined ? {} : { confirmation: given.confirmation }),
    })
    if (!done) throw notAsked()
  }

  return {
    async request({ userId, deviceId, masterKey, session }) {
      // Index {requested_ts}.
      await Reset.deleteMany({ requested_ts: { $lte: now() - LOG_MS } })
      const open = await openOf(userId)
      const known = open.find((one) => one.master_key === masterKey && one.device_id === deviceId)
      const coordinators = await coordinatorsOf(userId)
      const by = coordinators.length > 0 ? ('coordinator' as const) : ('operator' as const)
      if (known) return { expiresTs: known.expires_ts, by, coordinators, session: known.session }
      const recent = await recentOf(userId, now() - 2 * LIFETIME_MS)
      if (recent.some((one) => one.state === 'denied' && (one.decided_ts ?? 0) > now() - LOCKED_MS))
        throw locked()
      if ((await recentOf(userId, now() - HOUR_MS)).length >= MAX_PER_HOUR) throw limitExceeded(HOUR_MS)
      const [institution, device] = await Promise.all([
        institutionOf(userId),
        ctx.devices.get(userId, deviceId),
      ])
      // One device waits for one key: who asks again from it means the new one.
      for (const before of open)
        if (before.device_id === deviceId)
          await decide(before, ['waiting', 'approved'], { state: 'withdrawn', decided_by: userId })
      const expiresTs = now() + LIFETIME_MS
      await Reset.create({
        _id: randomUUID(),
        user_id: userId,
        device_id: deviceId,
        ...(device?.displayName === undefined ? {} : { device_name: device.displayName }),
        ...(institution === undefined ? {} : { institution }),
        master_key: masterKey,
        session,
        state: 'waiting',
        requested_ts: now(),
        expires_ts: expiresTs,
      })
      ctx.log.info({ user: userId, device: deviceId, by }, 'a new identity was asked for')
      const key = `${alertKey(userId, masterKey)}${now()}/`
      await tellAll([...coordinators, userId], key)
      return { expiresTs, by, coordinators, session }
    },

    async find(reset) {
      const doc = await newestOf(reset)
      return doc && { ...record(doc), session: doc.session }
    },

    async bySession(session) {
      // Index {session}.
      const doc = await Reset.findOne({ session }).lean()
      if (!doc) return undefined
      const coordinators = await coordinatorsOf(doc.user_id)
      return { ...record(doc), by: coordinators.length > 0 ? 'coordinator' : 'operator' }
    },

    async publish(userId, masterKey) {
      const doc = (await openOf(userId)).find((one) => one.master_key === masterKey)
      if (doc?.confirmation !== undefined) await confirmations.keep(userId, masterKey, doc.confirmation)
    },

    async done(userId, masterKey) {
      const doc = (await openOf(userId)).find((one) => one.master_key === masterKey)
      if (doc) {
        await Reset.updateOne({ _id: doc._id }, { $set: { state: 'done', done_ts: now() } })
        await settle(doc)
      }
      await ctx.audit.record({ act: 'account.identity', by: userId, on: userId })
      await tell(userId, `identity-replaced/${userId}/${masterKey}`)
    },

    async list(coordinator) {
      const { institution, role } = await ctx.policy.placeOf(coordinator)
      if (role !== 'coordinator' || institution === undefined) return []
      // Index {institution, requested_ts}.
      const all = await Reset.find({ institution, requested_ts: { $gt: now() - SHOWN_MS } })
        .sort({ requested_ts: -1 })
        .limit(MAX_SHOWN)
        .lean()
      return all.filter((doc) => doc.user_id !== coordinator).map(record)
    },

    async decide(coordinator, { userId, masterKey, approved, confirmation, deviceId }) {
      if (!(await coordinatorsOf(userId)).includes(coordinator)) throw notAsked()
      await waitingFor(userId, masterKey)
      if (approved) await checkConfirmed(coordinator, deviceId)
      if (approved && confirmation !== undefined) {
        const institution = await institutionOf(coordinator)
        await checkConfirmation(ctx, confirmation, { userId, masterKey, coordinator, institution })
      }
      await answer(userId, masterKey, coordinator, {
        approved,
        ...(approved && confirmation !== undefined
          ? { confirmation: JSON.stringify(identityConfirmationSchema.parse(confirmation)) }
          : {}),
      })
    },

    async ofUser(userId) {
      return (await openOf(userId)).map(record)
    },

    decideAsOperator: (userId, masterKey, approved) => answer(userId, masterKey, 'operator', { approved }),

    async withdraw(userId, deviceId) {
      for (const doc of await openOf(userId))
        if (doc.device_id === deviceId)
          await decide(doc, ['waiting', 'approved'], { state: 'withdrawn', decided_by: userId })
    },

    async notMe({ userId, deviceId }) {
      const others = (await openOf(userId)).filter((one) => one.device_id !== deviceId)
      // A thief has a session too; only a device that the person has confirmed may end others.
      const trusted = await ctx.deviceKeys.isSignedByOwner(userId, deviceId)
      const ended: string[] = []
      for (const doc of others) {
        if (trusted) {
          await decide(doc, ['waiting', 'approved'], { state: 'denied', decided_by: userId })
          ended.push(doc.device_id)
        } else await Reset.updateOne({ _id: doc._id }, { $set: { doubted_ts: now() } })
      }
      await ctx.devices.remove(userId, ended)
      const coordinators = await coordinatorsOf(userId)
      ctx.log.warn({ user: userId, device: deviceId, ended }, 'somebody says: it was not me')
      const report = {
        user_id: userId,
        device_id: deviceId,
        state: 'reported' as const,
        decided_by: userId,
        decided_ts: now(),
        requested_ts: now(),
        expires_ts: now(),
        master_key: '',
      }
      const institution = await institutionOf(userId)
      // One for each hour: pressing it again tells nobody anything new.
      const hour = Math.floor(now() / HOUR_MS)
      await Reset.updateOne(
        { _id: `not-me/${userId}/${hour}` },
        {
          $setOnInsert: {
            ...report,
            ...(institution === undefined ? {} : { institution }),
          },
        },
        { upsert: true },
      )
      await tellAll(coordinators, `identity-not-me/${userId}/${hour}/`)
      return { ended, told: coordinators.length }
    },

    confirmation: confirmations.of,
    ownConfirmation: confirmations.ofOwn,
  }
}

const unconfirmed = () =>
  new MatrixError(
    403,
    'M_FORBIDDEN',
    'Confirm this device first: others are approved from a confirmed one.',
    {
      'org.enlace.message': {
        es: 'Confirme primero este dispositivo, con su clave de recuperación o desde otro dispositivo suyo. Desde uno sin confirmar no se aprueba a nadie.',
        en: 'Confirm this device first, with your recovery key or from another device of yours. Nobody is approved from one that is not confirmed.',
      },
    },
  )

const locked = () =>
  new MatrixError(403, 'M_FORBIDDEN', 'On a confirmed device of this account it was said: it was not me.', {
    'org.enlace.message': {
      es: 'Desde un dispositivo confirmado de esta cuenta se respondió «No fui yo». Por un día no se puede empezar de nuevo. Hable con la coordinación de su institución.',
      en: 'On a confirmed device of this account somebody answered “It was not me”. Nobody can start again for a day. Talk to your institution’s coordination.',
    },
  })

/** The same for what is not there, is over, and is not the requester's to approve. */
const notAsked = () => notFound('Nobody of your institution is waiting for that approval.')
