/** The status page of an institution's server, on one node: what a coordinator is told, on a phone and a desk, in both languages. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHomeserver, type Homeserver } from '@enlace/homeserver'
import { parseConfig } from '@enlace/homeserver/config'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import { DESKTOP, keepScreenshot, launchBrowser, PHONE, visit } from './support/browser.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const PASSWORD = 'una contraseña larga'
let base: string
let node: Homeserver
let browser: Browser

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'enlace-status-'))
  const config = parseConfig({
    server_name: 'hn.example',
    data_dir: base,
    listeners: [{ port: 0, serves: ['client', 'web'] }],
    password_hash: { memory_kib: 64, passes: 1 },
    rate_limits: 'off',
    institutions: ['hn-rnp-sps'],
    sign_in: { second_factor: { coordinator: 'optional', official: 'optional', staff: 'optional' } },
    log_level: 'silent',
  })
  node = await createHomeserver(config, { webRoot })
  await node.ctx.accounts.create({
    localpart: 'coordina',
    password: PASSWORD,
    institution: 'hn-rnp-sps',
    role: 'coordinator',
  })
  // A partner that has not answered for a day, with something waiting for it.
  await node.ctx.db.connection
    .collection<{ _id: string; cursor: number; failures: number; retry_at: number; unreachable_since: number }>('destinations')
    .insertOne({ _id: 'gt.invalid', cursor: 0, failures: 9, retry_at: Date.now() + 3_600_000, unreachable_since: Date.now() - 86_400_000 })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await node?.close()
  await rm(base, { recursive: true, force: true })
})

test('a coordinator reads what needs attention first, then that the rest is well', async () => {
  const { url } = node.listeners[0]!
  const { page, errors } = await visit(browser, url, PHONE)
  await page.getByTestId('sign-in-user').fill('coordina')
  await page.getByTestId('sign-in-password').fill(PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('sign-in-submit').waitFor({ state: 'detached' })
  await page.goto(`${url}/institucion/estado`)
  const status = page.getByTestId('status-page')
  await status.getByTestId('status-partners').waitFor()
  await expect.poll(() => status.getByTestId('status-notes').innerText()).toMatch(/No se alcanza a gt\.invalid/)
  expect(await status.getByTestId('status-partners').innerText()).toMatch(/no contesta desde/)
  // The row of tabs is pushed sideways; nothing else is wider than the phone.
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
  expect(await axeViolations(page, '[data-testid="status-page"]')).toEqual([])
  await keepScreenshot(page, '60-estado-telefono')

  await page.evaluate(() => localStorage.setItem('enlace.language', 'en'))
  await page.setViewportSize(DESKTOP)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.reload()
  await status.getByTestId('status-partners').waitFor()
  expect(await status.getByRole('heading', { level: 1 }).innerText()).toBe('Server status')
  expect(await axeViolations(page, '[data-testid="status-page"]')).toEqual([])
  await keepScreenshot(page, '61-estado-escritorio')
  expect(errors).toEqual([])
})
