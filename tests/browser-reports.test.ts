import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { login, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  message,
  openChannel,
  signInPage,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { rostersOf } from './support/coordinators.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** A message of one institution is reported in the other, read by the coordination of whoever wrote it, decided on, and appealed. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
const INSTITUTION = 'hn-sreci'
const SECOND = 'segunda.hn'
const PASSWORD = 'Otra clave bien larga 27'
const SECRET = 'La niña Ejemplo cruza mañana'
const REPORTED = 'Nombra a una niña en el canal'

let network: TestNetwork
let browser: Browser
let author: Visitor
let reporter: Visitor
let chief: Visitor
let second: Visitor

const enlace = ({ baseUrl, accessToken }: Session, path: string, body: object) =>
  matrixRequest(baseUrl, 'POST', `/_enlace/client/v1${path}`, body, accessToken)

const people = ({ baseUrl, accessToken }: Session) =>
  matrixRequest(baseUrl, 'GET', '/_enlace/client/v1/institution/people', undefined, accessToken)

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  const coordination = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
  const made = await enlace(coordination, `/institution/invitations`, {
    people: [{ localpart: SECOND, display_name: 'Segunda coordinación', role: 'coordinator' }],
  })
  const [{ invitation }] = made['people'] as [{ invitation: { id: string; secret: string } }]
  await enlace(coordination, `/invitations/accept`, {
    id: invitation.id,
    secret: invitation.secret,
    username: SECOND,
    password: PASSWORD,
  })
  const userId = (localpart: string) => `@${localpart}:${network.hn.serverName}`
  await rostersOf(network).say(INSTITUTION, [
    { userId: userId('consulado.hn'), role: 'staff' },
    { userId: userId('coordinacion.hn'), role: 'coordinator' },
    { userId: userId(SECOND), role: 'coordinator' },
  ])
  await eventually('the second coordinator is on the list', async () => {
    const { accounts } = await people(coordination)
    return (accounts as { user_id: string; roster: { role: string } | null }[]).some(
      (one) => one.user_id === userId(SECOND) && one.roster?.role === 'coordinator',
    )
  })
  browser = await launchBrowser()
  author = await visit(browser, network.hn.baseUrl)
  await signInPage(author.page, 'consulado.hn')
  reporter = await visit(browser, network.gt.baseUrl)
  await signInPage(reporter.page, 'oficial.gt')
  chief = await visit(browser, network.hn.baseUrl)
  await signInPage(chief.page, 'coordinacion.hn')
  second = await visit(browser, network.hn.baseUrl)
  await second.page.getByTestId('sign-in-user').fill(SECOND)
  await second.page.getByTestId('sign-in-password').fill(PASSWORD)
  await second.page.getByTestId('sign-in-submit').click()
  await second.page.getByTestId('recovery-later').click()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

const office = (visitor: Visitor, at: string) => visitor.page.goto(`${at}/institucion/avisos`)

/** Telephone and desk, light and dark; nothing is wider than the screen. */
async function looked(page: Page, name: string): Promise<void> {
  for (const [size, viewport, colorScheme] of [
    ['desk', DESKTOP, 'light'],
    ['phone', { width: 360, height: 740 }, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `reports-${name}-${size}`)
    expect(await axeViolations(page)).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    expect({ name, size, wide: wide > 0 }).toEqual({ name, size, wide: false })
  }
  await page.setViewportSize(DESKTOP)
  await page.emulateMedia({ colorScheme: 'light' })
}

test('a message is reported with its key, and its writer’s coordination reads it and warns', async () => {
  await openChannel(author.page, 'documentation')
  await write(author.page, 'Antes de eso')
  await write(author.page, SECRET)
  await openChannel(reporter.page, 'documentation')
  const { page } = reporter
  const row = message(page, SECRET)
  await row.hover()
  await row.getByTestId('message-more').click()
  await page.getByTestId('message-report').click()
  expect(await page.getByTestId('report-consent').isChecked()).toBe(false)
  expect(await page.getByTestId('report-send').isDisabled()).toBe(true)
  await page.getByTestId('report-readers').getByText('Coordinación Honduras').waitFor()
  await page.getByTestId('report-reason-child_data').check()
  await page.getByTestId('report-words').fill(REPORTED)
  await page.getByTestId('report-consent').check()
  await page.getByTestId('report-named').check()
  await looked(page, 'dialog')
  await page.getByTestId('report-send').click()
  await page.getByTestId('report-sent').waitFor()

  // The second coordinator is in no channel: only the key of that message lets them read it.
  await office(second, network.hn.baseUrl)
  await second.page.getByTestId('report-row').click()
  await second.page.getByTestId('report-content').filter({ hasText: SECRET }).waitFor()
  await second.page.getByTestId('report-said').filter({ hasText: REPORTED }).waitFor()

  await office(chief, network.hn.baseUrl)
  await chief.page.getByTestId('report-row').waitFor()
  await looked(chief.page, 'list')
  await chief.page.getByTestId('report-row').click()
  await chief.page.getByTestId('report-content').filter({ hasText: SECRET }).waitFor()
  await chief.page.getByTestId('report-take').click()
  await chief.page.locator('[data-testid=report][data-state=taken]').waitFor()
  await looked(chief.page, 'detail')
  await chief.page.getByTestId('report-warn').click()
  await chief.page.getByTestId('decide-words').fill('No se nombra a nadie en un canal.')
  await chief.page.getByTestId('decide-submit').click()
  await chief.page.locator('[data-testid=report-decided][data-outcome=warned]').waitFor()

  await office(reporter, network.gt.baseUrl)
  await reporter.page.getByTestId('own-report').getByText('Se advirtió a la persona.').waitFor()
})

test('whoever is warned reads it and appeals; another coordinator answers', async () => {
  const { page } = author
  await page.getByTestId('warning').waitFor()
  await looked(page, 'warning')
  await page.getByTestId('warning-read').click()
  await page.getByTestId('warning').waitFor({ state: 'detached' })
  await office(author, network.hn.baseUrl)
  await page.getByTestId('appeal-open').click()
  await page.getByTestId('appeal-words').fill('Era un nombre de ejemplo.')
  await page.getByTestId('appeal-submit').click()
  await page.getByTestId('appeal-open').waitFor({ state: 'detached' })

  await office(chief, network.hn.baseUrl)
  await chief.page.getByTestId('desk-decision').waitFor()
  expect(await chief.page.getByTestId('appeal-undone').count()).toBe(0)
  await office(second, network.hn.baseUrl)
  await second.page.getByTestId('appeal-undone').click()
  await second.page.getByTestId('answer-words').fill('Tiene razón: era un ejemplo.')
  await second.page.getByTestId('answer-submit').click()
  await page.locator('[data-testid=appeal-outcome][data-outcome=undone]').waitFor()
  await page.getByTestId('language-switch').count()
  await looked(page, 'own')
})

test('whoever is suspended reads why when they sign in, and appeals from there', async () => {
  const { page } = author
  const coordination = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
  const who = encodeURIComponent(`@consulado.hn:${network.hn.serverName}`)
  await enlace(coordination, `/institution/people/${who}/suspend`, {
    reason: 'Volvió a hacerlo.',
  })
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('suspended-reason').filter({ hasText: 'Volvió a hacerlo.' }).waitFor()
  await page.getByTestId('suspended-appeal').click()
  await looked(page, 'suspended')
  await page.getByTestId('appeal-words').fill('Fue otra persona.')
  await page.getByTestId('appeal-submit').click()
  await page.getByTestId('appeal-submit').waitFor({ state: 'detached' })
  await office(second, network.hn.baseUrl)
  await second.page.getByTestId('appeal-upheld').waitFor()
  for (const visitor of [author, reporter, chief, second]) expect(visitor.errors).toEqual([])
})
