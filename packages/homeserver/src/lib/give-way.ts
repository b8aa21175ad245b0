import { getPriority, setPriority } from 'node:os'

/** About a quarter of a busy processor, and all of an idle one: less would keep people who sign in waiting too long. */
export const GIVES_WAY = 5

/** Called in a worker thread: from now on others of this machine come first. */
export function giveWay(): void {
  // Linux counts this by thread; elsewhere it would slow the whole node.
  if (process.platform !== 'linux') return
  try {
    setPriority(0, Math.max(getPriority(0), GIVES_WAY))
  } catch {
    // Some containers refuse. The number of threads is the limit then.
  }
}
