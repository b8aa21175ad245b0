/** What an operator does to a node from the command line. With the embedded database the node must be stopped first. */
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { ConfigError, loadConfig } from './config.ts'
import { MatrixError } from './errors.ts'
import { openNode } from './index.ts'

const accountSchema = z.object({
  localpart: z.string().min(1).max(200),
  displayName: z.string().max(256).optional(),
  institution: z.string().max(64).optional(),
  role: z.enum(['staff', 'coordinator', 'official']).optional(),
  isAdmin: z.boolean(),
})

/** Makes an account; the password is the first line of standard input. @returns the exit code */
export async function addAccount(configFile: string, raw: Record<string, unknown>): Promise<number> {
  const parsed = accountSchema.safeParse(raw)
  if (!parsed.success) {
    console.error(`${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
    return 2
  }
  const account = parsed.data
  let node: Awaited<ReturnType<typeof openNode>> | undefined
  try {
    const config = await loadConfig(configFile)
    if (account.institution && !config.institutions.includes(account.institution)) {
      throw new ConfigError(`This node does not host ${account.institution}: add it to "institutions" first.`)
    }
    if (process.stdin.isTTY) process.stderr.write('Password (ends with Ctrl-D): ')
    const password = (await text(process.stdin)).split('\n')[0]!
    node = await openNode({ ...config, log_level: 'silent' })
    const { userId } = await node.ctx.accounts.create({ ...account, password })
    console.log(userId)
    return 0
  } catch (error) {
    const known = error instanceof ConfigError || error instanceof MatrixError || error instanceof Error
    console.error(known ? error.message : String(error))
    return 1
  } finally {
    await node?.close()
  }
}
