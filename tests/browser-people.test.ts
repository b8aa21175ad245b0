import { join } from 'node:path'
import { EXAMPLE_PASSPHRASE } from '@enlace/dev-network/coordinators'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  PHONE,
  putKeyOff,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'
import { tapsFor } from './support/taps.ts'

/** A coordinator's people: invited, signed, changed, suspended; what those see who open the link. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
const KEY = 'gt-sbs'

let network: TestNetwork
let browser: Browser
let chief: Visitor
let colleague: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  chief = await visit(browser, network.gt.baseUrl, DESKTOP)
  const { page } = chief
  await page.getByTestId('sign-in-user').fill('coordinacion.gt')
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('recovery-saved').click()
  await page.goto(`${network.gt.baseUrl}/institucion`)
  await page.getByTestId('key-open').click()
  const file = join(network.dataDir, `instituciones-de-ejemplo/${KEY}.llave.json`)
  await page.getByTestId('key-file').setInputFiles(file)
  await page.getByTestId('key-passphrase').fill(EXAMPLE_PASSPHRASE)
  await page.getByTestId('key-open-submit').click()
  await page.locator('[data-testid=key-card][data-kind=good]').waitFor()
  colleague = await visit(browser, network.gt.baseUrl, PHONE)
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

const userId = (localpart: string) => `@${localpart}:${network.gt.serverName}`
const row = (page: Page, who: string) => page.locator(`[data-testid=person-row][data-user-id="${who}"]`)

async function publish(page: Page): Promise<void> {
  await page.getByTestId('publish-open').click()
  await page.getByTestId('publish-confirm').click()
  await page.getByTestId('publish-taken').waitFor()
}

/** Telephone and desk, light and dark, both languages; nothing is wider than the screen. */
async function looked(page: Page, name: string): Promise<void> {
  for (const [size, viewport, colorScheme] of [
    ['desk', DESKTOP, 'light'],
    ['phone', { width: 360, height: 740 }, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `people-${name}-${size}`)
    expect(await axeViolations(page)).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    expect({ name, size, wide: wide > 0 }).toEqual({ name, size, wide: false })
  }
  await page.setViewportSize(DESKTOP)
  await page.emulateMedia({ colorScheme: 'light' })
}

async function virtualAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

const openPeople = async (page: Page) => {
  await page.goto(`${network.gt.baseUrl}/institucion/personas`)
  await page.getByTestId('people-invite').waitFor()
}

describe('a coordinator’s people', () => {
  let link = ''

  test('somebody is invited by a sheet, and put on the roster beforehand', async () => {
    const { page } = chief
    await openPeople(page)
    await row(page, userId('coordinacion.gt')).waitFor()
    await looked(page, 'list')
    const taps = await tapsFor(page, async () => {
      await page.getByTestId('people-invite').click()
      await page.getByTestId('invite-name').fill('Marta Xol Caal')
      expect(await page.getByTestId('invite-user').inputValue()).toBe('marta.caal')
      await choose(page.getByTestId('people-role'), 'official')
      await looked(page, 'invite')
      await page.getByTestId('invite-submit').click()
      link = (await page.getByTestId('invite-link').textContent()) ?? ''
    })
    // To the link that is given to the colleague, with another role than the one offered.
    expect(taps).toBe(4)
    expect(link).toMatch(/\/invitacion#[\w-]+\.[\w-]{43}$/)
    await looked(page, 'sheet')
    await page.emulateMedia({ media: 'print' })
    await keepScreenshot(page, 'people-sheet-printed')
    // Not `screen`: a page told so would be printed as it is on the screen.
    await page.emulateMedia({ media: null })
    await page.keyboard.press('Escape')
    await publish(page)
    await page.getByTestId('open-invitation').getByText('marta.caal').first().waitFor()
  })

  test('she opens it on her telephone, enters with a passkey, and needs nothing else', async () => {
    const { page } = colleague
    await virtualAuthenticator(page)
    await page.goto(link)
    await page.getByTestId('invitation-from').waitFor()
    await keepScreenshot(page, 'people-invitation-phone')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('language-switch').click()
    await page.getByText('invites you to').waitFor()
    await keepScreenshot(page, 'people-invitation-phone-en')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('language-switch').click()
    await page.getByTestId('invitation-passkey').click()
    await page.getByTestId('invitation-codes').waitFor()
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('codes-kept').click()
    await page.getByTestId('settings-open').waitFor({ state: 'attached', timeout: 60_000 })
    expect(new URL(page.url()).hash).toBe('')
    await putKeyOff(page)
    const { page: desk } = chief
    await openPeople(desk)
    await row(desk, userId('marta.caal')).getByText('En la lista firmada').waitFor()
    // Used once.
    const other = await visit(browser, network.gt.baseUrl, PHONE)
    await other.page.goto(link)
    await other.page.getByTestId('invitation-over').waitFor()
    await keepScreenshot(other.page, 'people-invitation-used')
    expect(await axeViolations(other.page)).toEqual([])
    await other.page.context().close()
  })

  test('without a password she shows with her passkey alone that it is her', async () => {
    const { page } = colleague
    await page.goto(`${network.gt.baseUrl}/ajustes`)
    await page.getByTestId('codes-new').click()
    await page.getByTestId('proof-passkey-chosen').waitFor()
    expect(await page.getByTestId('confirm-password').count()).toBe(0)
    await keepScreenshot(page, 'people-proof-passkey-phone')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('confirm-submit').click()
    await page.getByTestId('codes-dialog').waitFor()
    await page.getByTestId('codes-saved').click()
  })

  test('her role changes with a signature, and a suspension shuts out the open telephone', async () => {
    const { page } = chief
    await row(page, userId('marta.caal')).click()
    await page.getByTestId('person').waitFor()
    await looked(page, 'person')
    await page.getByTestId('person-role').click()
    await choose(page.getByTestId('people-role'), 'staff')
    expect(await page.getByTestId('role-save').isDisabled()).toBe(true)
    await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
    await looked(page, 'role')
    await page.getByTestId('role-save').click()
    await publish(page)
    await page.getByTestId('person-suspend').click()
    await page.getByTestId('suspend-reason').fill('Perdió el teléfono')
    await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
    await page.getByTestId('suspend-confirm').click()
    await page.getByTestId('person-suspended').waitFor()
    await looked(page, 'suspended')
    // The browser may offer her passkey at once: then the refusal stands where the form was.
    await colleague.page
      .getByTestId('sign-in-user')
      .or(colleague.page.getByTestId('suspended'))
      .first()
      .waitFor({ timeout: 60_000 })
    await colleague.page.getByText('Su cuenta está suspendida').first().waitFor()
    await keepScreenshot(colleague.page, 'people-suspended-phone')
    await page.getByTestId('person-restore').click()
    await looked(page, 'restore')
    await page.getByTestId('confirm-password').fill('otra cosa')
    await page.getByTestId('confirm-submit').click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByTestId('person-suspended').count()).toBe(1)
    await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
    await page.getByTestId('confirm-submit').click()
    await page.getByTestId('person-suspended').waitFor({ state: 'detached' })
  })

  test('staff of a spreadsheet are looked at row by row, then invited', async () => {
    const { page } = chief
    await openPeople(page)
    await page.getByTestId('people-import').click()
    const csv =
      'Nombre;Función\nJosé Ixchel Pop;Personal\nAna Tzul;Jefa suprema\nLuz Marina Ak;Coordinación\n'
    await page.getByTestId('import-file').setInputFiles({
      name: 'personal.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(csv),
    })
    await page.getByTestId('import-faults').getByText('Fila 3').waitFor()
    await looked(page, 'import')
    await page.getByTestId('import-go').click()
    await page.getByTestId('invite-sheet').nth(1).waitFor()
    expect(await page.getByTestId('invite-sheet').count()).toBe(2)
    // On paper each has a page of its own.
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
    expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(2)
    await page.keyboard.press('Escape')
    expect(chief.errors).toEqual([])
  })
})
