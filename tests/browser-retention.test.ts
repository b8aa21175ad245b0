/** How long things stay, as a coordinator sees and decides it: on a phone and a desk, in both languages, in the dark. */
import { fileURLToPath } from 'node:url'
import { caseUpdateContent, caseUpdateEventType, reduceCase, type TimelineEvent } from '@enlace/coordination'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  openChannel,
  PHONE,
  signInPage,
  tooWide,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { Someone } from './support/escalations.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))

let network: TestNetwork
let browser: Browser
let coordinator: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off', retention: 'on' } })
  browser = await launchBrowser()
  coordinator = await visit(browser, network.hn.baseUrl, PHONE)
  await signInPage(coordinator.page, 'coordinacion.hn')
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && coordinator) await keepScreenshot(coordinator.page, '72-falla')
})

async function open(): Promise<void> {
  const { page } = coordinator
  await page.goto(`${network.hn.baseUrl}/institucion/conservacion`)
  await page.getByTestId('retention-rules').waitFor()
}

test('the page is read on a phone and a desk, in Spanish and English, in the light and in the dark', async () => {
  const { page } = coordinator
  for (const [language, title, firstDay] of [
    ['es', 'Conservación y borrado', /empieza a borrar por sí mismo el \d{4}-/],
    ['en', 'Retention and deletion', /begins to delete by itself on \d{4}-/],
  ] as const) {
    await page.evaluate(`localStorage.setItem('enlace.language', '${language}')`)
    await open()
    expect(await page.getByRole('heading', { level: 1 }).last().textContent()).toBe(title)
    await page.getByTestId('retention-off').getByText(firstDay).waitFor()
    await page.getByTestId('retention-rights').getByRole('listitem').nth(4).waitFor()
    for (const [name, viewport] of Object.entries({ telefono: PHONE, escritorio: DESKTOP })) {
      const colorScheme = (name === 'telefono') === (language === 'es') ? 'light' : 'dark'
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(viewport)
      await keepScreenshot(page, `72-conservacion-${name}-${language}`)
      expect([name, language, await tooWide(page)]).toEqual([name, language, []])
      expect([name, language, await axeViolations(page)]).toEqual([name, language, []])
      await page.setViewportSize({ ...viewport, height: 2_400 })
      await keepScreenshot(page, `73-conservacion-${name}-${language}`)
    }
  }
  await page.evaluate("localStorage.setItem('enlace.language', 'es')")
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(PHONE)
})

test('a period is shortened after it was seen what that deletes, and it stays', async () => {
  const { page } = coordinator
  await page.goto(network.hn.baseUrl)
  await openChannel(page, 'documentation')
  await write(page, 'Buenos días')
  await open()
  const rule = page.getByTestId('rule-messages')
  await rule.locator('summary').click()
  await rule.getByTestId('days-messages').fill('3')
  expect(await rule.getByTestId('see-messages').isDisabled()).toBe(true)
  await rule.getByTestId('days-messages').fill('90')
  await rule.getByTestId('see-messages').click()
  await rule
    .getByTestId('preview-messages')
    .getByText(/Con este plazo/)
    .waitFor()
  await rule.scrollIntoViewIfNeeded()
  await keepScreenshot(page, '74-conservacion-vista-previa')
  expect(await axeViolations(page)).toEqual([])
  await rule.getByTestId('apply-messages').click()
  await rule.getByText(/pidió menos: 90 días/).waitFor()
  await open()
  await rule.locator('summary').click()
  await rule.getByText(/pidió menos: 90 días/).waitFor()
  await keepScreenshot(page, '74-conservacion-acortada')
  expect(await tooWide(page)).toEqual([])
  expect(await axeViolations(page)).toEqual([])
})

type File = { events: TimelineEvent[]; row: { reference: string } }

