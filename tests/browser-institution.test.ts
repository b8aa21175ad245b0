import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EXAMPLE_PASSPHRASE } from '@enlace/dev-network/coordinators'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  DESKTOP,
  keepKey,
  keepScreenshot,
  launchBrowser,
  PHONE,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** An institution's key in its coordinator's browser, its roster, and a host that changes what was signed. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
const KEY = 'gt-sbs'

let network: TestNetwork
let browser: Browser
let coordinator: Visitor
let recoveryKey: string
/** The consulate, on the other node. */
let consul: Session
let channel: string

const oficial = () => `@oficial.gt:${network.gt.serverName}`

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  consul = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
  coordinator = await visit(browser, network.gt.baseUrl, DESKTOP)
  const { page } = coordinator
  await page.getByTestId('sign-in-user').fill('coordinacion.gt')
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  recoveryKey = await keepKey(page)
  const alias = encodeURIComponent(`#documentation:${network.hn.serverName}`)
  const found = await call(consul, 'GET', `/directory/room/${alias}`)
  channel = String(found['room_id'])
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

/** What the Honduran node says of somebody in the channel. */
async function seenFromHonduras(userId: string) {
  const path = `/_enlace/client/v1/rooms/${encodeURIComponent(channel)}/members`
  const answer = await matrixRequest(consul.baseUrl, 'GET', path, undefined, consul.accessToken)
  const members = answer['members'] as { user_id: string; membership: string; role?: string | null }[]
  return members.find((one) => one.user_id === userId)
}

async function publish(page: Page): Promise<void> {
  await page.getByTestId('publish-open').click()
  await page.getByTestId('publish-confirm').click()
  await page.getByTestId('publish-taken').waitFor()
}

const row = (page: Page, userId: string) => page.locator(`[data-testid=roster-row][data-user-id="${userId}"]`)

async function bothSizes(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of [
    ['desk', DESKTOP],
    ['phone', PHONE],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      await keepScreenshot(page, `institution-${name}-${size}-${colorScheme}`)
      // Colours differ by scheme, what is there by size: two of the four show all of both.
      if ((size === 'desk') === (colorScheme === 'light')) expect(await axeViolations(page)).toEqual([])
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      expect({ name, size, wide: wide > 0 }).toEqual({ name, size, wide: false })
    }
  await page.setViewportSize(DESKTOP)
  await page.emulateMedia({ colorScheme: 'light' })
}

describe('9.2: the institution’s key in the browser', () => {
  test('is opened from the sealed file, counts, and goes under the recovery key', async () => {
    const { page } = coordinator
    await page.getByTestId('settings-open').click()
    await page.getByTestId('institution-open').click()
    await page.locator('[data-testid=key-card][data-kind=none]').waitFor()
    await bothSizes(page, 'without-key')
    await page.getByTestId('key-open').click()
    const file = join(network.dataDir, `instituciones-de-ejemplo/${KEY}.llave.json`)
    await page.getByTestId('key-file').setInputFiles(file)
    await page.getByTestId('key-passphrase').fill('no es esta')
    await page.getByTestId('key-open-submit').click()
    await page.getByTestId('key-open-dialog').getByRole('alert').waitFor()
    await page.getByTestId('key-passphrase').fill(EXAMPLE_PASSPHRASE)
    await bothSizes(page, 'open-key')
    await page.getByTestId('key-open-submit').click()
    await page.locator('[data-testid=key-card][data-kind=good]').waitFor()
    await page.getByTestId('key-store').click()
    await page.getByTestId('key-recovery').fill(recoveryKey)
    await page.getByTestId('key-recovery-submit').click()
    await page.locator('[data-testid=key-stored][data-stored=true]').waitFor()
    // Taken from the device, it comes back from secret storage.
    await page.getByTestId('key-forget').click()
    await page.getByTestId('key-forget-confirm').click()
    await page.getByTestId('key-fetch').click()
    await page.getByTestId('key-recovery').fill(recoveryKey)
    await page.getByTestId('key-recovery-submit').click()
    await page.locator('[data-testid=key-card][data-kind=good]').waitFor()
    await row(page, oficial()).and(page.locator('[data-state=listed]')).waitFor()
    await bothSizes(page, 'with-key')
  })

  test('a sealed copy opens with the passphrase that was shown', async () => {
    const { page } = coordinator
    await page.getByTestId('key-copy').click()
    const download = page.waitForEvent('download')
    await page.getByTestId('key-copy-download').click()
    const saved = JSON.parse(await readFile((await (await download).path())!, 'utf8')) as unknown
    expect(saved).toMatchObject({ _type: 'enlace-sealed-key', scrypt: { log2_n: 17 } })
    await bothSizes(page, 'copy-key')
    await page.keyboard.press('Escape')
  })
})

