/** The form of a new case, as a person fills it in: going to the step that asks for something, and then answering it. */
import type { Locator, Page } from 'playwright-core'
import { choose } from './browser.ts'

async function goTo(page: Page, wanted: Locator): Promise<void> {
  await page.getByTestId('new-case').waitFor()
  const steps = page.locator('.case-progress [data-testid^="case-step-"]')
  const count = await steps.count()
  for (let n = 0; n < count && !(await wanted.first().isVisible()); n++) await steps.nth(n).click()
  await wanted.first().waitFor()
}

export async function pickKind(page: Page, kind: string): Promise<void> {
  const card = page.getByTestId(`case-kind-${kind}`)
  await goTo(page, card)
  await card.click()
}

export async function pickInstitution(page: Page, institution: string): Promise<void> {
  const card = page.getByTestId(`institution-${institution}`)
  await goTo(page, card)
  // A press on a card that was suggested would take it away again where several are chosen.
  if (!(await card.locator('input').isChecked())) await card.click()
}

export async function fillField(page: Page, field: string, value: string): Promise<void> {
  const input = page.getByTestId(`field-${field}`)
  await goTo(page, input)
  await input.fill(value)
}

/** A card, an option of a list, or of a list that opens. */
export async function chooseField(page: Page, field: string, value: string): Promise<void> {
  const input = page.getByTestId(`field-${field}`)
  await goTo(page, input)
  const card = page.getByTestId(`field-${field}-${value}`)
  if ((await card.count()) === 0) await choose(input, value)
  else await card.click()
}

export async function submitCase(page: Page): Promise<void> {
  const button = page.getByTestId('case-submit')
  await goTo(page, button)
  await button.click()
}
