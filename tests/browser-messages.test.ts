/** What people do with messages beside writing them, as they see it; HTML of other clients. */
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  PHONE,
  signInPage,
  takeNetwork,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'
import { channel, signIn } from './support/sdk-client.ts'

type MarkedUp = { tagName: string; getAttributeNames(): string[] }

const webRoot = new URL('../apps/web/dist', import.meta.url).pathname

let network: TestNetwork
let browser: Browser
let registrar: Visitor
let court: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, examples: true, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  registrar = await visit(browser, network.hn.baseUrl, DESKTOP)
  await signInPage(registrar.page, 'registro.hn')
  const context = await browser.newContext({
    viewport: PHONE,
    locale: 'es-GT',
    hasTouch: true,
    isMobile: true,
  })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.setDefaultTimeout(60_000)
  await page.goto(network.gt.baseUrl)
  court = { page, context, errors }
  await signInPage(page, 'juzgado.gt')
  for (const one of [registrar, court]) await one.page.getByTestId('channel-documentation').click()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

const message = (page: Page, text: string) =>
  page.getByTestId('message').filter({ has: page.getByTestId('message-text').filter({ hasText: text }) })
async function write(page: Page, text: string): Promise<void> {
  const column = page.locator('.channel-column')
  await column.getByTestId('composer-input').fill(text)
  await column.getByTestId('composer-send').click()
}
/** A finger that rests, as Chrome's own input has it. */
async function longPress(page: Page, text: string): Promise<void> {
  const box = (await message(page, text).locator('.bubble').boundingBox())!
  const cdp = await page.context().newCDPSession(page)
  const at = { x: box.x + 20, y: box.y + 16 }
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] })
  await page.getByTestId('message-menu').waitFor()
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
}
/** Light and dark. A dialog is looked at alone: what is behind it is out of reach. */
async function looked(page: Page, name: string, within?: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `messages-${name}-${colorScheme}`)
    expect(await axeViolations(page, within)).toEqual([])
  }
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  expect({ name, wide }).toEqual({ name, wide: 0 })
  await page.emulateMedia({ colorScheme: 'light' })
}

/** With the Tab key, as somebody without a mouse comes there; the focus is seen. */
async function tabTo(page: Page, testId: string): Promise<void> {
  const at = () => page.evaluate<string | undefined>('document.activeElement?.dataset.testid')
  for (let n = 0; n < 40 && (await at()) !== testId; n++) await page.keyboard.press('Tab')
  expect(await at()).toBe(testId)
}
/** At 200 % a desk of 1280 pixels has 640: everything is there, and nothing is pushed out. */
async function atDouble(page: Page, name: string, within: string): Promise<void> {
  const before = page.viewportSize()!
  await page.setViewportSize({ width: before.width / 2, height: before.height / 2 })
  await keepScreenshot(page, `messages-${name}-200`)
  expect(await axeViolations(page, within)).toEqual([])
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  expect({ name, wide }).toEqual({ name, wide: 0 })
  await page.setViewportSize(before)
}

test('formatted text is shown with its form on both sides', async () => {
  await write(
    registrar.page,
    'Faltan *dos* cosas para HN_2026_000123:\n1. acta _original_\n2. foto\n> y la huella\n```\nDNI  0801\n```\nVea https://example.org/a_b_c',
  )
  for (const { page } of [registrar, court]) {
    const text = message(page, 'HN_2026_000123').getByTestId('message-text')
    await text.locator('strong', { hasText: 'dos' }).waitFor()
    expect(await text.locator('ol li').allTextContents()).toEqual(['acta original', 'foto'])
    await text.locator('blockquote', { hasText: 'y la huella' }).waitFor()
    expect(await text.locator('pre').textContent()).toBe('DNI  0801')
    expect(await text.locator('a').getAttribute('href')).toBe('https://example.org/a_b_c')
  }
})

