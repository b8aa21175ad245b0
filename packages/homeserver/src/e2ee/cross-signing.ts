/** Cross-signing keys and the signatures made with them (client-server API, "Cross-signing"). */

import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { forbidden, invalidParam, MatrixError, missingParam } from '../errors.ts'
import type { CrossSigningDoc, EncryptionModels } from './models.ts'
import {
  type CrossSigningKeyJson,
  crossSigningKeySchema,
  isUsage,
  publicKeyOf,
  type Usage,
} from './schemas.ts'
import { canonicalText, hasGoodSignature, isSameKey } from './signed-json.ts'
import type { CrossSigningUpload } from './types.ts'

/** What the signatures of other people's keys need: master keys of any user, as far as known. */
export type MasterKeySource = (userId: string) => Promise<CrossSigningKeyJson | undefined>

const badSignature = (message: string) => new MatrixError(400, 'M_INVALID_SIGNATURE', message)

export function createCrossSigning(
  ctx: Context,
  models: EncryptionModels,
  notify: {
    devices(userId: string, deviceIds: readonly string[]): Promise<void>
    crossSigning(userId: string): Promise<void>
    privately(userId: string, onlyFor: string): Promise<void>
  },
  deviceKeysOf: (
    userId: string,
    deviceIds: readonly string[],
  ) => Promise<Map<string, Record<string, unknown>>>,
) {
  async function load(userId: string): Promise<CrossSigningUpload> {
    const doc = await models.CrossSigning.findById(userId).lean()
    const parse = (json: string | undefined) =>
      json === undefined ? undefined : crossSigningKeySchema.parse(JSON.parse(json))
    return {
      master: parse(doc?.master),
      self_signing: parse(doc?.self_signing),
      user_signing: parse(doc?.user_signing),
    }
  }

  /** Signatures on a key that `viewer` may see: its owner's and the viewer's own (servers see the owner's). */
  async function withSignatures<T extends Record<string, unknown>>(
    key: T,
    target: { userId: string; keyId: string },
    viewer: string | undefined,
  ): Promise<T> {
    // Index {target_user, target_key}.
    const found = await models.Signature.find({
      target_user: target.userId,
      target_key: target.keyId,
      signer: { $in: viewer === undefined ? [target.userId] : [target.userId, viewer] },
    }).lean()
    if (found.length === 0) return key
    const signatures: Record<string, Record<string, string>> = {
      ...(key['signatures'] as Record<string, Record<string, string>> | undefined),
    }
    for (const { signer, signer_key, signature } of found) {
      signatures[signer] = { ...signatures[signer], [`ed25519:${signer_key}`]: signature }
    }
    return { ...key, signatures }
  }

  return {
    load,
    withSignatures,

    async isKey(userId: string, keyId: string): Promise<boolean> {
      return (await models.CrossSigning.exists({ _id: userId, public_keys: keyId })) !== null
    },

    async isSignedByOwner(userId: string, deviceId: string): Promise<boolean> {
      const { self_signing } = await load(userId)
      const key = self_signing && publicKeyOf(self_signing)
      return (
        key !== undefined &&
        (await models.Signature.exists({ _id: signatureId(userId, deviceId, userId, key) })) !== null
      )
    },

    /** True when the upload has no new key, so that no interactive authentication is asked for. */
    async isFree(userId: string, upload: CrossSigningUpload): Promise<boolean> {
      const existing = await load(userId)
      if (!existing.master) return true
      if (!upload.master || !isSameKey(upload.master, existing.master)) return false
      return (['self_signing', 'user_signing'] as const).every((usage) => {
        const [given, known] = [upload[usage], existing[usage]]
        return !given || (known !== undefined && isSameKey(given, known))
      })
    },

    async replacedMaster(userId: string, upload: CrossSigningUpload): Promise<string | undefined> {
      if (!upload.master) return undefined
      const { master } = await load(userId)
      return master && publicKeyOf(master) !== publicKeyOf(upload.master)
        ? publicKeyOf(upload.master)
        : undefined
    },

    /** @throws M_INVALID_SIGNATURE, M_MISSING_PARAM, M_INVALID_PARAM, M_FORBIDDEN */
    async check(userId: string, upload: CrossSigningUpload): Promise<void> {
      for (const [usage, key] of Object.entries(upload) as [Usage, CrossSigningKeyJson | undefined][]) {
        if (!key) continue
        if (key.user_id !== userId) throw invalidParam(`${usage} key: user_id must be your own`)
        if (!isUsage(key, usage)) throw invalidParam(`${usage} key: usage must have "${usage}"`)
        const publicKey = publicKeyOf(key)
        if (publicKey === undefined)
          throw invalidParam(`${usage} key: keys must have one ed25519 key named by itself`)
        if (await ctx.devices.exists(userId, publicKey))
          throw forbidden(`${usage} key: its id is in use by a device`)
      }
      const master = upload.master ?? (await load(userId)).master
      if (!master) throw missingParam('Upload a master key first.')
      const masterKey = publicKeyOf(master)!
      for (const usage of ['self_signing', 'user_signing'] as const) {
        const key = upload[usage]
        if (key && !hasGoodSignature(key, { userId, keyId: masterKey, publicKey: masterKey })) {
          throw badSignature(`${usage} key: not signed by the master key`)
        }
      }
    },

    /** Stores a checked upload. One document, so the three keys never disagree. */
    async store(userId: string, upload: CrossSigningUpload): Promise<void> {
      const existing = await load(userId)
      // Keys signed by the master key that is being replaced are worth nothing any more.
      const replaced = upload.master && existing.master && !isSameKey(upload.master, existing.master)
      const next: CrossSigningUpload = { ...(replaced ? {} : existing), ...present(upload) }
      const doc: Omit<CrossSigningDoc, '_id'> = {
        ...Object.fromEntries(
          Object.entries(present(next)).map(([usage, key]) => [usage, canonicalText(key)]),
        ),
        public_keys: Object.values(present(next)).map((key) => publicKeyOf(key)!),
      }
      await models.CrossSigning.replaceOne({ _id: userId }, { _id: userId, ...doc }, { upsert: true })
      if (upload.master || upload.self_signing) await notify.crossSigning(userId)
      else if (upload.user_signing) await notify.privately(userId, userId)
    },

    /** POST /keys/signatures/upload: each signed object on its own; what fails is said per key. */
    async addSignatures(
      signer: string,
      body: Record<string, Record<string, Record<string, unknown>>>,
      masterKeyOf: MasterKeySource,
    ): Promise<Record<string, Record<string, { errcode: string; error: string }>>> {
      const failures: Record<string, Record<string, { errcode: string; error: string }>> = {}
      const own = await load(signer)
      const changedDevices = new Set<string>()
      let masterChanged = false
      const othersChanged = new Set<string>()

      for (const [targetUser, keys] of Object.entries(body)) {
        for (const [keyId, object] of Object.entries(keys)) {
          try {
            const kind = await addOne(signer, own, targetUser, keyId, object, masterKeyOf)
            if (kind === 'device') changedDevices.add(keyId)
            else if (kind === 'own-master') masterChanged = true
            else if (kind === 'other-master') othersChanged.add(targetUser)
          } catch (error) {
            if (!(error instanceof MatrixError)) throw error
            failures[targetUser] = {
              ...failures[targetUser],
              [keyId]: { errcode: error.errcode, error: error.message },
            }
          }
        }
      }
      if (changedDevices.size > 0) await notify.devices(signer, [...changedDevices])
      if (masterChanged) await notify.crossSigning(signer)
      for (const other of othersChanged) await notify.privately(other, signer)
      return failures
    },
  }

  async function addOne(
    signer: string,
    own: CrossSigningUpload,
    targetUser: string,
    keyId: string,
    object: Record<string, unknown>,
    masterKeyOf: MasterKeySource,
  ): Promise<'device' | 'own-master' | 'other-master' | 'nothing'> {
    const given =
      (object['signatures'] as Record<string, Record<string, unknown>> | undefined)?.[signer] ?? {}
    const signatures = Object.entries(given)
    if (signatures.length === 0) throw badSignature('There is no signature of yours on it.')

    if (targetUser === signer && (!own.master || publicKeyOf(own.master) !== keyId)) {
      const device = (await deviceKeysOf(signer, [keyId])).get(keyId)
      if (!device) throw new MatrixError(404, 'M_NOT_FOUND', 'You have no device or key with that id.')
      if (!isSameKey(device, object)) throw badSignature('It is not the key that was uploaded.')
      const selfSigning = own.self_signing && publicKeyOf(own.self_signing)
      if (!selfSigning) throw badSignature('You have no self-signing key.')
      return (await save(selfSigning, selfSigning)) ? 'device' : 'nothing'
    }

    const target = targetUser === signer ? own.master : await masterKeyOf(targetUser)
    if (!target || publicKeyOf(target) !== keyId) {
      throw new MatrixError(404, 'M_NOT_FOUND', 'That user has no master key with that id.')
    }
    if (!isSameKey(target, object)) throw badSignature('It is not the key that was uploaded.')
    if (targetUser === signer) {
      // A person's own devices vouch for the master key.
      let changed = false
      for (const [name] of signatures) {
        const deviceId = name.replace(/^ed25519:/, '')
        const device = (await deviceKeysOf(signer, [deviceId])).get(deviceId)
        const publicKey = (device?.['keys'] as Record<string, string> | undefined)?.[`ed25519:${deviceId}`]
        if (publicKey === undefined) throw badSignature('It is signed by a device that is not yours.')
        changed = (await save(deviceId, publicKey)) || changed
      }
      return changed ? 'own-master' : 'nothing'
    }
    if (serverOfUser(targetUser) === undefined) throw invalidParam('That is not a user id.')
    const userSigning = own.user_signing && publicKeyOf(own.user_signing)
    if (!userSigning) throw badSignature('You have no user-signing key.')
    return (await save(userSigning, userSigning)) ? 'other-master' : 'nothing'

    /** @returns false when it was stored before */
    async function save(signerKey: string, publicKey: string): Promise<boolean> {
      if (!hasGoodSignature(object, { userId: signer, keyId: signerKey, publicKey })) {
        throw badSignature('The signature is not right.')
      }
      const id = signatureId(targetUser, keyId, signer, signerKey)
      const signature = given[`ed25519:${signerKey}`] as string
      const stored = await models.Signature.updateOne(
        { _id: id },
        {
          $set: {
            target_user: targetUser,
            target_key: keyId,
            signer,
            signer_key: signerKey,
            signature,
          },
        },
        { upsert: true },
      )
      return stored.upsertedCount > 0 || stored.modifiedCount > 0
    }
  }
}

const signatureId = (targetUser: string, targetKey: string, signer: string, signerKey: string) =>
  `${targetUser}|${targetKey}|${signer}|${signerKey}`

/** Only the keys that are there. */
function present(keys: CrossSigningUpload): Partial<Record<Usage, CrossSigningKeyJson>> {
  return Object.fromEntries(Object.entries(keys).filter(([, key]) => key !== undefined))
}
