import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  keepScreenshot,
  launchBrowser,
  message,
  onItsWay,
  openChannel,
  PHONE,
  putKeyOff,
  visit,
  write,
} from './support/browser.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { channel, signIn, type TestPerson } from './support/sdk-client.ts'
import { drawWaterfall, fetchedTwice, type Waterfall, watchLine } from './support/waterfall.ts'

/**
 * What a start costs, counted on the wire; and a channel with years of messages, on a phone. `ENLACE_LONG=10000` for the full length;
 * `ENLACE_WATERFALL=1` draws what was asked when, how much it brought and what it may have waited for.
 */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const COUNT = Number(process.env['ENLACE_LONG'] ?? 800)
const AT_ONCE = 25
const SAID = 'Constancia lista en ventanilla.'
/** What a tab may hold after reading far back, in bytes of its heap. */
const HEAP_LIMIT = 160_000_000
/** Between the press on "sign in" and a channel to read and write in: answers that had to be there before the next was asked. */
const COLD_ROUNDS = 12
/** With what is kept for a start without network, over plain HTTP with all heads; the aim is 2.6 MB. */
const ALL_IN_ALL = 2_600_000

let network: TestNetwork
let line: Waterfall
let browser: Browser
let context: BrowserContext
let page: Page
let sender: TestPerson
let roomId: string
const errors: string[] = []
const say = (...parts: unknown[]) => process.env['ENLACE_LONG'] && console.log(...parts)

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  line = await watchLine(network.hn.baseUrl)
  sender = await signIn(network.hn.baseUrl, 'consulado.hn')
  await sender.client.getCrypto()!.bootstrapCrossSigning({
    authUploadDeviceSigningKeys: async (send) => {
      await send({
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'consulado.hn' },
        password: DEMO_PASSWORD,
      })
    },
  })
  roomId = await channel(sender, `#documentation:${network.hn.serverName}`)
})

afterAll(async () => {
  sender?.stop()
  await browser?.close()
  await line?.close()
  await network?.dispose()
})

const text = (n: number) =>
  n === 40 ? `Trámite ${n}: la partida de Comayagüela` : `Trámite ${n}: sin novedad`
const heap = async () => {
  const wire = await context.newCDPSession(page)
  await wire.send('HeapProfiler.collectGarbage')
  const { usedSize } = await wire.send('Runtime.getHeapUsage')
  await wire.detach()
  return usedSize
}

const draw = (title: string) =>
  process.env['ENLACE_WATERFALL'] && console.log([title, ...drawWaterfall(line.crossings)].join('\n'))

test('a first start: few requests wait for one another, no file comes twice, and all in all it is light', {
  timeout: 300_000,
}, async () => {
  const visitor = await visit(browser, line.url, PHONE)
  ;({ context, page } = visitor)
  await page.getByTestId('sign-in-user').fill('registro.hn')
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  // What comes while somebody types is no step of what follows.
  await eventually(
    'the encryption module is there',
    () => line.crossings.filter(({ path, end }) => /\/encryption-/.test(path) && end).length >= 5,
    120_000,
  )
  const rounds = await line.inRounds(
    (async () => {
      await page.getByTestId('sign-in-submit').click()
      await openChannel(page, 'documentation')
    })(),
  )
  draw(`cold, ${rounds} rounds`)
  expect(rounds).toBeLessThanOrEqual(COLD_ROUNDS)
  await putKeyOff(page)
  await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
  await line.still()
  draw('all in all')
  const bytes = line.crossings.reduce((sum, one) => sum + one.bytes, 0)
  console.log(`cold: ${rounds} rounds, ${(bytes / 1e6).toFixed(3)} MB, ${line.crossings.length} requests`)
  expect(fetchedTwice(line.crossings)).toEqual([])
  expect(bytes).toBeLessThan(ALL_IN_ALL)
})

test('started again, the channel is read before the node has answered anything', {
  timeout: 120_000,
}, async () => {
  await write(page, SAID)
  await onItsWay(page, SAID)
  await line.still()
  line.api('hold')
  line.clear()
  try {
    await page.reload()
    await message(page, SAID).waitFor()
    draw('warm')
    const answered = line.crossings.filter(
      ({ end, path }) => end !== undefined && /^\/(?:_|assets\/)/.test(path),
    )
    expect(answered).toEqual([])
  } finally {
    line.api('pass')
  }
})

