/**
 * Invitations: a link, used once, by which somebody makes their own account. The link has 256 random bits; only their hash is
 * kept. The account is made by one write that names the invitation, and the database lets no second one name it: that write
 * decides between two windows, and after a crash. What the invitation itself says of it follows, and is mended when it is looked at.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { localpartFrom } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { MatrixError, missingParam, notFound } from '../errors.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { openInvitationModel } from './models.ts'
import type { GivenLink, InvitationDoc, Invitations, InviteOutcome, MadeInvitation, Wanted } from './types.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
export const MAX_HOURS = 14 * 24
/** Of an institution: a ministry's staff fits, and a mistake does not fill the disk. */
const MAX_OPEN = 10_000
/** So many of a sheet are written side by side: each of them is on disk before its link is told. */
const AT_ONCE = 50
const KEPT_MS = 30 * DAY_MS
const MAX_LISTED = 10_500

const hashOf = (secret: string) => createHash('sha256').update(`invitation ${secret}`).digest('base64url')
const NO_HASH = hashOf('')

/** What became of it, for whoever holds the link; see `words` of the client. */
type Over = 'used' | 'revoked' | 'expired'

const overWords: Record<Over, { es: string; en: string }> = {
  used: {
    es: 'Esta invitación ya se usó. Si fue usted, ingrese con su usuario. Si no, avise a su coordinación.',
    en: 'This invitation has been used. If that was you, sign in with your user name. If not, tell your coordinator.',
  },
  revoked: {
    es: 'Su coordinación anuló esta invitación, o le dio otra más nueva.',
    en: 'Your coordinator revoked this invitation, or gave you a newer one.',
  },
  expired: {
    es: 'Esta invitación venció. Pida otra a su coordinación.',
    en: 'This invitation has expired. Ask your coordinator for another one.',
  },
}

const isOver = (over: Over) =>
  new MatrixError(410, 'M_FORBIDDEN', overWords[over].es, {
    'org.enlace.rule': `invitation.${over}`,
    'org.enlace.message': overWords[over],
  })

const noSuchLink = () =>
  new MatrixError(404, 'M_NOT_FOUND', 'Esta invitación no vale. Revise que el enlace esté completo.', {
    'org.enlace.rule': 'invitation.unknown',
    'org.enlace.message': {
      es: 'Esta invitación no vale. Revise que el enlace esté completo, o pida otro a su coordinación.',
      en: 'This invitation is not valid. Check that the link is complete, or ask your coordinator for another one.',
    },
  })

