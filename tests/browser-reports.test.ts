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
  PHONE,
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
const OTHER = 'Antes de eso'
const REPORTED = 'Nombra a una niña en el canal'

let network: TestNetwork
let browser: Browser
let author: Visitor
let reporter: Visitor
let chief: Visitor
let second: Visitor
/** Of the reporter's institution: without a device until the second test. */
let neighbour: Visitor

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
  const enter = async (at: 'hn' | 'gt', localpart: string) => {
    const visitor = await visit(browser, network[at].baseUrl)
    await signInPage(visitor.page, localpart)
    return visitor
  }
  const enterSecond = async () => {
    const visitor = await visit(browser, network.hn.baseUrl)
    const { page } = visitor
    await page.getByTestId('sign-in-user').fill(SECOND)
    await page.getByTestId('sign-in-password').fill(PASSWORD)
    await page.getByTestId('sign-in-submit').click()
    await page.getByTestId('recovery-later').click()
    return visitor
  }
  const entered = await Promise.all([
    enter('hn', 'consulado.hn'),
    enter('gt', 'oficial.gt'),
    enter('hn', 'coordinacion.hn'),
    enterSecond(),
  ])
  ;[author, reporter, chief, second] = entered
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

const office = (visitor: Visitor, at: string) => visitor.page.goto(`${at}/institucion/avisos`)

/** Telephone and desk, light and dark, both languages; nothing is wider than the screen. */
async function looked(page: Page, name: string): Promise<void> {
  for (const [size, viewport, colorScheme, language] of [
    ['desk', DESKTOP, 'light', 'es'],
    ['phone', PHONE, 'dark', 'es'],
    ['phone-en', PHONE, 'light', 'en'],
  ] as const) {
    await speak(page, language)
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `reports-${name}-${size}`)
    expect(await axeViolations(page)).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    expect({ name, size, wide: wide > 0 }).toEqual({ name, size, wide: false })
  }
  await page.setViewportSize(DESKTOP)
  await page.emulateMedia({ colorScheme: 'light' })
  await speak(page, 'es')
}

/** The switch is behind a dialog, or in the part that a phone does not show. */
async function speak(page: Page, language: 'es' | 'en'): Promise<void> {
  if ((await page.evaluate('document.documentElement.lang')) === language) return
  await page.getByTestId('language-switch').first().dispatchEvent('click')
  await page.locator(`html[lang=${language}]`).waitFor({ state: 'attached' })
}

async function openReport(text: string): Promise<Page> {
  const { page } = reporter
  const row = message(page, text)
  await row.hover()
  await row.getByTestId('message-more').click()
  await page.getByTestId('message-report').click()
  return page
}

test('a message is reported with its key, and its writer’s coordination reads it and warns', async () => {
  await openChannel(author.page, 'documentation')
  await write(author.page, OTHER)
  await write(author.page, SECRET)
  await openChannel(reporter.page, 'documentation')
  const page = await openReport(SECRET)
  expect(await page.getByTestId('report-consent').isChecked()).toBe(false)
  expect(await page.getByTestId('report-send').isDisabled()).toBe(true)
  await page.getByTestId('report-readers').getByText('Coordinación Honduras').waitFor()
  // Nobody of the second coordinator's channels is shared: their name is asked for.
  await page.getByTestId('report-readers').getByText('Segunda coordinación').waitFor()
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

test('without a name only the own coordination is shown it, and hands it on; the writer’s removes it', async () => {
  await reporter.page.goto(network.gt.baseUrl)
  await openChannel(reporter.page, 'documentation')
  const page = await openReport(OTHER)
  await page.getByTestId('report-reason-other').check()
  await page.getByTestId('report-consent').check()
  await page.getByTestId('report-send').click()
  await page.getByTestId('report-sent').waitFor()

  // Their coordination has its first device now; it is sent the key when the reporter is next here.
  neighbour = await visit(browser, network.gt.baseUrl)
  await signInPage(neighbour.page, 'coordinacion.gt')
  await neighbour.page.getByTestId('reports-banner').waitFor()
  await office(reporter, network.gt.baseUrl)
  await office(neighbour, network.gt.baseUrl)
  await neighbour.page.getByTestId('report-row').filter({ hasText: 'Otra cosa' }).click()
  await neighbour.page.getByTestId('report-content').filter({ hasText: OTHER }).waitFor()
  await looked(neighbour.page, 'elsewhere')

  await office(chief, network.hn.baseUrl)
  await chief.page.getByTestId('report-row').filter({ hasText: 'sin dar su nombre' }).click()
  await chief.page.getByTestId('report-missing').waitFor()
  await neighbour.page.getByTestId('report-hand-on').click()
  await chief.page.getByTestId('report-content').filter({ hasText: OTHER }).waitFor()
  expect(await chief.page.getByText('Oficial de turno').count()).toBe(0)
  await chief.page.getByTestId('report-remove').click()
  await chief.page.getByTestId('report-remove').waitFor({ state: 'detached' })
  await chief.page.getByTestId('report-close').click()
  await chief.page.getByTestId('decide-words').fill('Basta con retirarlo.')
  await chief.page.getByTestId('decide-submit').click()
  await chief.page.locator('[data-testid=report-decided][data-outcome=removed]').waitFor()
  await looked(chief.page, 'decided')
  await message(author.page, OTHER).waitFor({ state: 'detached' })
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
  await looked(page, 'own')
})

test('whoever is suspended reads why when they sign in, and appeals from there', async () => {
  const { page } = author
  const coordination = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
  const who = encodeURIComponent(`@consulado.hn:${network.hn.serverName}`)
  await enlace(coordination, `/institution/people/${who}/suspend`, {
    reason: 'Volvió a hacerlo.',
    auth: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: 'coordinacion.hn' },
      password: DEMO_PASSWORD,
    },
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
  for (const visitor of [author, reporter, chief, second, neighbour]) expect(visitor.errors).toEqual([])
})
