/**
 * The operator's gateway for SMS or WhatsApp Business. Requests are signed so that the gateway can tell them from
 * anybody else's: `Enlace-Signature: v1=` HMAC-SHA256 in hex over `TIMESTAMP.BODY`, the timestamp (seconds) in
 * `Enlace-Timestamp`. `id` is the same over all attempts: a gateway that has seen it sends nothing twice.
 */
import { createHmac } from 'node:crypto'
import { Agent, buildConnector } from 'undici'
import { guardedConnector } from '../../federation/addresses.ts'
import type { Sender } from '../dispatcher.ts'
import type { CodeSender, Outcome, Settings } from '../types.ts'
import { codeShortText, shortText } from '../words.ts'
import { httpFailure, networkFailure, retryAfterMs } from './failures.ts'
import { post } from './post.ts'

export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`

export function createWebhook(args: {
  url: string
  secret: string
  settings: Settings
  authorities: readonly string[]
}): { send: Sender; sendCode: CodeSender; close(): Promise<void> } {
  const { url, secret, settings, authorities } = args
  // The address is the operator's own word: it may be in the private network.
  const connect = url.startsWith('https:')
    ? guardedConnector({ allowPrivate: true, authorities, timeoutMs: 10_000 })
    : buildConnector({ timeout: 10_000 })
  const agent = new Agent({ connect, connections: 4, keepAliveTimeout: 30_000 })
  async function give(message: object): Promise<Outcome> {
    const body = JSON.stringify(message)
    // The gateway refuses old requests by the real time.
    const timestamp = String(Math.floor(Date.now() / 1000))
    try {
      const { status, headers } = await post(url, {
        dispatcher: agent,
        headers: {
          'content-type': 'application/json',
          'enlace-timestamp': timestamp,
          'enlace-signature': signatureOf(secret, timestamp, body),
        },
        body,
      })
      if (status >= 200 && status < 300) return { result: 'sent' }
      return httpFailure(status, retryAfterMs(headers['retry-after'], Date.now()))
    } catch (error) {
      return networkFailure(error)
    }
  }
  return {
    async send(delivery, alert) {
      const { confirmed, on } = await settings.get(delivery.user_id)
      if (confirmed.phone === null || !on.webhook) return { result: 'failed', reason: 'no_address' }
      return give({
        id: delivery._id,
        to: confirmed.phone,
        text: shortText(alert),
        urgent: alert.urgent,
        ...(alert.reference === undefined ? {} : { reference: alert.reference }),
      })
    },
    sendCode: (address, code, id) => give({ id, to: address, text: codeShortText(code), urgent: true }),
    // What is under way would hold up the stop; its lease stands.
    close: () => agent.destroy(),
  }
}
