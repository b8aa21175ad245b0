/**
 * Second factors. Whatever is used once is taken from the database by the write that lets it count, so two at the same time,
 * or one before and one after a crash, do not both pass.
 */
import { randomBytes } from 'node:crypto'
import type { Context } from '../../context.ts'
import { forbidden } from '../../errors.ts'
import { networkKey } from '../../http/rate-limit.ts'
import { growingCache } from '../../lib/cache.ts'
import { createKeyedQueue } from '../../lib/in-turn.ts'
import type { SignInPlace } from '../types.ts'
import { createChallenges } from './challenges.ts'
import { type Demand, demandOn } from './duty.ts'
import { type FactorDoc, openFactorModels } from './models.ts'
import { createPasskeys, relyingParty } from './passkeys.ts'
import { newRecoveryCodes, shownCode, typedCode } from './recovery-codes.ts'
import { openSealing } from './sealing.ts'
import { newTotpSecret, totpStep, totpUri } from './totp.ts'
import type { AddedFactor, Duty, FactorMethod, Factors, FactorsOf, ProofOutcome } from './types.ts'

const DAY_MS = 24 * 3_600_000
/** So long a shown secret waits for its app's first code. */
const DRAFT_LIFETIME_MS = 30 * 60_000
/** What another process did to somebody's factors counts after this time at the latest. */
const REREAD_MS = 5_000

type Kept = { demand: Demand; has: boolean; askedTs?: number }

