/**
 * Opens the channels the configuration has; says plainly what is wrong with it. What only one channel needs is loaded with it:
 * a node without mail does not carry a mail library in memory.
 */
import { readFile } from 'node:fs/promises'
import { type Config, ConfigError } from '../../config.ts'
import type { Context } from '../../context.ts'
import { isAllowedEndpoint } from '../../federation/addresses.ts'
import type { Sender } from '../dispatcher.ts'
import type { AddressChannel, AlertChannel, CodeSender, Settings } from '../types.ts'

type WebPush = ReturnType<typeof import('./web-push.ts').createWebPush>

const MIN_SECRET = 16

type RemoteChannel = Exclude<AlertChannel, 'client'>

async function readSecret(file: string): Promise<string> {
  let secret: string
  try {
    secret = (await readFile(file, 'utf8')).trim()
  } catch {
    throw new ConfigError(`alerts.webhook.secret_file: no se puede leer ${file}. / cannot read ${file}.`)
  }
  if (secret.length < MIN_SECRET)
    throw new ConfigError(
      `alerts.webhook.secret_file: ${file} debe tener al menos ${MIN_SECRET} caracteres. / ${file} must have at least ${MIN_SECRET} characters.`,
    )
  return secret
}

/** @throws ConfigError naming the key */
export async function openChannels(ctx: Context, settings: Settings, config: Config['alerts']) {
  const { smtp, webhook, web_push, public_url } = config
  const allowPrivate = ctx.config.federation.allow_private_addresses
  const authorities = await Promise.all(
    ctx.config.federation.trusted_ca.map((file) => readFile(file, 'utf8')),
  )
  const senders: Partial<Record<RemoteChannel, Sender>> = {}
  const codes: Partial<Record<AddressChannel, CodeSender>> = {}
  const closing: (() => Promise<void>)[] = []
  const add = (channel: RemoteChannel, { send, close }: { send: Sender; close(): Promise<void> }) => {
    senders[channel] = send
    closing.push(close)
  }
  let vapidPublicKey: string | undefined
  let notify: WebPush['notify'] | undefined
  if (web_push) {
    const { createWebPush, openVapidKeys } = await import('./web-push.ts')
    const keys = await openVapidKeys(ctx.config.data_dir)
    vapidPublicKey = keys.publicKey
    const { contact } = web_push
    const webPush = createWebPush({ keys, contact, settings, allowPrivate, authorities })
    notify = webPush.notify
    add('web_push', webPush)
  }
  if (smtp) {
    const { createEmail } = await import('./email.ts')
    const email = createEmail({ ...smtp, publicUrl: public_url!, settings, authorities })
    add('email', email)
    codes.email = email.sendCode
  }
  if (webhook) {
    const { createWebhook } = await import('./webhook.ts')
    const secret = await readSecret(webhook.secret_file)
    const gateway = createWebhook({ url: webhook.url, secret, settings, authorities })
    add('webhook', gateway)
    codes.webhook = gateway.sendCode
  }
  return {
    senders,
    codes,
    offered: new Set<AlertChannel>(['client', ...(Object.keys(senders) as RemoteChannel[])]),
    vapidPublicKey,
    notify,
    allowsEndpoint: (endpoint: string) => isAllowedEndpoint(endpoint, allowPrivate),
    async close(): Promise<void> {
      await Promise.all(closing.map((close) => close()))
    },
  }
}