describe('a material for migrants, from its draft to the public page and off it', () => {
  const TITLE = 'Ejemplo: sus derechos en el camino'
  let writer: Page
  let owner: Page
  const gt = () => coordinator.page
  const here = (page: Page, status: string) =>
    page.locator(`[data-testid=material-page][data-status=${status}]`).waitFor({ timeout: 180_000 })
  const materials = (page: Page) => page.goto(`${new URL(page.url()).origin}/materiales`)
  const openOne = async (page: Page) => {
    await materials(page)
    await page.getByTestId('material-row').filter({ hasText: TITLE }).click()
    await page.getByTestId('material-page').waitFor()
  }
  const approve = async (page: Page) => {
    await page.getByTestId('material-approve').click()
    await page.getByTestId('material-approve').waitFor({ state: 'detached' })
  }
  const confirm = async (page: Page, testId: string) => {
    await page.getByTestId(testId).click()
    await page.getByTestId('material-confirm').click()
    await page.locator('[data-testid=material-outcome][data-outcome=taken]').waitFor()
  }
  const publicPage = async (base: string) => {
    const answer = await fetch(`${base}/publico/es/material/hn-sreci/ejemplo-sus-derechos-en-el-camino/es/`)
    return answer.status === 200 ? answer.text() : answer.status
  }

  test('written by staff on a telephone, kept as a draft, proposed', async () => {
    const visitor = await visit(browser, network.hn.baseUrl, PHONE, { colorScheme: 'dark' })
    writer = visitor.page
    await signInPage(writer, 'consulado.hn')
    await materials(writer)
    await writer.getByTestId('material-new').waitFor()
    await bothSizes(writer, 'materials-empty')
    await writer.setViewportSize(PHONE)
    await writer.getByTestId('material-new').click()
    await writer.getByTestId('material-title').fill(TITLE)
    await writer.getByTestId('material-send').click()
    await writer.getByTestId('material-faults').waitFor()
    await writer.getByTestId('material-summary').fill('Hoja inventada para pruebas.')
    const text = writer.getByTestId('material-text')
    await text.fill('<b>Pida ayuda</b>')
    await writer.getByTestId('material-text-fault').waitFor()
    await text.fill('# Usted puede pedir ayuda\n\n- Nadie le **cobra** por orientar.\n- Pida su acta.')
    await writer.getByTestId('block-warning').click()
    await text.nth(1).fill('No entregue su documento.')
    await writer.getByTestId('material-liveAt').fill('https://registro.example')
    await choose(writer.getByTestId('material-name'), { index: 0 })
    await writer.getByTestId('material-names').waitFor()
    // The page goes away in the middle: what was written is there.
    await writer.locator('[data-testid=material-kept][data-kept=true]').waitFor()
    await writer.reload()
    await expect.poll(() => writer.getByTestId('material-title').inputValue()).toBe(TITLE)
    expect(await text.nth(1).inputValue()).toBe('No entregue su documento.')
    await writer.getByTestId('material-names').waitFor()
    await bothSizes(writer, 'materials-editor')
    await writer.setViewportSize(PHONE)
    await writer.getByTestId('material-tab-see').click()
    const frame = writer.frameLocator('[data-testid=material-preview] iframe')
    await frame.getByText('Nadie le cobra por orientar.').waitFor()
    await frame.getByText('Instituciones de las que habla').waitFor()
    for (const sheet of ['phone', 'a4', 'a6']) {
      await writer.getByTestId(`sheet-${sheet}`).click()
      await frame.getByText('No entregue su documento.').waitFor()
      await writer.waitForTimeout(600)
      await keepScreenshot(writer, `institution-materials-preview-${sheet}`)
    }
    await writer.getByTestId('material-tab-write').click()
    await writer.getByTestId('material-send').click()
    await here(writer, 'in_review')
    expect(visitor.errors).toEqual([])
  })

  test('commented and approved from the other country, approved by its own coordination, published', async () => {
    // In the channel stands a line that leads there.
    await gt().goto(`${network.gt.baseUrl}/canal/${encodeURIComponent(channel)}`)
    await gt().getByTestId('thing-material').getByRole('button').click()
    await here(gt(), 'in_review')
    await gt().getByTestId('material-comment').fill('Falta el horario.')
    await gt().getByTestId('material-comment-send').click()
    await writer.getByTestId('material-comments').getByText('Falta el horario.').waitFor()
    await approve(gt())
    await bothSizes(gt(), 'materials-review')
    const visitor = await visit(browser, network.hn.baseUrl)
    owner = visitor.page
    await signInPage(owner, 'coordinacion.hn')
    await openOne(owner)
    // Without the key it counts in the channel, and the page says what is missing.
    await approve(owner)
    await here(owner, 'approved')
    await owner.getByTestId('material-unsigned').waitFor()
    expect(await owner.getByTestId('material-publish').isDisabled()).toBe(true)
    await bothSizes(owner, 'materials-unsigned')
    await owner.goto(`${network.hn.baseUrl}/institucion/llave`)
    await owner.getByTestId('key-open').click()
    const file = join(network.dataDir, 'instituciones-de-ejemplo/hn-sreci.llave.json')
    await owner.getByTestId('key-file').setInputFiles(file)
    await owner.getByTestId('key-passphrase').fill(EXAMPLE_PASSPHRASE)
    await owner.getByTestId('key-open-submit').click()
    await owner.locator('[data-testid=key-card][data-kind=good]').waitFor()
    await openOne(owner)
    await approve(owner)
    await confirm(owner, 'material-publish')
    await here(owner, 'published')
    await bothSizes(owner, 'materials-published')
    await owner.getByTestId('sheet-a5').click()
    const download = owner.waitForEvent('download')
    await owner.getByTestId('material-pdf').click()
    const pdf = await readFile((await (await download).path())!, 'latin1')
    expect(pdf).toContain('/TrimBox')
    for (const base of [network.registryUrl, network.gt.baseUrl])
      await eventually(
        'it is public',
        async () => String(await publicPage(base)).includes('Nadie le <strong>cobra</strong> por orientar.'),
        180_000,
      )
    expect(visitor.errors).toEqual([])
  })

  test('withdrawn by whoever approved it in the other country, it is gone everywhere', async () => {
    await here(gt(), 'published')
    await confirm(gt(), 'material-withdraw')
    await here(owner, 'withdrawn')
    for (const base of [network.registryUrl, network.hn.baseUrl])
      await eventually('it is gone', async () => (await publicPage(base)) === 404, 180_000)
    await materials(owner)
    await owner.getByTestId('material-row').waitFor()
    await bothSizes(owner, 'materials-list')
    await writer.close()
    await owner.close()
    await gt().goto(`${network.gt.baseUrl}/institucion/llave`)
    await row(gt(), oficial()).waitFor()
  })
})

