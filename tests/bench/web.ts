/**
 * From an address to a readable channel on a telephone's line: never seen before, seen before, and without a network. The
 * line is the measure here, not the machine: bytes and seconds of a slow line are what a person pays and waits.
 */

import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { ensureWebClient } from '@enlace/dev-network/web-build'
import type { BrowserContext, Page } from 'playwright-core'
import { launchBrowser, message, PHONE, putKeyOff, signInPage, visit, write } from '../support/browser.ts'
import { startTestNetwork } from '../support/network.ts'
import { slowLine } from '../support/slow-line.ts'
import { say } from './figures.ts'

const LINES = [
  // Each with a person of its own: a second device would have to be confirmed before it may write.
  { name: '2G', user: 'recepcion.hn', kilobitsPerSecond: 250, roundTripMs: 300 },
  { name: '3G', user: 'consulado.hn', kilobitsPerSecond: 1_600, roundTripMs: 150 },
] as const
const SAID = 'Constancia de nacimiento lista en ventanilla.'
const PATIENT_MS = 300_000

export async function benchWeb(): Promise<void> {
  say('\nWeb client: from its address to a readable channel, through a slow line')
  const network = await startTestNetwork({
    webRoot: await ensureWebClient(() => undefined),
    nodeConfig: { rate_limits: 'off' },
  })
  const browser = await launchBrowser()
  try {
    const colleague = await visit(browser, network.hn.baseUrl)
    await signInPage(colleague.page, 'registro.hn')
    await colleague.page.getByTestId('channel-documentation').click()
    const target = Number(new URL(network.hn.baseUrl).port)
    for (const { name, user, ...speed } of LINES) {
      const line = await slowLine(target, speed)
      const base = `http://localhost:${line.port}`
      const context = await browser.newContext({ viewport: PHONE, locale: 'es-HN' })
      try {
        await measureOne(name, user, base, context, line.received, colleague.page)
      } finally {
        await context.close()
        await line.close()
      }
    }
  } finally {
    await browser.close()
    await network.dispose()
  }
}

async function measureOne(
  name: string,
  user: string,
  base: string,
  context: BrowserContext,
  received: () => number,
  colleague: Page,
): Promise<void> {
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENT_MS)
  const began = performance.now()
  const since = () => ((performance.now() - began) / 1000).toFixed(1)
  const sofar = () => `${(received() / 1e6).toFixed(2)} MB`
  await page.goto(base, { timeout: PATIENT_MS, waitUntil: 'commit' })
  await page.getByTestId('sign-in-user').fill(user)
  say(`  ${name}, never seen before: sign-in page in   ${since()} s, ${sofar()}`)
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('channel-documentation').waitFor()
  say(`  ${name}, never seen before: the channels in      ${since()} s, ${sofar()}`)
  // Reading does not wait for it, but it stands in the way of a press.
  await putKeyOff(page)
  await page.getByTestId('channel-documentation').click()
  await page.getByTestId('composer-input').waitFor()
  say(`  ${name}, never seen before: a channel in       ${since()} s, ${sofar()}`)
  const said = `${SAID} (${name})`
  await write(colleague, said)
  await message(page, said).waitFor()
  say(`  ${name}, never seen before: read a message in  ${since()} s, ${sofar()}`)
  // Whatever the service worker keeps for later.
  await quiet(received)
  say(`  ${name}, all in all                            ${sofar()}`)
  await again(page, `${name}, seen before`, received)
  await context.setOffline(true)
  await again(page, 'without a network', received)
  await context.setOffline(false)
}

async function again(page: Page, name: string, received: () => number): Promise<void> {
  const before = received()
  const began = performance.now()
  await page.reload({ waitUntil: 'commit' })
  await page.getByTestId('composer-input').waitFor()
  const seconds = (performance.now() - began) / 1000
  say(`  ${name.padEnd(38)}  ${seconds.toFixed(1)} s, ${((received() - before) / 1e6).toFixed(2)} MB`)
}

/** Until the line has rested for some seconds. */
async function quiet(received: () => number): Promise<void> {
  for (let last = -1; last !== received(); ) {
    last = received()
    await new Promise((done) => setTimeout(done, 5_000))
  }
}
