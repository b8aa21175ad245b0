/**
 * The operator's door to a running node: HTTP over a Unix socket in `data_dir`, for the user the node runs as, with a
 * credential made anew at each start. Nothing of it can be reached over the network.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import getRawBody from 'raw-body'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { badJson, forbidden } from '../errors.ts'
import { answerOf, sendJson } from '../http/answer.ts'
import { parseJson } from '../http/body.ts'
import { isSameText } from '../lib/same-text.ts'
import { CREDENTIAL, postOrder, SOCKET, withSocketPath } from './ask-node.ts'
import { issueOf } from './command.ts'
import { runOrder } from './run-command.ts'

const MAX_BODY = 64 * 1024

const order = z.strictObject({
  area: z.string().max(64),
  command: z.string().max(64),
  input: z.record(z.string(), z.unknown()),
})

export async function openOperatorSocket(ctx: Context): Promise<{ close(): Promise<void> }> {
  const { data_dir } = ctx.config
  await mkdir(data_dir, { recursive: true, mode: 0o700 })
  const credential = randomBytes(32).toString('base64url')
  if (await isAnswered(data_dir)) {
    ctx.log.warn('another process answers at the operator socket of this node: this one opens none')
    return { close: async () => {} }
  }
  await writeCredential(data_dir, credential)
  const server = createServer((req, res) => void answer(ctx, credential, req, res))
  await rm(join(data_dir, SOCKET), { force: true })
  await withSocketPath(data_dir, (path) => listen(server, path))
  await chmod(join(data_dir, SOCKET), 0o600)
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => void rm(join(data_dir, CREDENTIAL), { force: true }).then(() => done()))
        server.closeIdleConnections()
      }),
  }
}

async function answer(ctx: Context, credential: string, req: IncomingMessage, res: ServerResponse) {
  try {
    if (!isSameText(req.headers.authorization ?? '', `Bearer ${credential}`))
      throw forbidden('Not the operator.')
    const parsed = order.safeParse(parseJson(await getRawBody(req, { limit: MAX_BODY })))
    if (!parsed.success) throw badJson(issueOf(parsed.error))
    sendJson(res, 200, await runOrder(ctx, parsed.data))
  } catch (error) {
    const { status, body } = answerOf(ctx, error)
    sendJson(res, status, body)
  }
}

const listen = (server: Server, path: string) =>
  new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(path, () => done())
  })

async function isAnswered(dataDir: string): Promise<boolean> {
  return withSocketPath(dataDir, (socketPath) =>
    postOrder(socketPath, '', { area: 'accounts', command: 'list', input: {} }).then(
      (res) => {
        res.resume()
        return true
      },
      () => false,
    ),
  )
}

async function writeCredential(dataDir: string, credential: string): Promise<void> {
  const file = join(dataDir, CREDENTIAL)
  const temporary = `${file}.new`
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(credential)
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
