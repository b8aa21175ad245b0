/** axe-core, run in the page: what of WCAG 2.2 a machine can check. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * Every violation on the page as it is, one line each: rule, element, what is wrong. None: an empty list.
 *
 * @param within only this part of the page
 */
export async function axeViolations(page: Page, within?: string): Promise<string[]> {
  // Evaluated by the debugger, which the page's CSP does not concern.
  await page.evaluate(await source)
  const results = await page.evaluate(
    async ([tags, part]) => {
      const { axe } = globalThis as unknown as {
        axe: { run(context: unknown, options: unknown): Promise<AxeResults> }
      }
      return axe.run(part ?? 'html', { runOnly: tags, resultTypes: ['violations'] })
    },
    [TAGS, within] as const,
  )
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${help}. ${failureSummary ?? ''}`),
  )
}
