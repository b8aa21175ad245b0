/** Asks a running node over its socket: the other end of `socket.ts`. */
import { open, readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { z } from 'zod'
import { MatrixError } from '../errors.ts'
import type { Answer, Order } from './types.ts'

export const SOCKET = 'operator.sock'
export const CREDENTIAL = 'operator-token'
/** What the kernel allows for a socket's path, with a margin. */
const MAX_SOCKET_PATH = 100

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
      res = await postOrder(socketPath, credential, order)
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

export function postOrder(socketPath: string, credential: string, asked: Order): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    request({ socketPath, method: 'POST', path: '/', headers: { authorization: `Bearer ${credential}` } })
      .once('response', done)
      .once('error', fail)
      .end(JSON.stringify(asked))
  })
}

/** A folder deep in the tree is reached through its handle: the kernel takes short paths only. */
export async function withSocketPath<T>(dataDir: string, work: (path: string) => Promise<T>): Promise<T> {
  const path = join(dataDir, SOCKET)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return work(path)
  const folder = await open(dataDir, 'r')
  try {
    return await work(`/proc/self/fd/${folder.fd}/${SOCKET}`)
  } finally {
    await folder.close()
  }
}
