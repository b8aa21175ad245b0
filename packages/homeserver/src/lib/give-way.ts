import { setPriority } from 'node:os'

/** About a tenth of a busy processor, and all of an idle one. */
export const GIVES_WAY = 10

/** Called in a worker thread: from now on it runs when nothing else of this machine wants to. */
export function giveWay(): void {
  // Linux counts this by thread; elsewhere it would slow the whole node.
  if (process.platform !== 'linux') return
  try {
    setPriority(0, GIVES_WAY)
  } catch {
    // Some containers refuse. The number of threads is the limit then.
  }
}
