/** Identities of accounts as tests make and approve them. */
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { restartCode } from '@enlace/coordination'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Session } from '@enlace/dev-network/matrix'
import { z } from 'zod'
import type { TestPerson } from './sdk-client.ts'

const MAIN = fileURLToPath(new URL('../../apps/homeserver/src/main.ts', import.meta.url))
const COORDINATOR = 'org.enlace.coordinator'
const questionSchema = z.object({
  data: z.object({
    session: z.string(),
    params: z.object({ [COORDINATOR]: z.object({ master_key: z.string() }).optional() }).optional(),
  }),
})

/**
 * Starts an account's identity anew, as anybody with the password can ask for.
 * @param approve whoever decides; without it nobody does, and it fails
 */
export async function newIdentity(
  person: TestPerson,
  approve?: (userId: string, masterKey: string) => Promise<void>,
): Promise<void> {
  await person.client.getCrypto()!.bootstrapCrossSigning({
    setupNewCrossSigning: true,
    authUploadDeviceSigningKeys: async (make) => {
      try {
        await make({
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: person.userId },
          password: DEMO_PASSWORD,
        } as never)
      } catch (error) {
        const { session, params } = questionSchema.parse(error).data
        const masterKey = params?.[COORDINATOR]?.master_key
        if (!approve || masterKey === undefined) throw error
        await approve(person.userId, masterKey)
        await make({ type: COORDINATOR, session } as never)
      }
    },
  })
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
    MAIN,
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
): Promise<{ session: string; completed: string[] }> {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const key = Buffer.from(x!, 'base64url').toString('base64').replace(/=+$/, '')
  const upload = async (auth: object) => {
    const response = await fetch(`${who.baseUrl}/_matrix/client/v3/keys/device_signing/upload`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${who.accessToken}` },
      body: JSON.stringify({
        master_key: { user_id: who.userId, usage: ['master'], keys: { [`ed25519:${key}`]: key } },
        auth,
      }),
    })
    return { status: response.status, body: (await response.json()) as unknown }
  }
  const asked = await upload({ type: 'm.login.password', user: who.userId, password: DEMO_PASSWORD })
  const question = z.object({ session: z.string(), completed: z.array(z.string()) }).parse(asked.body)
  if (approve) {
    await approve(who.userId, key)
    const { status } = await upload({ type: COORDINATOR, session: question.session })
    if (status !== 200) throw new Error(`The node answered ${status} to what was approved.`)
  }
  return question
}
