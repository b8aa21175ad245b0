const LOCK = 'enlace-session'
/** How long the other tab may take to leave. */
const LEAVING_MS = 5_000

/** The encryption store must never be open in two tabs: one has it, and leaves when another asks. */
export interface OneTab {
  /** @returns false when another tab has it */
  take(steal: boolean): Promise<boolean>
  free(): void
}

export function createOneTab(on: {
  /** Another tab asks this one, which has it, to finish writing and to leave. */
  asked(): void
  /** Another tab took over without waiting any longer. */
  overruled(): void
}): OneTab {
  let release: (() => void) | undefined
  const tabs = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(LOCK)
  tabs?.addEventListener('message', () => release && on.asked())

  function request(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      let had = false
      navigator.locks
        .request(LOCK, options, (lock) => {
          had = lock !== null
          resolve(had)
          if (!had) return undefined
          return new Promise<void>((done) => {
            release = done
          })
        })
        .catch(() => {
          resolve(false)
          if (!had) return
          release = undefined
          on.overruled()
        })
    })
  }

  return {
    async take(steal) {
      if (!navigator.locks || release) return true
      if (!steal) return request({ ifAvailable: true })
      // The other tab is asked first, so that it can finish writing; one that does not answer is overruled.
      tabs?.postMessage('leave')
      return (await request({ signal: AbortSignal.timeout(LEAVING_MS) })) || (await request({ steal: true }))
    },
    free() {
      release?.()
      release = undefined
    },
  }
}