test('reactions: by mouse, by a resting finger, taken back', async () => {
  const { page } = registrar
  await message(page, 'HN_2026_000123').getByTestId('message-text').hover()
  await message(page, 'HN_2026_000123').getByTestId('message-react').click()
  await keepScreenshot(page, 'messages-quick')
  await page.locator('[data-testid=quick-reaction][data-key="✅"]').click()
  const chip = (of: Page) => of.locator('[data-testid=reaction][data-key="✅"]')
  await chip(court.page).waitFor()
  await longPress(court.page, 'HN_2026_000123')
  await looked(court.page, 'menu-phone', 'dialog[open]')
  await court.page.locator('[data-testid=message-menu] [data-key="✅"]').click()
  await expect.poll(() => chip(page).textContent()).toBe('✅2')
  await message(page, 'HN_2026_000123').getByTestId('message-more').click()
  await page.getByTestId('message-who').click()
  await expect.poll(() => page.getByTestId('who-reacted').textContent()).toContain('Juzgado')
  await looked(page, 'who-desk', 'dialog[open]')
  await page.keyboard.press('Escape')
  await chip(page).click()
  await expect.poll(() => chip(court.page).textContent()).toBe('✅1')
})

test('a reply shows what it answers, and leads there', async () => {
  const { page } = registrar
  const plain = 'Faltan dos cosas para HN_2026_000123: 1. acta original 2. foto y la huella DNI 0801'
  // What is told of in few words has no sign of its form: in the list, above what answers it, in the quote.
  await expect.poll(() => page.getByTestId('channel-documentation').textContent()).toContain(plain)
  await message(page, 'HN_2026_000123').getByTestId('message-text').hover()
  await message(page, 'HN_2026_000123').getByTestId('bar-reply').click()
  const answering = page.locator('.channel-column').getByText(plain)
  await answering.first().waitFor()
  await write(page, 'Ya tengo la foto')
  const quote = message(court.page, 'Ya tengo la foto').getByTestId('message-quote')
  await expect.poll(() => quote.textContent()).toContain(plain)
  await quote.click()
  await court.page.locator('.message.highlighted').waitFor()
})

test('an edit keeps its versions; a deletion can be undone, and then not', async () => {
  const { page } = registrar
  await write(page, 'La cita es a las 9')
  await message(court.page, 'La cita es a las 9').waitFor()
  await message(page, 'La cita').getByTestId('message-more').click()
  await page.getByTestId('message-edit').click()
  await page.locator('.channel-column').getByTestId('composer-input').fill('La cita es a las *10*')
  await page.locator('.channel-column').getByTestId('composer-send').click()
  await message(court.page, 'La cita es a las 10').getByTestId('message-edited').click()
  await expect.poll(() => court.page.getByTestId('message-version').count()).toBe(2)
  await looked(court.page, 'versions-phone', 'dialog[open]')
  await court.page.keyboard.press('Escape')

  await message(page, 'La cita es a las 10').getByTestId('message-more').click()
  await looked(page, 'menu-desk', 'dialog[open]')
  await page.getByTestId('message-delete').click()
  await page.getByTestId('message-going').waitFor()
  await page.getByTestId('message-undo').click()
  await message(page, 'La cita es a las 10').getByTestId('message-more').click()
  await takeNetwork(registrar)
  await page.getByTestId('message-delete').click()
  await page.getByTestId('message-going').waitFor()
  // It waits for the network, however long one looks.
  await page.getByTestId('message-undo').waitFor()
  await looked(page, 'going-desk')
  expect(await message(court.page, 'La cita es a las 10').count()).toBe(1)
  await registrar.context.setOffline(false)
  await message(court.page, 'La cita').waitFor({ state: 'detached' })
})

test('a thread: begun, answered, unread, followed, in the list', async () => {
  const { page } = registrar
  await write(court.page, 'Falta el acta de la hermana')
  await message(page, 'acta de la hermana').getByTestId('message-text').hover()
  await message(page, 'acta de la hermana').getByTestId('bar-thread').click()
  const panel = page.getByTestId('thread-panel')
  await panel.getByTestId('composer-input').fill('La busco en el libro 12')
  await panel.getByTestId('composer-send').click()
  await message(page, 'libro 12').waitFor()
  const link = message(court.page, 'acta de la hermana').getByTestId('thread-link')
  await link.waitFor()
  expect(await message(court.page, 'libro 12').count()).toBe(0)
  await court.page.getByTestId('threads-open').click()
  await court.page.locator('[data-testid=thread-line][data-unread="1"]').waitFor()
  await looked(court.page, 'threads-phone')
  await court.page.getByTestId('thread-line').click()
  await message(court.page, 'libro 12').waitFor()
  await court.page.getByTestId('thread-panel').getByTestId('composer-input').fill('Gracias, *urge*')
  await court.page.getByTestId('thread-panel').getByTestId('composer-send').click()
  await message(page, 'urge').waitFor()
  await looked(page, 'thread-desk')
  await looked(court.page, 'thread-phone')
  await court.page.getByTestId('thread-close').click()
  await expect.poll(() => link.getAttribute('data-unread')).toBe('0')
  expect(await page.getByTestId('thread-follow').getAttribute('aria-pressed')).toBe('true')
  await page.getByTestId('thread-close').click()
})

