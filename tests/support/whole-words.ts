import type { Page } from 'playwright-core'

/**
 * Words that are seen and stand on two lines: of the interface, not of what people wrote (`dir="auto"`, fields). A hyphen, a slash
 * or an underscore may end a line.
 */
export async function brokenWords(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const broken = new Set()
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const box = node.parentElement
      if (!box || box.closest('[dir=auto], textarea, code, .visually-hidden') || !box.checkVisibility()) continue
      // What is only said, and not seen, is one pixel wide.
      if (box.clientWidth === 1) continue
      for (const found of node.data.matchAll(/\\p{L}{3,}/gu)) {
        const range = document.createRange()
        range.setStart(node, found.index)
        range.setEnd(node, found.index + found[0].length)
        const lines = new Set([...range.getClientRects()].filter((one) => one.width > 1).map((one) => Math.round(one.top)))
        if (lines.size > 1) broken.add(found[0] + ' in ' + (box.dataset.testid ?? box.className ?? box.tagName))
      }
    }
    return [...broken]
  })()`)
}