test(`${COUNT} messages are sent while the phone is away`, { timeout: 1_200_000 }, async () => {
  // The last page the phone shows is blank: its storage stays, the program does not run.
  await page.goto('about:blank')
  const started = Date.now()
  for (let n = 0; n < COUNT; n += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, COUNT - n) }, (_, at) =>
        sender.client.sendEvent(
          roomId,
          'm.room.message' as never,
          { msgtype: 'm.text', body: text(n + at) } as never,
        ),
      ),
    )
  say(`${COUNT} sent in ${Date.now() - started} ms`)
})

test('the server pages through all of it, each message once', { timeout: 600_000 }, async () => {
  const seen: string[] = []
  const took: number[] = []
  let from: string | undefined
  do {
    const started = performance.now()
    const page = await sender.client.createMessagesRequest(roomId, from ?? null, 100, 'b' as never)
    took.push(performance.now() - started)
    for (const event of page.chunk) if (event.type === 'm.room.encrypted') seen.push(event.event_id)
    from = page.end
  } while (from)
  expect(seen.length).toBe(COUNT + 1)
  expect(new Set(seen).size).toBe(COUNT + 1)
  const middle = (list: number[]) => Math.round(list.toSorted((a, b) => a - b)[list.length >> 1]!)
  say(`pages of 100: first ten ${middle(took.slice(0, 10))} ms, last ten ${middle(took.slice(-10))} ms`)
})

test('the channel opens at its end, with a page or two and not more', async () => {
  const asked: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('request', (request) => {
    if (request.url().includes('/messages?')) asked.push(request.url())
  })
  let started = Date.now()
  await page.goto(line.url)
  await page.getByTestId('channel-documentation').waitFor()
  say(`opened in ${Date.now() - started} ms`)
  started = Date.now()
  await openChannel(page, 'documentation')
  await message(page, text(COUNT - 1)).waitFor()
  say(`channel in ${Date.now() - started} ms, heap ${(await heap()) / 1e6} MB`)
  expect(await page.getByTestId('message').count()).toBeLessThan(60)
  expect(asked.length).toBeLessThanOrEqual(3)
  for (const url of asked) expect(url).toContain('limit=30')
})

test('it scrolls back, page by page, with few rows on the page and bounded memory', {
  timeout: 600_000,
}, async () => {
  const far = Number(process.env['ENLACE_LONG_BACK'] ?? 450)
  const started = Date.now()
  const scroller = page.locator('[data-virtuoso-scroller]')
  const first = async () => {
    const all = await page.getByTestId('message-text').allTextContents()
    return Math.min(...all.map((one) => Number(/Trámite (\d+)/.exec(one)?.[1] ?? COUNT)))
  }
  let reached = COUNT
  let waits = 0
  while (reached > Math.max(0, COUNT - far) && waits < 200) {
    await scroller.hover()
    await page.mouse.wheel(0, -20_000)
    await page.waitForTimeout(60)
    const now = await first()
    waits = now < reached ? 0 : waits + 1
    reached = Math.min(reached, now)
  }
  say(`back to ${reached} in ${Date.now() - started} ms, heap ${(await heap()) / 1e6} MB`)
  expect(reached).toBeLessThanOrEqual(Math.max(0, COUNT - far))
  // The line that names the day is far above; the day stays in sight.
  await page
    .locator('.sticky-day[data-shown="true"]')
    .filter({ hasText: /^(Hoy|Ayer)$/i })
    .waitFor()
  await keepScreenshot(page, '91-dia-a-la-vista-telefono')
  expect(await page.getByTestId('message').count()).toBeLessThan(80)
  expect(await heap()).toBeLessThan(HEAP_LIMIT)
  await page.getByTestId('to-bottom').click()
  await message(page, text(COUNT - 1)).waitFor()
  await eventually('the far part is let go', async () => {
    const used = await heap()
    say(`at the end again: heap ${used / 1e6} MB`)
    return used < HEAP_LIMIT
  })
})

test('search finds what was read, and goes there', async () => {
  await page.getByTestId('back').click()
  await page.getByTestId('search-open').click()
  const started = Date.now()
  const wanted = text(COUNT - 400)
  await page.getByTestId('search-input').fill(`tramite ${COUNT - 400}`)
  await page.getByTestId('search-result').filter({ hasText: wanted }).waitFor()
  say(`found in ${Date.now() - started} ms`)
  await page.getByTestId('search-result').filter({ hasText: wanted }).click()
  await message(page, wanted).waitFor()
  await eventually('it is in view', async () => {
    const box = await message(page, wanted).first().boundingBox()
    return box !== null && box.y > 0 && box.y + box.height < PHONE.height
  })
  await page.getByTestId('to-bottom').click()
  await message(page, text(COUNT - 1)).waitFor()
  expect(errors).toEqual([])
})