/** A case of Guatemala that was revoked: its time has begun, on both nodes. */
async function endedCase(): Promise<{ id: string; reference: string }> {
  const chief = new Someone(network.gt, 'coordinacion.gt')
  const alias = encodeURIComponent(`#documentation:${network.hn.serverName}`)
  const room = String((await chief.matrix('GET', `/directory/room/${alias}`))['room_id'])
  const id = await chief.openCase(room, 'hn-rnp-sps', Date.now(), {})
  const path = `/cases/${encodeURIComponent(id)}`
  const { events, row } = await eventually('the case is on the board', async () => {
    const file = (await chief.enlace('GET', path).catch(() => undefined)) as File | undefined
    return file?.row && file
  })
  const state = reduceCase(
    events.find(({ event_id }) => event_id === id)!,
    events.filter(({ event_id }) => event_id !== id),
  )
  if (typeof state === 'string') throw new Error(state)
  const content = caseUpdateContent(state, chief.by, { step: 'revoke', reason: 'other' })
  await chief.send(room, caseUpdateEventType, content)
  for (const one of [chief, new Someone(network.hn, 'coordinacion.hn')])
    await eventually(`${one.userId} sees that it ended`, async () => {
      const { upcoming } = (await one.enlace('GET', '/retention')) as { upcoming: { case_id: string }[] }
      return upcoming.some(({ case_id }) => case_id === id)
    })
  return { id, reference: row.reference }
}

test('two institutions ask for a hold, and the deletion is seen to be stopped on both sides', async () => {
  const { id, reference } = await endedCase()
  const other = await visit(browser, network.gt.baseUrl, DESKTOP)
  await signInPage(other.page, 'coordinacion.gt')
  const here: [Page, string] = [coordinator.page, network.hn.baseUrl]
  const there: [Page, string] = [other.page, network.gt.baseUrl]
  const upcoming = (page: Page) => page.getByTestId('upcoming-case').filter({ hasText: reference })
  const hold = (page: Page, state: 'asked' | 'held') =>
    page.locator(`[data-testid=hold][data-state=${state}]`).filter({ hasText: reference })
  const look = async ([page, url]: [Page, string]) => {
    await page.goto(`${url}/institucion/conservacion`)
    await page.getByTestId('retention-holds').waitFor()
  }
  // Both have it before them before either has said anything.
  for (const one of [here, there]) {
    await look(one)
    expect(await upcoming(one[0]).getAttribute('data-state')).toBe('waits')
    await upcoming(one[0]).getByRole('button', { name: 'Pedir retención' }).click()
    await one[0].getByTestId('place-hold').waitFor()
  }
  await keepScreenshot(coordinator.page, '75-retencion-pedir')
  expect(await axeViolations(coordinator.page)).toEqual([])

  await coordinator.page.getByTestId('place-hold').click()
  await hold(coordinator.page, 'asked').getByText('Hace falta que otra esté de acuerdo').waitFor()
  await upcoming(coordinator.page).getByText('Detenido por una retención').waitFor()
  await other.page.getByTestId('place-hold').click()
  await other.page.getByTestId('place-hold').waitFor({ state: 'detached' })

  for (const [page, url] of [here, there]) {
    // What the other side said comes when it comes.
    await eventually(`${url} shows the hold`, async () => {
      await look([page, url])
      return (await hold(page, 'held').count()) === 1
    })
    await hold(page, 'held').getByText('Vigente hasta que dos instituciones la levanten').waitFor()
    expect(await upcoming(page).getAttribute('data-state')).toBe('held')
    await upcoming(page).getByText('Detenido por una retención').waitFor()
    expect(await upcoming(page).getByRole('button', { name: 'Pedir retención' }).count()).toBe(0)
    await hold(page, 'held').scrollIntoViewIfNeeded()
    await keepScreenshot(page, `75-retencion-vigente-${page === other.page ? 'gt' : 'hn'}`)
    expect(await tooWide(page)).toEqual([])
    expect(await axeViolations(page)).toEqual([])
    // On the case’s own page everybody in the channel sees it.
    await page.goto(`${url}/casos/${encodeURIComponent(id)}`)
    await page.locator('[data-testid=case-retention][data-state=held]').waitFor()
    await page.locator('[data-testid=case-hold][data-state=held]').waitFor()
  }
  expect(other.errors).toEqual([])
  await other.context.close()
})
