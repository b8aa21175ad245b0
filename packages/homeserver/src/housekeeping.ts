/** What is cleaned up now and then, so that nothing grows for ever. */
import type { Context } from './context.ts'

const EVERY_MS = 3_600_000

export function startHousekeeping(ctx: Context): { close(): void } {
  const tasks = {
    'media trim': () => ctx.media.trim(),
    'alerts trim': () => ctx.alerts.trim(),
    'delivery trim': () => ctx.delivery.trim(),
    'factors trim': () => ctx.factors.trim(),
    'people trim': () => ctx.people.invitations.trim(),
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
