/** Identities of accounts as tests make and approve them. */
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { promisify } from 'node:util'
import { restartCode } from '@enlace/coordination'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Session } from '@enlace/dev-network/matrix'
import { inject } from 'vitest'
import { z } from 'zod'
import { makeIdentity } from '../../apps/web/src/model/session/new-identity.ts'
import type { TestPerson } from './sdk-client.ts'

const COORDINATOR = 'org.enlace.coordinator'
/**
 * Starts an account's identity anew, as anybody with the password can ask for. The first one of an account is free; for
 * another somebody has to `approve`.
 */
export async function newIdentity(
  person: TestPerson,
  approve?: (userId: string, masterKey: string) => Promise<void>,
): Promise<void> {
  const { client, userId } = person
  const crypto = client.getCrypto()!
  if (!approve) {
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: async (make) => make(null) })
    return
  }
  // Made apart: while it waits, the SDK hears of the present identity again and would forget its new keys.
  const { masterKey, upload, seeds } = await makeIdentity(userId)
  await askWithPassword({ baseUrl: client.baseUrl, userId, accessToken: client.getAccessToken()! }, approve, {
    masterKey,
    keys: upload,
  })
  await crypto.userHasCrossSigningKeys(userId, true)
  await crypto.importSecretsBundle!({
    cross_signing: {
      master_key: seeds.master,
      self_signing_key: seeds.selfSigning,
      user_signing_key: seeds.userSigning,
    },
  })
  await crypto.crossSignDevice(client.getDeviceId()!)
}

/** The operator's command line, on the running node, with the code that the person reads to them. */
export const operatorApproves =
  (node: { configFile: string }) =>
  async (userId: string, masterKey: string): Promise<void> =>
    operatorTakesCode(node, userId, await restartCode(userId, masterKey))

export async function operatorTakesCode(
  node: { configFile: string },
  userId: string,
  code: string,
): Promise<void> {
  await promisify(execFile)(process.execPath, [
    inject('programs').homeserver,
    '--config',
    node.configFile,
    'account',
    'approve-reset',
    userId,
    '--code',
    code,
  ])
}

/**
 * Past any client: a new identity for an account, with the password.
 * @param approve whoever decides; without it the node's question is all there is
 */
export async function askWithPassword(
  who: Session,
  approve?: (userId: string, masterKey: string) => Promise<void>,
  made = lonelyKey(who.userId),
): Promise<{ session: string; completed: string[] }> {
  const send = async (auth: object) => {
    const response = await fetch(`${who.baseUrl}/_matrix/client/v3/keys/device_signing/upload`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${who.accessToken}` },
      body: JSON.stringify({ ...made.keys, auth }),
    })
    return { status: response.status, body: (await response.json()) as unknown }
  }
  const asked = await send({ type: 'm.login.password', user: who.userId, password: DEMO_PASSWORD })
  const question = z.object({ session: z.string(), completed: z.array(z.string()) }).parse(asked.body)
  if (approve) {
    await approve(who.userId, made.masterKey)
    const { status } = await send({ type: COORDINATOR, session: question.session })
    if (status !== 200) throw new Error(`The node answered ${status} to what was approved.`)
  }
  return question
}

/** A master key whose private part nobody keeps. */
function lonelyKey(userId: string): { masterKey: string; keys: object } {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const key = Buffer.from(x!, 'base64url').toString('base64').replace(/=+$/, '')
  const master_key = { user_id: userId, usage: ['master'], keys: { [`ed25519:${key}`]: key } }
  return { masterKey: key, keys: { master_key } }
}
