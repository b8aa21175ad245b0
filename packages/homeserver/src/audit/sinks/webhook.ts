/**
 * POST of `{ server_name, entries }`, signed as the alerts' webhook is (`alerts/channels/webhook.ts`): `Enlace-Signature: v1=`
 * HMAC-SHA256 over `TIMESTAMP.BODY`. Any 2xx takes them.
 */
import { readFile } from 'node:fs/promises'
import { Agent, buildConnector } from 'undici'
import { post } from '../../alerts/channels/post.ts'
import { signatureOf } from '../../alerts/channels/webhook.ts'
import { guardedConnector } from '../../federation/addresses.ts'
import type { EntrySink } from './types.ts'

export function createWebhookSink(args: {
  url: string
  secret_file: string
  authorities: readonly string[]
  server: string
}): EntrySink {
  const { url, secret_file: secretFile, server } = args
  let agent: Agent | undefined

  async function open(): Promise<Agent> {
    const authorities = await Promise.all(args.authorities.map((file) => readFile(file, 'utf8')))
    // The address is the operator's own word: it may be in the private network.
    const connect = url.startsWith('https:')
      ? guardedConnector({ allowPrivate: true, authorities, timeoutMs: 10_000 })
      : buildConnector({ timeout: 10_000 })
    return new Agent({ connect, connections: 1, keepAliveTimeout: 30_000 })
  }

  return {
    async give(entries) {
      agent ??= await open()
      const secret = (await readFile(secretFile, 'utf8')).trim()
      const body = JSON.stringify({ server_name: server, entries })
      const timestamp = String(Math.floor(Date.now() / 1000))
      const { status } = await post(url, {
        dispatcher: agent,
        headers: {
          'content-type': 'application/json',
          'enlace-timestamp': timestamp,
          'enlace-signature': signatureOf(secret, timestamp, body),
        },
        body,
      })
      if (status < 200 || status >= 300) throw new Error(`the webhook answered ${status}`)
    },
    close: async () => void (await agent?.destroy()),
  }
}
