/** Opens the channels the configuration has; says plainly what is wrong with it. */
import { readFile } from 'node:fs/promises'
import { ConfigError } from '../../config.ts'
import type { Context } from '../../context.ts'
import type { Sender } from '../dispatcher.ts'
import type { Settings } from '../settings.ts'
import type { AlertChannel } from '../types.ts'
import { createEmail } from './email.ts'
import { createWebPush, isAllowedEndpoint, openVapidKeys } from './web-push.ts'
import { createWebhook } from './webhook.ts'

const MIN_SECRET = 16

type RemoteChannel = Exclude<AlertChannel, 'client'>

async function readSecret(file: string): Promise<string> {
  let secret: string
  try {
    secret = (await readFile(file, 'utf8')).trim()
  } catch {
    throw new ConfigError(`alerts.webhook.secret_file: cannot read ${file}.`)
  }
  if (secret.length < MIN_SECRET)
    throw new ConfigError(`alerts.webhook.secret_file: ${file} must have at least ${MIN_SECRET} characters.`)
  return secret
}

/** @throws ConfigError naming the key */
export async function openChannels(ctx: Context, settings: Settings) {
  const { smtp, webhook, web_push, public_url } = ctx.config.alerts
  const allowPrivate = ctx.config.federation.allow_private_addresses
  const authorities = await Promise.all(
    ctx.config.federation.trusted_ca.map((file) => readFile(file, 'utf8')),
  )
  const senders: Partial<Record<RemoteChannel, Sender>> = {}
  const closing: (() => Promise<void>)[] = []
  const add = (channel: RemoteChannel, { send, close }: { send: Sender; close(): Promise<void> }) => {
    senders[channel] = send
    closing.push(close)
  }
  const keys = web_push && (await openVapidKeys(ctx.config.data_dir))
  if (web_push && keys)
    add('web_push', createWebPush({ keys, contact: web_push.contact, settings, allowPrivate, authorities }))
  if (smtp) add('email', createEmail({ ...smtp, publicUrl: public_url!, settings, authorities }))
  if (webhook) {
    const secret = await readSecret(webhook.secret_file)
    add('webhook', createWebhook({ url: webhook.url, secret, settings, authorities }))
  }
  return {
    senders,
    offered: new Set<AlertChannel>(['client', ...(Object.keys(senders) as RemoteChannel[])]),
    vapidPublicKey: keys?.publicKey,
    allowsEndpoint: (endpoint: string) => isAllowedEndpoint(endpoint, allowPrivate),
    async close(): Promise<void> {
      await Promise.all(closing.map((close) => close()))
    },
  }
}
