/** What is written a moment after it was typed is written now when the page goes, or when another tab is to go on with it. */
const works = new Set<() => void>()

/** @returns how to be told no more */
export function onLeaving(work: () => void): () => void {
  works.add(work)
  // Tests of what is behind pages have none.
  const page = globalThis as Partial<Pick<Window, 'addEventListener' | 'removeEventListener'>>
  page.addEventListener?.('pagehide', work)
  return () => {
    works.delete(work)
    page.removeEventListener?.('pagehide', work)
  }
}

export function leaving(): void {
  for (const work of works) work()
}