test('the keyboard alone goes from the list to a message, a sign, an answer, a thread and back; what closes gives the focus back', async () => {
  const { page } = registrar
  const at = () =>
    page.evaluate<string | undefined>(
      'document.activeElement.matches(":focus-visible") ? document.activeElement.dataset.testid : undefined',
    )
  const go = async (key: 'Tab' | 'Shift+Tab', testId: string) => {
    for (let n = 0; n < 150 && (n === 0 || (await at()) !== testId); n++) await page.keyboard.press(key)
    expect(await at()).toBe(testId)
  }
  await page.getByTestId('channel-documentation').focus()
  await page.keyboard.press('Enter')
  await go('Tab', 'composer-input')
  await page.keyboard.insertText('Sólo con el teclado')
  await page.keyboard.press('Enter')
  const own = message(page, 'Sólo con el teclado')
  await own.getByTestId('message-react').waitFor({ state: 'attached' })
  await go('Shift+Tab', 'message-react')
  await page.keyboard.press('Enter')
  expect(await at()).toBe('quick-reaction')
  await keepScreenshot(page, 'messages-keyboard')
  await page.keyboard.press('Escape')
  expect(await at()).toBe('message-react')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await own.locator('[data-testid=reaction][data-key="👍"]').waitFor()
  expect(await at()).toBe('message-react')
  await go('Tab', 'bar-reply')
  await page.keyboard.press('Enter')
  expect(await at()).toBe('composer-input')
  await page.keyboard.insertText('Y la respuesta')
  await page.keyboard.press('Enter')
  await message(page, 'Y la respuesta').getByTestId('bar-thread').waitFor({ state: 'attached' })
  await go('Shift+Tab', 'bar-thread')
  await page.keyboard.press('Enter')
  await page.getByTestId('thread-panel').getByTestId('composer-input').waitFor()
  await expect.poll(at).toBe('thread-panel')
  await go('Tab', 'composer-input')
  await page.keyboard.insertText('Y el hilo')
  await page.keyboard.press('Enter')
  await message(page, 'Y el hilo').waitFor()
  await go('Shift+Tab', 'thread-close')
  await page.keyboard.press('Enter')
  await expect.poll(at).toBe('bar-thread')
  await go('Tab', 'message-more')
  await page.keyboard.press('Enter')
  await page.getByTestId('message-menu').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(at).toBe('message-more')

  await page.getByTestId('conversation-fresh').focus()
  await page.keyboard.press('Enter')
  await page.getByTestId('contact').first().waitFor()
  const outside =
    'document.activeElement !== document.body && !document.activeElement.closest("dialog[open]")'
  for (let n = 0; n < 25; n++) {
    await page.keyboard.press('Tab')
    expect(await page.evaluate(outside)).toBe(false)
  }
  await page.keyboard.press('Escape')
  await expect.poll(at).toBe('conversation-fresh')
})

