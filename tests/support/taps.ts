/** How many taps a thing takes: what a person presses on the page, and nothing the test asks for beside it. Typing is none. */
import type { Page } from 'playwright-core'

const COUNTER = `(() => {
  globalThis.tapsCounted = 0
  if (globalThis.countsTaps) return
  globalThis.countsTaps = true
  addEventListener('pointerdown', (event) => { if (event.isTrusted) globalThis.tapsCounted += 1 }, { capture: true })
})()`

/** @param act on one page, without loading it anew */
export async function tapsFor(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate(COUNTER)
  await act()
  return page.evaluate<number>('globalThis.tapsCounted')
}
