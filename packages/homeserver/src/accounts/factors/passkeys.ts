/**
 * Passkeys (WebAuthn). Bound to the host under which people reach the node; the authenticator must have verified the person
 * (fingerprint, face, PIN), so that one alone is as good as a password and a code.
 */
import { isIP } from 'node:net'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Config } from '../../config.ts'
import type { Context } from '../../context.ts'
import { forbidden } from '../../errors.ts'
import { isDuplicateKey } from '../../lib/duplicate-key.ts'
import { CHALLENGE_LIFETIME_MS, type Challenges } from './challenges.ts'
import type { FactorModels, PasskeyDoc } from './models.ts'

/** Whom passkeys are made for: host name and the addresses whose pages may ask for them. */
export type RelyingParty = { id: string; origins: string[] }

export function relyingParty(config: Pick<Config, 'public_base_url' | 'sign_in'>): RelyingParty | undefined {
  if (config.public_base_url === undefined) return undefined
  const { hostname, origin } = new URL(config.public_base_url)
  // Browsers make none for addresses without a name.
  if (isIP(hostname.replace(/^\[|\]$/g, ''))) return undefined
  return { id: hostname, origins: [origin, ...config.sign_in.origins.map(originOf)] }
}

/** An app on a telephone has an origin that is no address (`android:apk-key-hash:…`): it stands for itself. */
function originOf(given: string): string {
  const { origin } = new URL(given)
  return origin === 'null' ? given : origin
}

const MAX_NAME = 60
const MAX_PASSKEYS = 20

const notAccepted = () => forbidden('That passkey was not accepted. Try again.')

export function createPasskeys(
  ctx: Context,
  models: FactorModels,
  challenges: Challenges,
  partyNow: () => RelyingParty | undefined,
) {
  const { Passkey } = models
  const here = (): RelyingParty => {
    const party = partyNow()
    if (party) return party
    throw forbidden('This server does not offer passkeys: it has no public address of its own.')
  }
  // Index {user_id, created_ts}.
  const list = (userId: string) => Passkey.find({ user_id: userId }).sort({ created_ts: 1 }).lean()
  const registering = (userId: string, deviceId: string) => `register|${userId}|${deviceId}`

  return {
    list,

    async begin(userId: string, deviceId: string, handle: string, isNew = false) {
      const { id } = here()
      const known = isNew ? [] : await list(userId)
      if (known.length >= MAX_PASSKEYS)
        throw forbidden(`An account has ${MAX_PASSKEYS} passkeys at most. Remove one first.`)
      return generateRegistrationOptions({
        rpName: 'Enlace',
        rpID: id,
        userName: userId.slice(1),
        userDisplayName: userId.slice(1, userId.indexOf(':')),
        userID: Uint8Array.from(Buffer.from(handle, 'base64url')),
        challenge: challenges.make(registering(userId, deviceId)),
        timeout: CHALLENGE_LIFETIME_MS,
        attestationType: 'none',
        excludeCredentials: known.map(({ _id, transports }) => ({ id: _id, transports })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      })
    },

    /** Looks at it and keeps nothing. */
    async check(
      userId: string,
      deviceId: string,
      { response, name }: { response: RegistrationResponseJSON; name: string },
    ): Promise<PasskeyDoc> {
      const { id: rpId, origins } = here()
      let challenge = ''
      const verified = await verifyRegistrationResponse({
        response,
        expectedChallenge: (given) => {
          challenge = given
          return challenges.isGood(given, registering(userId, deviceId))
        },
        expectedOrigin: origins,
        expectedRPID: rpId,
        requireUserVerification: true,
      }).catch((error: unknown) => {
        ctx.log.info({ user: userId, why: reasonOf(error) }, 'passkey not accepted')
        return undefined
      })
      if (!verified?.verified || !(await challenges.spend(challenge))) throw notAccepted()
      const { credential, credentialBackedUp } = verified.registrationInfo
      return {
        _id: credential.id,
        user_id: userId,
        public_key: Buffer.from(credential.publicKey).toString('base64url'),
        counter: credential.counter,
        transports: response.response.transports?.slice(0, 10).map((one) => one.slice(0, 30)) ?? [],
        name: name.trim().slice(0, MAX_NAME),
        synced: credentialBackedUp,
        created_ts: ctx.clock.now(),
      }
    },

    async keep(doc: PasskeyDoc): Promise<void> {
      try {
        await Passkey.create(doc)
      } catch (error) {
        if (isDuplicateKey(error)) throw notAccepted()
        throw error
      }
    },

    async isKnown(id: string): Promise<boolean> {
      return (await Passkey.exists({ _id: id })) !== null
    },

    /** Whoever has it keeps it: a second time it is the same person's, after a crash. */
    async keepOnce(doc: PasskeyDoc): Promise<void> {
      await Passkey.updateOne({ _id: doc._id }, { $setOnInsert: doc }, { upsert: true })
    },

    async rename(userId: string, id: string, name: string): Promise<boolean> {
      const found = await Passkey.updateOne(
        { _id: id, user_id: userId },
        { $set: { name: name.trim().slice(0, MAX_NAME) } },
      )
      return found.matchedCount > 0
    },

    async options(purpose: string, userId?: string) {
      const { id } = here()
      const own = userId === undefined ? [] : await list(userId)
      return generateAuthenticationOptions({
        rpID: id,
        challenge: challenges.make(purpose),
        timeout: CHALLENGE_LIFETIME_MS,
        userVerification: 'required',
        ...(userId === undefined
          ? {}
          : { allowCredentials: own.map(({ _id, transports }) => ({ id: _id, transports })) }),
      })
    },

    /** The passkey somebody says they sign with; nothing is known of the signature yet. */
    async named(response: AuthenticationResponseJSON): Promise<PasskeyDoc | undefined> {
      return (await Passkey.findById(response.id).lean()) ?? undefined
    },

    /** Whether the signature is this passkey's, made now, for this, here; it counts once. */
    async verify(
      passkey: PasskeyDoc,
      response: AuthenticationResponseJSON,
      args: { purpose: string; handle: string | undefined; handleNeeded: boolean },
    ): Promise<boolean> {
      const { id: rpId, origins } = here()
      const { purpose, handle, handleNeeded } = args
      const given = response.response.userHandle
      if (given === undefined ? handleNeeded : given !== handle) return false
      let challenge = ''
      const verified = await verifyAuthenticationResponse({
        response,
        expectedChallenge: (one) => {
          challenge = one
          return challenges.isGood(one, purpose)
        },
        expectedOrigin: origins,
        expectedRPID: rpId,
        requireUserVerification: true,
        credential: {
          id: passkey._id,
          publicKey: Uint8Array.from(Buffer.from(passkey.public_key, 'base64url')),
          counter: passkey.counter,
        },
      }).catch((error: unknown) => {
        // Also a counter that went back: somebody has a copy of the authenticator.
        ctx.log.warn({ user: passkey.user_id, why: reasonOf(error) }, 'passkey not accepted')
        return undefined
      })
      if (!verified?.verified || !(await challenges.spend(challenge))) return false
      const moved = await Passkey.updateOne(
        { _id: passkey._id, counter: passkey.counter },
        {
          $set: {
            counter: verified.authenticationInfo.newCounter,
            synced: verified.authenticationInfo.credentialBackedUp,
            last_used_ts: ctx.clock.now(),
          },
        },
      )
      return moved.matchedCount === 1
    },
  }
}

/** The library's sentence without what it quotes: challenges and addresses that somebody sent. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/"[^"]*"/g, '"…"').slice(0, 160) : 'unknown'
