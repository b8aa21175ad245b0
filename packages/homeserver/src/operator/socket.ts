/**
 * The operator's door to a running node: HTTP over a Unix socket in `data_dir`, for the user the node runs as, with a
 * credential made anew at each start. Nothing of it can be reached over the network.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import getRawBody from 'raw-body'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { badJson, forbidden, MatrixError } from '../errors.ts'
import { answerOf, sendJson } from '../http/answer.ts'
import { parseJson } from '../http/body.ts'
import { isSameText } from '../lib/same-text.ts'
import { issueOf } from './command.ts'
import { type Order, runOrder } from './run-command.ts'
import type { Answer } from './types.ts'

const SOCKET = 'operator.sock'
const CREDENTIAL = 'operator-token'
/** What the kernel allows for a socket's path, with a margin. */
const MAX_SOCKET_PATH = 100
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

/** @returns undefined when no node runs on this folder. @throws MatrixError as the node answered */
export async function askRunningNode(dataDir: string, order: Order): Promise<Answer | undefined> {
  let credential: string
  try {
    credential = await readFile(join(dataDir, CREDENTIAL), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return withSocketPath(dataDir, async (socketPath) => {
    let res: IncomingMessage
    try {
      res = await post(socketPath, credential, order)
    } catch (error) {
      // A credential without its socket: the node was killed.
      if (['ENOENT', 'ECONNREFUSED'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
      throw error
    }
    const body = z.record(z.string(), z.unknown()).parse(await json(res))
    if (res.statusCode === 200) return body
    throw new MatrixError(res.statusCode ?? 500, String(body['errcode']), String(body['error']))
  })
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

function post(socketPath: string, credential: string, asked: Order): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    request({ socketPath, method: 'POST', path: '/', headers: { authorization: `Bearer ${credential}` } })
      .once('response', done)
      .once('error', fail)
      .end(JSON.stringify(asked))
  })
}

const listen = (server: Server, path: string) =>
  new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(path, () => done())
  })

async function isAnswered(dataDir: string): Promise<boolean> {
  return withSocketPath(dataDir, (socketPath) =>
    post(socketPath, '', { area: 'accounts', command: 'list', input: {} }).then(
      (res) => {
        res.resume()
        return true
      },
      () => false,
    ),
  )
}

/** A folder deep in the tree is reached through its handle: the kernel takes short paths only. */
async function withSocketPath<T>(dataDir: string, work: (path: string) => Promise<T>): Promise<T> {
  const path = join(dataDir, SOCKET)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return work(path)
  const folder = await open(dataDir, 'r')
  try {
    return await work(`/proc/self/fd/${folder.fd}/${SOCKET}`)
  } finally {
    await folder.close()
  }
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