test('what is forwarded says who else will read it, out of the channel on children with a tick; pins and stars', async () => {
  const { page } = registrar
  await page.getByTestId('channel-minors').click()
  await write(page, 'La niña de 9 años llega hoy')
  await message(page, '9 años').getByTestId('message-more').click()
  await page.getByTestId('message-forward').click()
  await page.locator('[data-testid=forward-target][data-topic=documentation]').click()
  await page.getByTestId('forward-reach').waitFor()
  expect(await page.getByTestId('forward-send').isDisabled()).toBe(true)
  await looked(page, 'forward-desk', 'dialog[open]')
  await page.getByTestId('forward-agree').check()
  await page.getByTestId('forward-send').click()
  await message(court.page, '9 años').getByTestId('message-origin').waitFor()

  await message(court.page, '9 años').scrollIntoViewIfNeeded()
  await longPress(court.page, '9 años')
  await court.page.getByTestId('message-star').click()
  await court.page.getByTestId('marked-open').click()
  await expect.poll(() => court.page.getByTestId('marked-line').textContent()).toContain('9 años')
  await looked(court.page, 'marked-phone')
  await court.page.getByTestId('marked-line').click()
  await message(court.page, '9 años').waitFor()
  await looked(court.page, 'channel-phone')
})

test('a place goes as a town unless one asks for the point; a contact goes with what is public, as its sender’s word', async () => {
  const { page } = registrar
  await page.getByTestId('channel-documentation').click()
  await page.getByTestId('attach-open').click()
  await looked(page, 'attach-desk', 'dialog[open]')
  await page.getByTestId('attach-place').click()
  await page.getByTestId('place-search').fill('omoa')
  await page.getByTestId('place-option').first().click()
  await expect.poll(() => page.getByTestId('place-says').textContent()).toContain('Se envía el pueblo, Omoa.')
  await page.getByTestId('place-exact').check()
  await expect.poll(() => page.getByTestId('place-says').textContent()).toContain('Se envía el punto exacto')
  await page.getByTestId('place-exact').uncheck()
  await looked(page, 'place-desk', 'dialog[open]')
  await page.getByTestId('place-send').click()
  const place = court.page.getByTestId('message-place')
  await expect.poll(() => place.getByTestId('place-near').textContent()).toBe('Omoa')
  expect(await place.getAttribute('data-coarse')).toBe('true')
  expect(await place.getByTestId('place-open').getAttribute('href')).toMatch(/^geo:15\.7\d*,-88\.0\d*\?q=/)
  await expect.poll(() => page.getByTestId('channel-documentation').textContent()).toContain('Omoa, Honduras')

  // From where one stands, which goes as the town it is in; and a point that is touched on the map.
  await page.context().grantPermissions(['geolocation'])
  await page.context().setGeolocation({ latitude: 15.6, longitude: -88.1, accuracy: 20 })
  await page.getByTestId('attach-open').click()
  await page.getByTestId('attach-place').click()
  await page.getByTestId('place-here').click()
  const near = page.getByTestId('place-says')
  await expect.poll(() => near.textContent()).toMatch(/^Se envía el pueblo, .+\. El punto exacto no sale/)
  const here = await near.textContent()
  await page.getByTestId('place-exact').check()
  await expect.poll(() => near.textContent()).toContain('(15.60000, -88.10000)')
  const map = (await page.locator('.place-window canvas').boundingBox())!
  await page.mouse.click(map.x + map.width * 0.2, map.y + map.height * 0.3)
  await expect.poll(() => near.textContent()).not.toContain('15.60000, -88.10000')
  await expect.poll(() => near.textContent()).toMatch(/\(1[0-9]\.\d+, -[89]\d\.\d+\)/)
  await page.getByTestId('place-exact').uncheck()
  expect(await near.textContent()).not.toBe(here)
  // With the keyboard alone: the town's name, its entry, and away.
  await page.getByTestId('place-search').focus()
  await page.keyboard.insertText(' ')
  await page.getByTestId('place-search').fill('puerto barrios')
  await tabTo(page, 'place-option')
  await page.keyboard.press('Enter')
  await expect.poll(() => near.textContent()).toContain('Puerto Barrios')
  await tabTo(page, 'place-here')
  await tabTo(page, 'place-exact')
  await tabTo(page, 'place-send')
  await atDouble(page, 'place', 'dialog[open]')
  await page.keyboard.press('Escape')
  await page.getByTestId('place-dialog').waitFor({ state: 'detached' })

  await page.getByTestId('attach-open').click()
  await page.getByTestId('attach-contact').click()
  await page.getByTestId('contact-search').fill('albergue corinto')
  await page.locator('[data-testid=contact-option][data-key=hn-ejemplo-albergue]').first().click()
  await expect
    .poll(() => page.getByTestId('contact-preview').textContent())
    .toContain('Albergue de ejemplo, Corinto')
  expect(await page.getByTestId('contact-preview').textContent()).not.toContain('+50400000102')
  await looked(page, 'contact-desk', 'dialog[open]')
  await atDouble(page, 'contact', 'dialog[open]')
  await tabTo(page, 'contact-send')
  await page.keyboard.press('Enter')
  const card = court.page.getByTestId('message-card')
  // Nobody signed the examples: it is the sender's word, and the entry is on this device.
  await court.page.locator('[data-testid=message-card][data-standing=known]').waitFor()
  expect(await card.getByTestId('card-origin').textContent()).toContain('Lo dice ')
  await card.scrollIntoViewIfNeeded()
  await looked(court.page, 'shared-phone')
  await card.getByTestId('card-entry').click()
  await court.page.locator('[data-testid=directory-entry][data-key=hn-ejemplo-albergue]').waitFor()
  await court.page.goBack()
  await card.waitFor()
})