export async function createInvitations(ctx: Context): Promise<Invitations> {
  const Invitation = await openInvitationModel(ctx.db)
  const inTurn = createKeyedQueue()
  const now = () => ctx.clock.now()

  const newLink = (hours: number) => {
    const secret = randomBytes(32).toString('base64url')
    return {
      secret,
      fields: { secret_hash: hashOf(secret), made_ts: now(), expires_ts: now() + hours * HOUR_MS },
    }
  }

  /** A new one, instead of whichever was open for the person. */
  async function make(
    doc: Omit<InvitationDoc, '_id' | 'secret_hash' | 'made_ts' | 'expires_ts' | 'open'>,
    hours: number,
  ): Promise<MadeInvitation> {
    const { secret, fields } = newLink(hours)
    const made: InvitationDoc = {
      _id: randomBytes(12).toString('base64url'),
      ...doc,
      ...fields,
      open: true,
    }
    // Index {user_id} where open.
    await Invitation.updateMany(
      { user_id: doc.user_id, open: true, institution: doc.institution },
      { $set: { revoked_ts: now() }, $unset: { open: 1 } },
    )
    await Invitation.create(made)
    await ctx.audit.record({
      act: 'invite.make',
      by: doc.by,
      on: doc.user_id,
      institution: doc.institution,
      facts: { kind: doc.kind, role: doc.role, hours, invitation: made._id },
    })
    return { ...made, secret }
  }

  async function inviteOne(
    by: string,
    institution: string,
    one: Wanted,
    hours: number,
  ): Promise<InviteOutcome> {
    let localpart: string
    try {
      localpart = localpartFrom(one.localpart, ctx.serverName)
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error
      return { localpart: one.localpart, outcome: 'invalid', message: error.message }
    }
    const userId = `@${localpart}:${ctx.serverName}`
    const account = await ctx.accounts.get(userId)
    // One's own people may be known to be here; of others only that the name is not to be had.
    if (account?.institution === institution && !account.deactivated)
      return { localpart, outcome: 'has_account' }
    if (account) return { localpart, outcome: 'taken', message: 'That user name is taken.' }
    try {
      const invitation = await make(
        {
          kind: 'join',
          institution,
          by,
          user_id: userId,
          role: one.role,
          ...(one.display_name ? { display_name: one.display_name } : {}),
        },
        hours,
      )
      return { localpart, outcome: 'invited', invitation }
    } catch (error) {
      // Another institution of this server has invited somebody under that name.
      if (isDuplicateKey(error)) return { localpart, outcome: 'taken', message: 'That user name is taken.' }
      throw error
    }
  }

  /** After a crash between the account and this: the account says it. */
  async function mended(doc: InvitationDoc): Promise<InvitationDoc> {
    if (!doc.open || doc.kind !== 'join') return doc
    const userId = await ctx.accounts.ofInvitation(doc._id)
    return userId === undefined ? doc : used(doc, userId)
  }

  async function used(doc: InvitationDoc, userId: string): Promise<InvitationDoc> {
    const used_ts = now()
    const { matchedCount } = await Invitation.updateOne(
      { _id: doc._id, used_ts: { $exists: false } },
      { $set: { used_ts, used_by: userId }, $unset: { open: 1 } },
    )
    if (matchedCount > 0)
      await ctx.audit.record({
        act: 'invite.use',
        by: userId,
        on: userId,
        institution: doc.institution,
        facts: { kind: doc.kind, invitation: doc._id },
      })
    const { open: _, ...rest } = doc
    return { ...rest, used_ts, used_by: userId }
  }

  async function opened({ id, secret }: GivenLink): Promise<InvitationDoc> {
    const found = await Invitation.findById(id).lean()
    const given = Buffer.from(hashOf(secret))
    const right = timingSafeEqual(given, Buffer.from(found?.secret_hash ?? NO_HASH))
    if (!found || !right) throw noSuchLink()
    const doc = await mended(found)
    if (doc.used_ts !== undefined) throw isOver('used')
    if (doc.revoked_ts !== undefined) throw isOver('revoked')
    if (doc.expires_ts <= now()) throw isOver('expired')
    // Whoever invited may have left, or the institution: what they were allowed to do then is not done now.
    if (!(await mayInvite(doc.institution, doc.by))) throw isOver('revoked')
    return doc
  }

  async function mayInvite(institution: string, by: string): Promise<boolean> {
    const account = await ctx.accounts.get(by)
    if (!account || account.deactivated || account.suspended) return false
    return ctx.policy.coordinates(institution, by)
  }

  async function freeUserId(doc: InvitationDoc, localpart: string): Promise<string> {
    const userId = `@${localpartFrom(localpart, ctx.serverName)}:${ctx.serverName}`
    const taken = new MatrixError(
      400,
      'M_USER_IN_USE',
      'Ese nombre de usuario ya está en uso. Elija otro. / That user name is taken. Choose another one.',
    )
    if (await ctx.accounts.exists(userId)) throw taken
    // Index {user_id} where open. A name that somebody else was invited under is theirs.
    const other = await Invitation.findOne({ user_id: userId, open: true }).lean()
    if (other && other._id !== doc._id && other.expires_ts > now()) throw taken
    return userId
  }

  return {
    opened,
    mayInvite,

    invite: (by, institution, people, hours) =>
      inTurn(institution, async () => {
        // Index {institution, made_ts}.
        const open = await Invitation.countDocuments({ institution, open: true, expires_ts: { $gt: now() } })
        if (open + people.length > MAX_OPEN)
          throw new MatrixError(
            400,
            'M_LIMIT_EXCEEDED',
            `Puede haber ${MAX_OPEN} invitaciones abiertas a lo más. / At most ${MAX_OPEN} invitations are open at a time.`,
          )
        const out: InviteOutcome[] = []
        const oneByOne = createKeyedQueue()
        for (let from = 0; from < people.length; from += AT_ONCE)
          out.push(
            ...(await Promise.all(
              people
                .slice(from, from + AT_ONCE)
                .map((one) =>
                  oneByOne(one.localpart.toLowerCase(), () => inviteOne(by, institution, one, hours)),
                ),
            )),
          )
        return out
      }),

    resetPassword: (by, institution, userId, hours) =>
      inTurn(institution, async () => {
        const made = await make({ kind: 'password', institution, by, user_id: userId }, hours)
        await ctx.accounts.endSessions(userId)
        return made
      }),

    async list(institution) {
      // Index {institution, made_ts}.
      const found = await Invitation.find({
        institution,
        made_ts: { $gt: now() - KEPT_MS - MAX_HOURS * HOUR_MS },
      })
        .sort({ made_ts: -1 })
        .limit(MAX_LISTED)
        .lean()
      const out: InvitationDoc[] = []
      for (const doc of found) out.push(await mended(doc))
      return out
    },

    async revoke(by, institution, id) {
      const { modifiedCount } = await Invitation.updateOne(
        { _id: id, institution, open: true },
        { $set: { revoked_ts: now() }, $unset: { open: 1 } },
      )
      if (modifiedCount === 0) return false
      const doc = await Invitation.findById(id).lean()
      await ctx.audit.record({
        act: 'invite.revoke',
        by,
        on: doc?.user_id,
        institution,
        facts: { invitation: id },
      })
      return true
    },

    async beginPasskey(link, localpart) {
      const doc = await opened(link)
      if (doc.kind !== 'join')
        throw notFound('Este enlace es para una contraseña nueva. / This link is for a new password.')
      return ctx.factors.beginFirstPasskey(await freeUserId(doc, localpart), bindingOf(doc))
    },

    accept: (link, wanted) =>
      inTurn(`accept ${link.id}`, async () => {
        const doc = await opened(link)
        if (doc.kind === 'password') {
          if (wanted.password === undefined) throw missingParam('Elija una contraseña. / Choose a password.')
          const account = await ctx.accounts.get(doc.user_id)
          if (!account || account.deactivated || account.institution !== doc.institution)
            throw isOver('revoked')
          // Its strength is looked at before the link is used up; a crash in between costs a link, not an account.
          await ctx.accounts.checkNewPassword(localpartOf(doc.user_id), wanted.password)
          const { modifiedCount } = await Invitation.updateOne(
            { _id: doc._id, open: true },
            { $unset: { open: 1 } },
          )
          if (modifiedCount === 0) throw isOver('used')
          await ctx.accounts.setPassword(doc.user_id, wanted.password)
          await ctx.accounts.endSessions(doc.user_id)
          await used(doc, doc.user_id)
          await ctx.audit.record({
            act: 'account.password',
            by: doc.user_id,
            on: doc.user_id,
            institution: doc.institution,
            facts: { invitation: doc._id },
          })
          return { userId: doc.user_id, way: 'registration' }
        }
        if (wanted.localpart === undefined)
          throw missingParam('Elija un nombre de usuario. / Choose a user name.')
        if (wanted.password === undefined && !wanted.passkey)
          throw missingParam('Elija una contraseña o una llave de acceso. / Choose a password or a passkey.')
        const userId = await freeUserId(doc, wanted.localpart)
        const firstPasskey = wanted.passkey
          ? await ctx.factors.checkFirstPasskey(userId, bindingOf(doc), {
              response: wanted.passkey,
              name: 'Enlace',
            })
          : undefined
        const displayName = wanted.displayName || doc.display_name
        let made: { userId: string; recoveryCodes?: string[] }
        try {
          made = await ctx.accounts.create({
            localpart: localpartOf(userId),
            institution: doc.institution,
            invitation: doc._id,
            invitedBy: doc.by,
            ...(doc.role ? { role: doc.role } : {}),
            ...(wanted.password === undefined ? {} : { password: wanted.password }),
            ...(firstPasskey ? { firstPasskey } : {}),
            ...(displayName ? { displayName } : {}),
          })
        } catch (error) {
          if (error instanceof MatrixError && error.errcode === 'M_USER_IN_USE') {
            const owner = await ctx.accounts.ofInvitation(doc._id)
            if (owner !== undefined) {
              await used(doc, owner)
              throw isOver('used')
            }
          }
          throw error
        }
        await used(doc, userId)
        return { ...made, way: firstPasskey ? 'passkey' : 'registration' }
      }),

    async trim() {
      // Index {expires_ts}.
      await Invitation.deleteMany({ expires_ts: { $lt: now() - KEPT_MS } })
    },
  }
}

const bindingOf = (doc: InvitationDoc) => `invitation|${doc._id}`
const localpartOf = (userId: string) => userId.slice(1, userId.indexOf(':'))
