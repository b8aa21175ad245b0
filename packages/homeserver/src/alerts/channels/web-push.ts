/**
 * Web push (RFC 8030, 8291, 8292). The push service is a stranger: it learns that a browser is to be woken and how
 * urgently. What it carries is encrypted for the browser, of one length whatever it says, and says no more than
 * "urgent case, reference".
 */
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent } from 'undici'
import webPush from 'web-push'
import { z } from 'zod'
import { ConfigError } from '../../config.ts'
import { guardedConnector } from '../../federation/addresses.ts'
import type { Sender } from '../dispatcher.ts'
import type { AlertDoc, Outcome, PushSubscriptionDoc, Settings } from '../types.ts'
import { httpFailure, networkFailure, retryAfterMs } from './failures.ts'
import { post } from './post.ts'

/** The push service keeps it so long for a browser that is off. */
const TTL_S = 24 * 3_600
const PAYLOAD_BYTES = 128

const keysSchema = z.object({ publicKey: z.string().length(87), privateKey: z.string().length(43) })
export type VapidKeys = z.output<typeof keysSchema>

/** Made once: browsers bind their subscription to the public key. @throws ConfigError when the file is damaged */
export async function openVapidKeys(dataDir: string): Promise<VapidKeys> {
  const file = join(dataDir, 'vapid.json')
  let text: string | undefined
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  if (text !== undefined) {
    try {
      return keysSchema.parse(JSON.parse(text))
    } catch {
      throw new ConfigError(
        `${file} está dañado: restáurelo, o bórrelo y que cada quien active otra vez los avisos del navegador. / ${file} is damaged: restore it, or remove it and have people turn web push on again.`,
      )
    }
  }
  const keys = webPush.generateVAPIDKeys()
  const handle = await open(`${file}.new`, 'w', 0o600)
  await handle.writeFile(`${JSON.stringify(keys)}\n`)
  await handle.sync()
  await handle.close()
  await rename(`${file}.new`, file)
  return keys
}

const padded = (said: object): string => JSON.stringify(said).padEnd(PAYLOAD_BYTES)
export const pushPayload = ({ kind, urgent, reference }: AlertDoc): string =>
  padded({ kind, urgent, ...(reference === undefined ? {} : { reference }) })

export function createWebPush(args: {
  keys: VapidKeys
  contact: string
  settings: Settings
  allowPrivate: boolean
  authorities: readonly string[]
}): {
  send: Sender
  /** One try: what it says is no loss. */
  notify(subscription: PushSubscriptionDoc, said: Record<string, unknown>, topic: string): Promise<void>
  close(): Promise<void>
} {
  const { keys, contact, settings, allowPrivate, authorities } = args
  const connect = guardedConnector({ allowPrivate, authorities, timeoutMs: 10_000 })
  const agent = new Agent({ connect, connections: 4, keepAliveTimeout: 30_000 })

  async function deliver(
    subscription: PushSubscriptionDoc,
    payload: string,
    how: { urgent: boolean; topic: string },
  ): Promise<Outcome> {
    const { endpoint, p256dh, auth, user_id, _id } = subscription
    const { headers, body } = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, {
      vapidDetails: { subject: contact, ...keys },
      TTL: TTL_S,
      urgency: how.urgent ? 'high' : 'normal',
      // A repetition takes the place of what the push service still holds (RFC 8030 §5.4).
      topic: how.topic,
    })
    let answer: Awaited<ReturnType<typeof post>>
    try {
      answer = await post(endpoint, {
        dispatcher: agent,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        body: body as unknown as Buffer,
      })
    } catch (error) {
      return networkFailure(error)
    }
    const { status } = answer
    if (status >= 200 && status < 300) return { result: 'sent' }
    if (status === 404 || status === 410) {
      await settings.unsubscribe(user_id, _id)
      return { result: 'failed', reason: 'subscription_gone', status }
    }
    return httpFailure(status, retryAfterMs(answer.headers['retry-after'], Date.now()))
  }

  return {
    async notify(subscription, said, topic) {
      await deliver(subscription, padded(said), { urgent: false, topic })
    },
    async send(delivery, alert) {
      const subscription = await settings.subscription(delivery.target)
      if (subscription?.user_id !== delivery.user_id || !(await settings.get(delivery.user_id)).on.web_push)
        return { result: 'failed', reason: 'no_address' }
      return deliver(subscription, pushPayload(alert), { urgent: alert.urgent, topic: delivery._id })
    },
    // What is under way would hold up the stop; its lease stands.
    close: () => agent.destroy(),
  }
}
