/** Work that can be interrupted: a large directory is put together while a node goes on answering. */
export type Steps<T = void> = Generator<undefined, T, undefined>

export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value as T
  }
}

const sliceMs = 12

/** Works for some milliseconds, then lets others work: `pause` resolves when it is this one's turn again. */
export async function runInSlices<T>(steps: Steps<T>, pause: () => Promise<void>): Promise<T> {
  for (;;) {
    const until = performance.now() + sliceMs
    do {
      const { done, value } = steps.next()
      if (done) return value as T
    } while (performance.now() < until)
    await pause()
  }
}
