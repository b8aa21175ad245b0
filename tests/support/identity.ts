/** Identities of accounts as tests make and approve them. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { restartCode } from '@enlace/coordination'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
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
