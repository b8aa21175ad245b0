import { everyWhileSeen } from '../../lib/while-seen.ts'
import type { Session } from '../../model/session/types.ts'
import { lockChanges, lockOf, whenIdle } from './device-lock.ts'
import { PUBLIC_IDLE_MINUTES } from './idle-limit.ts'
import { followLockRule, lockRule, withinRule } from './lock-rule.ts'

/** How often it is read what the institution demands. */
const RULE_REREAD_MS = 5 * 60_000

/**
 * Calls `idle` once nobody has touched the page for as long as the lock, within the institution's rule, or a public computer allows.
 *
 * @param volatile nothing of this session is to stay on the computer
 * @returns how to stop watching
 */
export async function watchIdle(session: Session, volatile: boolean, idle: () => void): Promise<() => void> {
  let minutes: number | undefined
  let watch: ReturnType<typeof whenIdle> | undefined
  async function read(): Promise<void> {
    const lock = volatile ? undefined : await lockOf(session.userId)
    await followLockRule(session)
    const own = volatile ? PUBLIC_IDLE_MINUTES : lock?.locked ? lock.idleMinutes : undefined
    minutes = own === undefined ? undefined : withinRule(own)
    watch?.look()
  }
  await read()
  watch = whenIdle(() => minutes, idle)
  const stops = [
    ...[lockChanges, lockRule].map((one) => one.subscribe(() => void read())),
    everyWhileSeen(RULE_REREAD_MS, () => void read()),
  ]
  return () => {
    watch.stop()
    for (const stop of stops) stop()
  }
}