test('HTML of other clients shows its words and does nothing', async () => {
  const { page } = registrar
  const hostile = [
    '<img src="https://malo.example/x.png" onerror="window.hurt=1">',
    '<script>window.hurt=1</script><style>body{display:none}</style>',
    '<a href="javascript:window.hurt=1">pulse aquí</a>',
    '<a href="https://malo.example/">https://rnp.hn/</a>',
    '<svg><a xlink:href="javascript:window.hurt=1"><text>x</text></a></svg><math><mtext><img src=x onerror="window.hurt=1"></mtext></math>',
    '<b onclick="window.hurt=1" style="position:fixed;inset:0">negrita</b>',
    '<noscript><p title="</noscript><img src=x onerror=window.hurt=1>">x</p></noscript>',
    '<details open ontoggle="window.hurt=1"><summary>más</summary>dentro</details>',
    '<form action="https://malo.example"><input autofocus onfocus="window.hurt=1"></form><iframe srcdoc="<script>parent.hurt=1</script>"></iframe>',
    `${'<div>'.repeat(90)}hondo${'</div>'.repeat(90)}`,
  ].join('')
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  const sender = await signIn(network.hn.baseUrl, 'consulado.hn')
  try {
    await sender.client.getCrypto()!.bootstrapCrossSigning({
      authUploadDeviceSigningKeys: async (send) => {
        await send({
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: 'consulado.hn' },
          password: DEMO_PASSWORD,
        })
      },
    })
    const roomId = await channel(sender, `#documentation:${network.hn.serverName}`)
    await sender.client.sendEvent(
      roomId,
      'm.room.message' as never,
      {
        msgtype: 'm.text',
        body: 'aviso',
        format: 'org.matrix.custom.html',
        formatted_body: `<h1>Aviso en HTML</h1>${hostile}`,
      } as never,
    )
  } finally {
    sender.stop()
  }
  const text = message(page, 'Aviso en HTML').getByTestId('message-text')
  await text.locator('b, strong').first().waitFor()
  const words = (await text.textContent())!
  for (const kept of ['pulse aquí', 'negrita', 'más', 'dentro', 'hondo', 'https://rnp.hn/ (malo.example)'])
    expect(words).toContain(kept)
  const drawn = await text.evaluate((root) =>
    [...(root as unknown as { querySelectorAll(of: string): Iterable<MarkedUp> }).querySelectorAll('*')].map(
      (one) => [one.tagName.toLowerCase(), ...one.getAttributeNames()],
    ),
  )
  for (const [tag, ...attributes] of drawn) {
    expect('h1 script style img svg math iframe form input details noscript').not.toContain(` ${tag} `)
    for (const name of attributes) expect(['href', 'target', 'rel', 'class']).toContain(name)
  }
  expect(await text.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))).toEqual([
    'https://malo.example/',
  ])
  expect(await page.evaluate('window.hurt')).toBeUndefined()
  expect(asked.filter((url) => url.includes('malo.example') || url.endsWith('/x'))).toEqual([])
  await message(page, 'Aviso en HTML').scrollIntoViewIfNeeded()
  await looked(page, 'html-desk')
})

test('no page threw an error', () => {
  for (const { errors } of [registrar, court]) expect(errors).toEqual([])
})
