import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepKey,
  keepScreenshot,
  launchBrowser,
  message,
  PHONE,
  signInPage,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** Conversations with people of one's choice, and how a person wants their list. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))

let network: TestNetwork
let browser: Browser
let registrar: Visitor
let court: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, visitor] of Object.entries({ registro: registrar, juzgado: court }))
    if (visitor) await keepScreenshot(visitor.page, `conversations-falla-${name}`)
})

const id = (localpart: string, at: 'hn' | 'gt') => `@${localpart}:${network[at].serverName}`
const contact = (page: Page, who: string) => page.locator(`[data-testid=contact][data-user-id="${who}"]`)

/** Light on the desk and dark on the phone: nothing wider than the screen, nothing that axe finds. */
async function looked(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()!
  for (const [size, viewport, colorScheme] of [
    ['desk', DESKTOP, 'light'],
    ['phone', PHONE, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `conversations-${name}-${size}`)
    expect(await axeViolations(page)).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    expect({ name, size, wide: wide > 0 }).toEqual({ name, size, wide: false })
  }
  await page.setViewportSize(before)
  await page.emulateMedia({ colorScheme: 'light' })
}

async function begin(page: Page, people: readonly string[], search: string): Promise<void> {
  await page.getByTestId('conversation-fresh').click()
  for (const who of people) {
    await page.getByTestId('contact-input').fill(search)
    await contact(page, who).getByTestId('contact-choose').click()
  }
}

async function signIn(baseUrl: string, user: string, viewport: typeof PHONE): Promise<Visitor> {
  const visitor = await visit(browser, baseUrl, viewport)
  await visitor.page.getByTestId('sign-in-user').fill(user)
  await visitor.page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await visitor.page.getByTestId('sign-in-submit').click()
  await keepKey(visitor.page)
  return visitor
}

test('two people sign in', async () => {
  ;[registrar, court] = await Promise.all([
    signIn(network.hn.baseUrl, 'registro.hn', PHONE),
    signIn(network.gt.baseUrl, 'juzgado.gt', DESKTOP),
  ])
})

test('somebody of another institution is found, written to and answers; who may not be is explained', async () => {
  const { page } = registrar
  await page.getByTestId('conversation-fresh').click()
  await page.getByTestId('contact-input').fill('oficial')
  const official = contact(page, id('oficial.gt', 'gt'))
  await official.locator('.contact-refused').waitFor()
  expect(await official.getByTestId('contact-choose').isDisabled()).toBe(true)
  expect(await official.textContent()).toMatch(/guardia/)
  await looked(page, 'nueva')
  await page.getByTestId('contact-input').fill('juzgado')
  await contact(page, id('juzgado.gt', 'gt')).getByTestId('contact-choose').click()
  await page.getByTestId('conversation-open').click()
  await page.getByTestId('composer-input').waitFor()
  await write(page, 'Buenos días, licenciada')

  await court.page.getByTestId('invite').filter({ hasText: 'quiere conversar' }).waitFor()
  await looked(court.page, 'invitacion')
  await court.page.getByTestId('invite-accept').click()
  await message(court.page, 'Buenos días, licenciada').waitFor()
  await write(court.page, 'Buenos días')
  await message(page, 'Buenos días').last().waitFor()

  // Begun by the other, it is the same one.
  await begin(court.page, [id('registro.hn', 'hn')], 'registro')
  await court.page.getByTestId('conversation-open').click()
  await message(court.page, 'Buenos días, licenciada').waitFor()
  expect(court.page.url()).toBe(page.url().replace(network.hn.baseUrl, network.gt.baseUrl))
})

test('a group has a name that only its people read', async () => {
  const { page } = registrar
  await page.getByTestId('back').click()
  await begin(page, [id('juzgado.gt', 'gt'), id('consulado.hn', 'hn')], '')
  await page.getByTestId('group-name').fill('Turno de la noche')
  await looked(page, 'grupo')
  await page.getByTestId('conversation-open').click()
  await page.getByRole('heading', { name: 'Turno de la noche' }).waitFor()
  await court.page
    .getByTestId('invite')
    .filter({ hasText: 'le invita a un grupo' })
    .getByTestId('invite-accept')
    .click()
  await court.page.getByRole('heading', { name: 'Turno de la noche' }).waitFor()
  await page.getByTestId('members-open').click()
  await page.getByTestId('conversation-leave').waitFor()
  await looked(page, 'integrantes')
  await page.getByTestId('members-close').click()
  await page.getByTestId('back').click()
})

test('what is muted, marked and archived is so on every device, and can be undone', async () => {
  const { page } = registrar
  const row = (where: Page) => where.locator('.channel-item').filter({ hasText: 'Documentación' })
  const options = async (act: string) => {
    await row(page).getByTestId('channel-more').click()
    await page.getByTestId(act).click()
    await page.getByTestId('row-options').waitFor({ state: 'detached' })
    await page.getByTestId('list-done').waitFor()
  }
  await row(page).getByTestId('channel-more').click()
  await page.getByTestId('mute-morning').waitFor()
  await looked(page, 'opciones')
  await page.getByTestId('mute-morning').click()
  await row(page).getByRole('img', { name: 'Silenciado' }).waitFor()
  await options('row-markUnread')
  await row(page).getByTestId('channel-marked').waitFor()

  const other = await visit(browser, network.hn.baseUrl, DESKTOP)
  await signInPage(other.page, 'registro.hn')
  await row(other.page).getByTestId('channel-marked').waitFor()
  await row(other.page).getByRole('img', { name: 'Silenciado' }).waitFor()
  await other.context.close()

  await page.getByTestId('list-unread').click()
  await row(page).waitFor()
  await looked(page, 'sin-leer')
  await page.getByTestId('list-all').click()
  await options('row-archive')
  await page.getByTestId('archive').waitFor()
  await page.getByTestId('list-undo').click()
  await page.getByTestId('archive').waitFor({ state: 'detached' })
  await options('row-unmute')
  await row(page).getByRole('img', { name: 'Silenciado' }).waitFor({ state: 'detached' })
  await row(page).getByTestId('channel-documentation').click()
  await page.getByTestId('members-open').click()
  await page.getByTestId('policy-words').waitFor()
  await looked(page, 'informacion')
  await page.getByTestId('members-close').click()
  await page.getByTestId('back').click()
  await row(page).getByTestId('channel-marked').waitFor({ state: 'detached' })
})

test('who is blocked begins no conversation any more', async () => {
  const { page } = court
  await page.getByTestId(`channel-${id('registro.hn', 'hn')}`).click()
  await page.getByTestId('members-open').click()
  await page.getByTestId('conversation-block').click()
  await page.getByTestId('conversation-confirm').click()
  await page.getByTestId(`channel-${id('registro.hn', 'hn')}`).waitFor({ state: 'detached' })
  await begin(registrar.page, [id('juzgado.gt', 'gt')], 'juzgado')
  await registrar.page.getByTestId('conversation-open').click()
  await registrar.page.getByRole('alert').filter({ hasText: 'no recibe conversaciones de usted' }).waitFor()
})

test('whose server is away is named, and the group is there without them', async () => {
  const { page } = registrar
  await page.keyboard.press('Escape')
  await network.gt.process.kill()
  await begin(page, [id('consulado.hn', 'hn'), id('albergue.gt', 'gt')], '')
  await page.getByTestId('conversation-open').click()
  const halfway = page.getByTestId('not-reached')
  await halfway.filter({ hasText: 'no responde' }).waitFor()
  expect(await halfway.textContent()).not.toContain('consulado')
  await looked(page, 'a-medias')
  await page.getByTestId('not-reached-go').click()
  await page.getByTestId('composer-input').waitFor()
})
