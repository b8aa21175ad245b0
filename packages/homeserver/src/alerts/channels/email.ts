/** Mail: a short text with the reference and a link to the node, nothing of the case. */
import { rootCertificates } from 'node:tls'
import { createTransport } from 'nodemailer'
import { isLocalhostName, withoutBrackets } from '../../federation/addresses.ts'
import { blindCalendar } from '../../meetings/blind-calendar.ts'
import type { Sender } from '../dispatcher.ts'
import type { CodeSender, Outcome, Settings } from '../types.ts'
import { codeMail, mailText } from '../words.ts'
import { networkFailure } from './failures.ts'
import { ATTEMPT_MS } from './post.ts'

export function createEmail(args: {
  url: string
  from: string
  publicUrl: string
  settings: Settings
  authorities: readonly string[]
}): { send: Sender; sendCode: CodeSender; close(): Promise<void> } {
  const { from, publicUrl, settings, authorities } = args
  const url = new URL(args.url)
  const host = withoutBrackets(url.hostname)
  const secure = url.protocol === 'smtps:'
  const onThisMachine = isLocalhostName(host) || /^127\.|^::1$/.test(host)
  const transport = createTransport({
    host,
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    // Anywhere but on this machine addresses do not travel in the clear.
    requireTLS: !secure && !onThisMachine,
    ...(url.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    ...(authorities.length === 0 ? {} : { tls: { ca: [...rootCertificates, ...authorities] } }),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    dnsTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^\s@<>]+)>?$/.exec(from)![1]!
  async function mail(
    to: string,
    { subject, text }: { subject: string; text: string },
    { id, urgent, calendar }: { id: string; urgent: boolean; calendar?: string },
  ): Promise<Outcome> {
    try {
      await within(
        ATTEMPT_MS,
        transport.sendMail({
          from,
          to,
          subject,
          text,
          // The same over all attempts: mail programs show a repetition once.
          messageId: `<${id}@${domain}>`,
          priority: urgent ? 'high' : 'normal',
          ...(calendar
            ? { icalEvent: { method: 'PUBLISH', filename: 'reunion.ics', content: calendar } }
            : {}),
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        }),
      )
      return { result: 'sent' }
    } catch (error) {
      return smtpFailure(error)
    }
  }
  return {
    async send(delivery, alert) {
      const { confirmed, on } = await settings.get(delivery.user_id)
      if (confirmed.email === null || !on.email) return { result: 'failed', reason: 'no_address' }
      const { urgent } = alert
      const { kind, event_id: key, due_ts: at } = alert
      const calendar =
        kind === 'meeting' && at !== undefined
          ? { calendar: blindCalendar([{ key, at }], { now: alert.created_ts, link: publicUrl }) }
          : {}
      return mail(confirmed.email, mailText(alert, publicUrl), { id: delivery._id, urgent, ...calendar })
    },
    sendCode: (address, code, id) => mail(address, codeMail(code, publicUrl), { id, urgent: false }),
    async close() {
      transport.close()
    },
  }
}

class TimedOut extends Error {
  readonly code = 'ETIMEDOUT'
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new TimedOut()), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** RFC 5321 §4.2.1: 4yz may pass, 5yz will not. What the operator can repair is tried again. */
function smtpFailure(error: unknown): Outcome {
  const { responseCode, code } = error as { responseCode?: number; code?: string }
  const status = typeof responseCode === 'number' ? { status: responseCode } : {}
  if (code === 'EAUTH' || code === 'ENOAUTH' || responseCode === 530 || responseCode === 535)
    return { result: 'retry', reason: 'authentication', ...status }
  if (code === 'ETLS') return { result: 'retry', reason: 'tls', ...status }
  if (responseCode !== undefined)
    return { result: responseCode >= 500 ? 'failed' : 'retry', reason: 'refused', ...status }
  // The address cannot be written in a mail at all.
  if (code === 'EENVELOPE') return { result: 'failed', reason: 'refused' }
  return networkFailure(error)
}
