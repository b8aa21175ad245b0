/** POST /_matrix/push/v1/notify to a push gateway (push gateway API), under the same guard as federation. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { guardedConnector } from '../federation/addresses.ts'
import type { PushGateway } from './types.ts'

const TIMEOUT_MS = 15_000
const MAX_ANSWER = 64 * 1024

const answerSchema = z.object({ rejected: z.array(z.string()).default([]) })

export function createPushGateway({ config }: { config: Config }): PushGateway {
  const connect = guardedConnector({
    allowPrivate: config.federation.allow_private_addresses,
    authorities: config.federation.trusted_ca.map((file) => readFileSync(file, 'utf8')),
    timeoutMs: 10_000,
  })
  const agent = new Agent({ connect, connections: 4, keepAliveTimeout: 30_000 })
  return {
    async post(url, notification) {
      const answer = await request(url, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ notification }),
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      })
      let text = ''
      for await (const chunk of answer.body) {
        text += String(chunk)
        if (text.length > MAX_ANSWER) throw new Error('the answer of the push gateway is too large')
      }
      if (answer.statusCode !== 200) throw new Error(`the push gateway answered ${answer.statusCode}`)
      return { gone: answerSchema.parse(JSON.parse(text)).rejected }
    },
    close: () => agent.close(),
  }
}