describe('9.2: who speaks for the institution', () => {
  test('whoever is struck and signed is out on the other node', async () => {
    const { page } = coordinator
    expect(await seenFromHonduras(oficial())).toMatchObject({ membership: 'join', role: 'official' })
    await row(page, oficial()).getByTestId('roster-strike').click()
    await row(page, oficial()).getByTestId('roster-change').waitFor()
    // Undone, and done again: nothing has been sent.
    await row(page, oficial()).getByTestId('roster-undo').click()
    await row(page, oficial()).getByTestId('roster-strike').click()
    await page.getByTestId('publish-open').click()
    expect(await page.getByTestId('publish-summary').textContent()).toContain('dejará de hablar')
    await bothSizes(page, 'publish')
    await page.getByTestId('publish-confirm').click()
    await page.getByTestId('publish-taken').waitFor()
    await row(page, oficial()).and(page.locator('[data-state=over]')).waitFor()
    await eventually('they are out', async () => {
      const member = await seenFromHonduras(oficial())
      return member === undefined || member.membership !== 'join'
    })
  })

  test('whoever is put on it again is somebody on the other node, and may come back', async () => {
    const { page } = coordinator
    await row(page, oficial()).getByTestId('roster-edit').click()
    await choose(page.getByTestId('roster-role'), 'official')
    await page.getByTestId('roster-save').click()
    await publish(page)
    const official = await login(network.gt.baseUrl, 'oficial.gt', DEMO_PASSWORD)
    await eventually('they are admitted', async () => {
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(channel)}`
      await matrixRequest(
        consul.baseUrl,
        'POST',
        `${path}/invite`,
        { user_id: oficial() },
        consul.accessToken,
      ).catch(() => undefined)
      await matrixRequest(official.baseUrl, 'POST', `${path}/join`, {}, official.accessToken).catch(
        () => undefined,
      )
      const member = await seenFromHonduras(oficial())
      return member?.membership === 'join' && member.role === 'official'
    })
  })

  test('somebody of a stock server is added by their identifier; with the registry away it waits, and then goes', async () => {
    const { page } = coordinator
    await page.getByTestId('roster-add').click()
    await page.getByTestId('roster-user').fill('sin arroba')
    await page.getByTestId('roster-save').click()
    await page.getByTestId('roster-dialog').getByRole('alert').waitFor()
    await bothSizes(page, 'add')
    await page.getByTestId('roster-user').fill('@ana:synapse.example')
    await page.getByTestId('roster-save').click()
    await network.registry.stop()
    await page.getByTestId('publish-open').click()
    await page.getByTestId('publish-confirm').click()
    await page.getByTestId('publish-waiting').waitFor()
    await bothSizes(page, 'waiting')
    // Not lost with the page.
    await page.reload()
    await page.getByTestId('publish-waiting').waitFor()
  })
})

describe('9.2: a host that changes what was signed', () => {
  test('a changed byte of the roster is noticed, and the page says whom to call', async () => {
    const { page } = coordinator
    await page.route('**/trust/targets/gt-sbs/*', async (route) => {
      const response = await route.fetch()
      const text = await response.text()
      await route.fulfill({ response, body: text.replace('"official"', '"officiaI"') })
    })
    await page.reload()
    await page.getByTestId('trust-banner').waitFor()
    await page.getByTestId('trust-banner-open').click()
    const fault = page.getByTestId('trust-fault').first()
    expect(await fault.getAttribute('data-fault')).toBe('mismatch')
    expect(await fault.textContent()).toMatch(/Llame a/)
    await page.locator('[data-testid=network-check]:enabled').waitFor()
    await bothSizes(page, 'tampered')
    await page.unroute('**/trust/targets/gt-sbs/*')
    await page.getByTestId('network-check').click()
    await page.locator('[data-testid=trust-fault]').waitFor({ state: 'detached' })
    await bothSizes(page, 'network')
    await page.evaluate(() => localStorage.setItem('enlace.language', 'en'))
    await page.reload()
    await page.getByTestId('network-code').waitFor()
    await bothSizes(page, 'network-english')
    expect(coordinator.errors).toEqual([])
  })
})
