/**
 * What coordinators signed about new identities of their people: kept beside the identity, handed to whoever shares a room
 * with the person, here or on a partner's node. Clients verify it; nobody has to believe a server.
 */
import { type IdentityConfirmation, identityConfirmationSchema } from '@enlace/coordination'
import { z } from 'zod'
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { invalidParam, MatrixError } from '../errors.ts'
import type { ResetModels } from './identity-reset-models.ts'
import { crossSigningKeySchema, deviceKeysSchema, publicKeyOf } from './schemas.ts'
import { hasGoodSignature } from './signed-json.ts'

export const CONFIRMATION_PATH = '/_matrix/federation/unstable/org.enlace/identity_confirmation'
/** Somebody waits to send: a server that is away is asked again later. */
const TIMEOUT_MS = 8_000
const answerSchema = z.object({ confirmation: identityConfirmationSchema })

/** What will be asked of a client later is asked now. @throws M_INVALID_PARAM, M_INVALID_SIGNATURE */
export async function checkConfirmation(
  ctx: Context,
  given: IdentityConfirmation,
  about: { userId: string; masterKey: string; coordinator: string; institution: string | undefined },
): Promise<void> {
  if (
    given.user_id !== about.userId ||
    given.master_key !== about.masterKey ||
    given.confirmed_by !== about.coordinator ||
    given.institution !== about.institution
  )
    throw invalidParam('confirmation: it is about something else')
  const { devices, master_key } = await ctx.deviceKeys.localDevices(about.coordinator)
  const master = crossSigningKeySchema.safeParse(master_key)
  const masterKey = master.success ? publicKeyOf(master.data) : undefined
  const signers = masterKey === undefined ? [] : [{ keyId: masterKey, publicKey: masterKey }]
  for (const device of devices) {
    const { device_id, keys } = deviceKeysSchema.parse(device['keys'])
    const publicKey = keys[`ed25519:${device_id}`]
    if (publicKey !== undefined) signers.push({ keyId: device_id, publicKey })
  }
  if (!signers.some((one) => hasGoodSignature(given, { userId: about.coordinator, ...one })))
    throw new MatrixError(400, 'M_INVALID_SIGNATURE', 'confirmation: not signed by you')
}

export function createConfirmations(ctx: Context, models: ResetModels) {
  async function ofOwn(userId: string): Promise<IdentityConfirmation | undefined> {
    const doc = await models.Confirmation.findById(userId).lean()
    return doc ? identityConfirmationSchema.parse(JSON.parse(doc.json)) : undefined
  }
  return {
    async keep(userId: string, masterKey: string, json: string): Promise<void> {
      await models.Confirmation.replaceOne(
        { _id: userId },
        { _id: userId, master_key: masterKey, json },
        { upsert: true },
      )
    },
    ofOwn,
    async of(userId: string): Promise<IdentityConfirmation | undefined> {
      const server = serverOfUser(userId)
      if (server === undefined) return undefined
      if (server === ctx.serverName) return ofOwn(userId)
      try {
        const path = `${CONFIRMATION_PATH}/${encodeURIComponent(userId)}`
        const answer = await ctx.federation.request(
          server,
          { entryPoint: 'devices', method: 'GET', path, timeoutMs: TIMEOUT_MS },
          answerSchema,
        )
        return answer.confirmation.user_id === userId ? answer.confirmation : undefined
      } catch (error) {
        // Another kind of server, one that is away, or nothing confirmed: people compare pictures then.
        ctx.log.debug({ err: error, server }, 'no confirmation of an identity')
        return undefined
      }
    },
  }
}
