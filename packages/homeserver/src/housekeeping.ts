/** What is cleaned up now and then, so that nothing grows for ever. */
import type { Context } from './context.ts'
import { standingOf } from './operator/standing.ts'

const EVERY_MS = 3_600_000

export function startHousekeeping(ctx: Context): { close(): void } {
  const tasks = {
    'what needs attention': () => tellOperator(ctx),
    'media trim': () => ctx.media.trim(),
    digests: () => ctx.digests.run(),
    'alerts trim': () => ctx.alerts.trim(),
    'delivery trim': () => ctx.delivery.trim(),
    'factors trim': () => ctx.factors.trim(),
    'people trim': () => ctx.people.invitations.trim(),
    'reports trim': () => ctx.reports.trim(),
    'oauth trim': () => ctx.oauth.trim(),
    'to-device trim': () => ctx.toDevice.trim(),
  }
  const timer = setInterval(() => {
    for (const [name, task] of Object.entries(tasks)) {
      task().catch((error: unknown) => ctx.log.error({ err: error, task: name }, 'housekeeping failed'))
    }
  }, EVERY_MS)
  timer.unref()
  return { close: () => clearInterval(timer) }
}

/** Before a certificate, a list or the disk ends: the lines that an operator's tools can wake somebody by. */
async function tellOperator(ctx: Context): Promise<void> {
  for (const { key, urgency, words } of (await standingOf(ctx)).notes)
    ctx.log[urgency === 'now' ? 'error' : 'warn'](
      { note: key, urgency, say: words.en },
      'something needs attention',
    )
}