export async function createFactors(ctx: Context): Promise<Factors> {
  const models = await openFactorModels(ctx.db)
  const { Factor, Passkey } = models
  const sealing = await openSealing(ctx.config.data_dir)
  const now = () => ctx.clock.now()
  const challenges = createChallenges(models, sealing, now)
  const party = () => relyingParty(ctx.config)
  const passkeys = createPasskeys(ctx, models, challenges, party)
  /** One at a time changes somebody's factors: of two that are removed at once the last one stays. */
  const inTurn = createKeyedQueue()
  const kept = growingCache<string, Kept>(5_000, { ttl: REREAD_MS })

  /** What a passkey calls somebody without an account: the same however often it is asked, so that nothing is kept. */
  const firstHandle = (binding: string) =>
    sealing.mac(JSON.stringify(['first passkey', binding])).toString('base64url')

  const read = async (userId: string): Promise<FactorDoc | undefined> =>
    (await Factor.findById(userId).lean()) ?? undefined

  const settle = (userId: string) => kept.delete(userId)

  /** The document, made when there is none. */
  async function own(userId: string): Promise<FactorDoc> {
    return await Factor.findOneAndUpdate(
      { _id: userId },
      { $setOnInsert: { handle: randomBytes(32).toString('base64url') } },
      { upsert: true, returnDocument: 'after' },
    ).lean()
  }

  async function of(userId: string): Promise<FactorsOf> {
    const [doc, keys] = await Promise.all([read(userId), passkeys.list(userId)])
    return {
      ...(doc?.totp ? { totp: { sinceTs: doc.totp.since_ts } } : {}),
      passkeys: keys.map(({ _id, name, created_ts, last_used_ts, synced }) => ({
        id: _id,
        name,
        createdTs: created_ts,
        synced,
        ...(last_used_ts === undefined ? {} : { lastUsedTs: last_used_ts }),
      })),
      ...(doc?.recovery
        ? { recovery: { left: doc.recovery.codes.length, madeTs: doc.recovery.made_ts } }
        : {}),
    }
  }

  /** Not waited for: who exists must not answer later than who does not. */
  function refused(user: string | undefined, { address }: SignInPlace, why: string): void {
    void ctx.audit.refusedSignIn({
      ...(user === undefined ? {} : { user }),
      network: networkKey(address),
      why,
    })
  }

  const countOf = ({ totp, passkeys: keys }: FactorsOf) => (totp ? 1 : 0) + keys.length

  async function methods(userId: string): Promise<FactorMethod[]> {
    const all = await of(userId)
    if (countOf(all) === 0) return []
    return [
      ...(all.totp ? ['totp' as const] : []),
      // Without a public address of the node none can be asked for.
      ...(all.passkeys.length > 0 && party() ? ['passkey' as const] : []),
      ...((all.recovery?.left ?? 0) > 0 ? ['recovery_code' as const] : []),
    ]
  }

  async function setRecoveryCodes(userId: string): Promise<string[]> {
    const codes = newRecoveryCodes()
    await Factor.updateOne(
      { _id: userId },
      { $set: { recovery: { codes: codes.map((code) => sealing.hash(code, userId)), made_ts: now() } } },
    )
    return codes.map(shownCode)
  }

  /** With the first factor come the codes for the day on which it is lost. */
  async function added(userId: string, what: string): Promise<AddedFactor> {
    settle(userId)
    ctx.log.info({ user: userId, what }, 'second factor added')
    await ctx.audit.record({ act: 'factor.add', on: userId, facts: { what } })
    const doc = await read(userId)
    return doc?.recovery ? {} : { recoveryCodes: await setRecoveryCodes(userId) }
  }

  /** Whoever speaks for an institution has two locks, whatever the operator noted; and the other way round. */
  const demandFor = async (account: { userId: string; institution?: string; role?: string }) =>
    demandOn(ctx.config.sign_in, [account, await ctx.policy.placeOf(account.userId)])

  async function keepsOne(userId: string, what: 'totp' | 'passkey'): Promise<void> {
    const account = await ctx.accounts.get(userId)
    if (!account) return
    const { passkeys: keys, ...rest } = await of(userId)
    // A code opens nothing where there is no password to go with it.
    if (!account.hasPassword && what === 'passkey' && keys.length < 2) throw onlyWayIn()
    if ((await demandFor(account)) === 'optional') return
    if (countOf({ passkeys: keys, ...rest }) > 1) return
    throw forbidden('Your role needs a second way to sign in. Add another one before you remove this one.', {
      'org.enlace.rule': 'second_factor.last',
      'org.enlace.message': {
        es: 'Su función necesita un segundo paso para ingresar. Agregue otro antes de quitar este.',
        en: 'Your role needs a second way to sign in. Add another one before you remove this one.',
      },
    })
  }

  async function removed(userId: string, what: string): Promise<void> {
    ctx.log.info({ user: userId, what }, 'second factor removed')
    await ctx.audit.record({ act: 'factor.remove', on: userId, facts: { what } })
    // Codes for a step that nobody asks for any more would only lie about.
    if (countOf(await of(userId)) === 0)
      await Factor.updateOne({ _id: userId }, { $unset: { recovery: 1, draft: 1 } })
    settle(userId)
  }

  /** Undefined when it was sealed for somebody else, or under a key that is gone: the recovery codes and passkeys are left. */
  function opened(secret: string, userId: string): string | undefined {
    try {
      return sealing.open(secret, userId)
    } catch (error) {
      ctx.log.error({ err: error, user: userId }, 'the secret of an authenticator app cannot be opened')
      return undefined
    }
  }

  async function useTotp(userId: string, code: string): Promise<ProofOutcome> {
    const doc = await read(userId)
    if (!doc?.totp) return 'wrong'
    const secret = opened(doc.totp.secret, userId)
    const step = secret === undefined ? undefined : totpStep(secret, code, now())
    if (step === undefined) return 'wrong'
    const taken = await Factor.updateOne(
      { _id: userId, 'totp.secret': doc.totp.secret, 'totp.last_step': { $lt: step } },
      { $set: { 'totp.last_step': step } },
    )
    return taken.modifiedCount === 1 ? 'right' : 'used'
  }

  async function useRecoveryCode(userId: string, typed: string): Promise<ProofOutcome> {
    const code = typedCode(typed)
    if (code === undefined) return 'wrong'
    const hash = sealing.hash(code, userId)
    const taken = await Factor.updateOne(
      { _id: userId, 'recovery.codes': hash },
      { $pull: { 'recovery.codes': hash } },
    )
    return taken.modifiedCount === 1 ? 'right' : 'wrong'
  }

  return {
    async lockRule(institution) {
      const doc = await models.LockRule.findById(institution).lean()
      if (!doc) return { required: 'no' }
      const { required, idle_minutes: idleMinutes } = doc
      return { required, ...(idleMinutes === undefined ? {} : { idleMinutes }) }
    },
    async setLockRule(institution, { required, idleMinutes }, by) {
      const doc = { required, ...(idleMinutes === undefined ? {} : { idle_minutes: idleMinutes }) }
      await models.LockRule.replaceOne({ _id: institution }, doc, { upsert: true })
      await ctx.audit.record({
        act: 'lock.rule',
        by,
        institution,
        facts: { required, minutes: idleMinutes },
      })
    },

    get passkeysOffered() {
      return party() !== undefined
    },
    of,
    methods,

    async duty(account) {
      const { userId } = account
      let known = kept.get(userId)
      if (!known) {
        const demand = await demandFor(account)
        const [doc, keys] =
          demand === 'optional' ? [] : await Promise.all([read(userId), Passkey.exists({ user_id: userId })])
        known = {
          demand,
          has: doc?.totp !== undefined || (keys ?? null) !== null,
          ...(doc?.asked_ts === undefined ? {} : { askedTs: doc.asked_ts }),
        }
        if (demand !== 'optional' && !known.has && known.askedTs === undefined) {
          await own(userId)
          known.askedTs = now()
          await Factor.updateOne(
            { _id: userId, asked_ts: { $exists: false } },
            { $set: { asked_ts: known.askedTs } },
          )
        }
        kept.set(userId, known)
      }
      const { demand } = known
      if (demand === 'optional') return { must: false, overdue: false }
      if (known.has) return { must: true, overdue: false }
      const deadlineTs =
        demand === 'required'
          ? (known.askedTs ?? now())
          : (known.askedTs ?? now()) + ctx.config.sign_in.deadline_days * DAY_MS
      const duty: Duty = { must: true, deadlineTs, overdue: demand === 'required' || deadlineTs <= now() }
      return duty
    },

    async beginTotp(userId) {
      await own(userId)
      const secret = newTotpSecret()
      await Factor.updateOne(
        { _id: userId },
        { $set: { draft: { secret: sealing.seal(secret, userId), made_ts: now() } } },
      )
      return { secret, uri: totpUri(secret, userId) }
    },

    confirmTotp: (userId, code) =>
      inTurn(userId, async () => {
        const draft = (await read(userId))?.draft
        if (!draft || draft.made_ts < now() - DRAFT_LIFETIME_MS)
          throw forbidden('That took too long. Begin again with a new square.', {
            'org.enlace.rule': 'second_factor.expired',
          })
        const secret = opened(draft.secret, userId)
        const step = secret === undefined ? undefined : totpStep(secret, code, now())
        if (step === undefined)
          throw forbidden('That is not the code which the app shows now.', {
            'org.enlace.rule': 'second_factor.wrong',
          })
        await Factor.updateOne(
          { _id: userId, 'draft.secret': draft.secret },
          {
            $set: { totp: { secret: draft.secret, since_ts: now(), last_step: step } },
            $unset: { draft: 1 },
          },
        )
        return added(userId, 'totp')
      }),

    removeTotp: (userId) =>
      inTurn(userId, async () => {
        if (!(await of(userId)).totp) return
        await keepsOne(userId, 'totp')
        await Factor.updateOne({ _id: userId }, { $unset: { totp: 1 } })
        await removed(userId, 'totp')
      }),

    beginPasskey: async (userId, deviceId) => passkeys.begin(userId, deviceId, (await own(userId)).handle),

    addPasskey: (userId, deviceId, args) =>
      inTurn(userId, async () => {
        const passkey = await passkeys.check(userId, deviceId, args)
        await passkeys.keep(passkey)
        return { id: passkey._id, ...(await added(userId, 'passkey')) }
      }),

    beginFirstPasskey: (userId, binding) => passkeys.begin(userId, binding, firstHandle(binding), true),

    async checkFirstPasskey(userId, binding, args) {
      const passkey = await passkeys.check(userId, binding, args)
      if (await passkeys.isKnown(passkey._id)) throw forbidden('That passkey was not accepted. Try again.')
      return { handle: firstHandle(binding), passkey }
    },

    keepFirstPasskey: (userId, { handle, passkey }) =>
      inTurn(userId, async () => {
        await Factor.updateOne({ _id: userId }, { $set: { handle } }, { upsert: true })
        await passkeys.keepOnce(passkey)
        return added(userId, 'passkey')
      }),

    renamePasskey: passkeys.rename,

    removePasskey: (userId, id) =>
      inTurn(userId, async () => {
        if (!(await of(userId)).passkeys.some((one) => one.id === id)) return false
        await keepsOne(userId, 'passkey')
        await Passkey.deleteOne({ _id: id, user_id: userId })
        await removed(userId, 'passkey')
        return true
      }),

    newRecoveryCodes: (userId) =>
      inTurn(userId, async () => {
        if (countOf(await of(userId)) === 0)
          throw forbidden('Recovery codes stand in for a second factor. Add one first.')
        ctx.log.info({ user: userId }, 'new recovery codes')
        await ctx.audit.record({ act: 'factor.add', on: userId, facts: { what: 'recovery_codes' } })
        return setRecoveryCodes(userId)
      }),

    challenge: (purpose, userId) => passkeys.options(purpose, userId),

    async prove(userId, proof, place, purpose) {
      const attempt = ctx.accounts.attempt(userId, place, proof.method === 'totp' ? 'code' : 'key')
      let outcome: ProofOutcome
      if (proof.method === 'totp') outcome = await useTotp(userId, proof.code)
      else if (proof.method === 'recovery_code') outcome = await useRecoveryCode(userId, proof.code)
      else {
        const passkey = await passkeys.named(proof.response)
        const mine = passkey?.user_id === userId ? passkey : undefined
        const right =
          mine !== undefined &&
          (await passkeys.verify(mine, proof.response, {
            purpose,
            handle: (await read(userId))?.handle,
            handleNeeded: false,
          }))
        outcome = right ? 'right' : 'wrong'
      }
      if (outcome === 'right') attempt.right()
      else refused(userId, place, proof.method)
      ctx.log.info({ user: userId, method: proof.method, outcome }, 'second factor given')
      return outcome
    },

    async whoseProof(response, place, purpose) {
      const passkey = await passkeys.named(response)
      const attempt = ctx.accounts.attempt(passkey?.user_id ?? '@', place, 'key')
      if (!passkey) {
        refused(undefined, place, 'passkey')
        return undefined
      }
      const right = await passkeys.verify(passkey, response, {
        purpose,
        handle: (await read(passkey.user_id))?.handle,
        handleNeeded: true,
      })
      if (!right) {
        refused(passkey.user_id, place, 'passkey')
        return undefined
      }
      attempt.right()
      return passkey.user_id
    },

    removeAll: (userId) =>
      inTurn(userId, async () => {
        await Passkey.deleteMany({ user_id: userId })
        await Factor.updateOne({ _id: userId }, { $unset: { totp: 1, draft: 1, recovery: 1, asked_ts: 1 } })
        settle(userId)
        ctx.log.warn({ user: userId }, 'all second factors removed')
        await ctx.audit.record({ act: 'factor.remove', on: userId, facts: { what: 'all' } })
      }),

    trim: challenges.trim,
  }
}

const onlyWayIn = () =>
  forbidden('Your account has no password: this passkey is the only way in. Add another passkey first.', {
    'org.enlace.rule': 'second_factor.last',
    'org.enlace.message': {
      es: 'Su cuenta no tiene contraseña: esta llave de acceso es la única entrada. Agregue otra llave de acceso antes.',
      en: 'Your account has no password: this passkey is the only way in. Add another passkey first.',
    },
  })
