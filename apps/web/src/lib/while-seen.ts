/**
 * The one place that says when a page works by the clock: while somebody looks at it. A hidden page has no timer of this kind at all,
 * so that a telephone in a pocket sleeps. What has to go on all the same (sending what was written, an urgent call that rings) sets
 * its timer only while there is such a thing; `hidden-page.test.ts` names who may.
 */

/** Begins while the page is looked at, ends when it is hidden, and begins again. @returns how to end it for good */
export function whileSeen(begin: () => () => void): () => void {
  // Tests of what is behind pages have none.
  const page = globalThis.document as Document | undefined
  let end: (() => void) | undefined
  const stop = () => {
    end?.()
    end = undefined
  }
  const look = () => {
    if (page?.visibilityState === 'hidden') stop()
    else end ??= begin()
  }
  page?.addEventListener('visibilitychange', look)
  look()
  return () => {
    page?.removeEventListener('visibilitychange', look)
    stop()
  }
}

/** Every so often while the page is looked at; at once when it is looked at again and a time has passed meanwhile. @returns how to stop */
export function everyWhileSeen(ms: number, work: () => void): () => void {
  let next = Date.now() + ms
  return whileSeen(() => {
    let timer: ReturnType<typeof setTimeout>
    const wait = () => {
      timer = setTimeout(() => {
        next = Date.now() + ms
        wait()
        work()
      }, next - Date.now())
    }
    wait()
    return () => clearTimeout(timer)
  })
}

/** Once, after so long and when the page is looked at. @returns how to call it off */
export function onceSeen(ms: number, work: () => void): () => void {
  const stop = everyWhileSeen(ms, () => {
    stop()
    work()
  })
  return stop
}
