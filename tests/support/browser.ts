/** A real browser for what a person sees: Debian's Chromium, one fresh profile per person. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { ensureBrowser } from './browser-install.ts'

const artifacts = fileURLToPath(new URL('../artifacts', import.meta.url))

export const PHONE = { width: 360, height: 740 }
export const DESKTOP = { width: 1280, height: 800 }

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await ensureBrowser(() => {}), args })
}

/**
 * A browser of its own whose profile lies in a folder, as on a person's computer: closed and opened again it is the same.
 *
 * @param options.later by how many milliseconds the page's wall clock is ahead of this machine's
 */
export async function openProfile(
  folder: string,
  url: string,
  viewport = DESKTOP,
  { later = 0 }: { later?: number } = {},
): Promise<Visitor> {
  const executablePath = await ensureBrowser(() => {})
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    args,
    viewport,
    locale: 'es-HN',
  })
  if (later !== 0) await context.addInitScript(setClockAhead, later)
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(60_000)
  const errors: string[] = []
  collectErrors(page, errors)
  await page.goto(url)
  return { page, context, errors }
}

/** Runs in the page. */
function setClockAhead(ms: number): void {
  const RealDate = Date
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: unknown[]) =>
      Reflect.construct(target, given.length === 0 ? [target.now() + ms] : given) as Date,
    get: (target, name) =>
      name === 'now' ? () => target.now() + ms : (Reflect.get(target, name) as unknown),
  })
}

/**
 * What no code of the page handles. Not what is `undefined`: the SDK's loop, stopped while it waits for the network, rejects a promise
 * that nobody holds, and gives no reason.
 */
function collectErrors(page: Page, errors: string[]): void {
  page.on('pageerror', (error) => {
    if (String(error) !== 'undefined') errors.push(String(error))
  })
}

/**
 * Runs in the page. To keep the client for a start without network costs 3.5 s of processor in each new profile, a quarter of a
 * sign-in: it is not done before somebody waits for it (`navigator.serviceWorker.ready`), the client itself or a test.
 */
const keepWhenAsked = `(() => {
  if (!navigator.serviceWorker) return
  const place = Object.getPrototypeOf(navigator.serviceWorker)
  const { get: ready } = Object.getOwnPropertyDescriptor(place, 'ready')
  const { register } = place
  let ask
  const asked = new Promise((go) => (ask = go))
  Object.defineProperty(place, 'ready', {
    configurable: true,
    get() {
      ask()
      return ready.call(this)
    },
  })
  place.register = async function (...given) {
    if (!(await this.getRegistration())) await asked
    return register.apply(this, given)
  }
})()`

export type Visitor = { page: Page; context: BrowserContext; errors: string[] }

/**
 * Opens the web client in a profile of its own. Uncaught page errors are collected in `errors`.
 *
 * @param options.serviceWorkers 'block' where the test has to see every request, 'allow' where they begin by themselves as everywhere
 * outside of tests; else when they are asked for
 */
export async function visit(
  browser: Browser,
  url: string,
  viewport = DESKTOP,
  options: { serviceWorkers?: 'allow' | 'block'; colorScheme?: 'light' | 'dark' } = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport, locale: 'es-HN', ...options })
  if (!options.serviceWorkers) await context.addInitScript(keepWhenAsked)
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const errors: string[] = []
  collectErrors(page, errors)
  await page.goto(url)
  return { page, context, errors }
}

/** Takes the network away from somebody at work: not before what a start without it needs is kept. */
export async function takeNetwork({ page, context }: Visitor): Promise<void> {
  await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
  await context.setOffline(true)
}

/** Signs in through the page, and postpones the recovery key when it is offered. */
export async function signInPage(page: Page, user: string, password = DEMO_PASSWORD): Promise<void> {
  await page.getByTestId('sign-in-user').fill(user)
  await page.getByTestId('sign-in-password').fill(password)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('channel-documentation').waitFor()
  await putKeyOff(page)
}

/** Postpones the recovery key if this sign-in made one: the page opens before it is there, and says whether there will be one. */
export async function putKeyOff(page: Page): Promise<void> {
  const settled = page.locator('[data-keys=shown], [data-keys=settled]')
  await settled.waitFor()
  if ((await settled.getAttribute('data-keys')) === 'shown') await page.getByTestId('recovery-later').click()
}

/** Keeps the recovery key that is shown, and shows that it is kept. @returns the key */
export async function keepKey(page: Page): Promise<string> {
  const key = ((await page.getByTestId('recovery-key').textContent()) ?? '').trim()
  await page.getByTestId('recovery-saved').click()
  for (const index of [0, 1]) {
    const field = page.getByTestId(`recovery-proof-${index}`)
    await field.fill(key.split(/\s+/)[Number(await field.getAttribute('data-group'))]!)
  }
  await page.getByTestId('recovery-proof-submit').click()
  await page.getByTestId('recovery-dialog').waitFor({ state: 'detached' })
  return key
}

export async function openChannel(page: Page, topic: string): Promise<void> {
  await page.getByTestId(`channel-${topic}`).click()
  await page.getByTestId('composer-input').waitFor()
}

export async function write(page: Page, text: string): Promise<void> {
  await page.getByTestId('composer-input').fill(text)
  await page.getByTestId('composer-send').click()
}

/**
 * Chooses from a list of `views/ui/choice.tsx` as a person does: opens it, and clicks what is to be chosen.
 *
 * @param select what carries the list's test id
 * @param choice its value, or its words, or how manyth it is
 */
export async function choose(
  select: Locator,
  choice: string | { label: string } | { index: number },
): Promise<void> {
  if (await isNative(select)) return void (await select.selectOption(choice))
  await select.click()
  const options = select.page().getByRole('listbox').getByRole('option')
  const option =
    typeof choice === 'string'
      ? select.page().locator(`[role=option][data-choice=${JSON.stringify(choice)}]`)
      : 'label' in choice
        ? options.filter({ hasText: choice.label })
        : options.nth(choice.index)
  await option.click()
  await select.page().getByRole('listbox').waitFor({ state: 'detached' })
}

/** The value that is chosen in a list. */
export async function chosen(select: Locator): Promise<string> {
  return (await isNative(select)) ? select.inputValue() : ((await select.getAttribute('data-value')) ?? '')
}

/** The values that a list offers, as somebody sees who opens it. */
export async function offered(select: Locator): Promise<string[]> {
  await select.click()
  const list = select.page().getByRole('listbox')
  await list.waitFor()
  const values = await list
    .getByRole('option')
    .evaluateAll((options) => options.map((one) => one.getAttribute('data-choice') ?? ''))
  await select.page().keyboard.press('Escape')
  await list.waitFor({ state: 'detached' })
  return values
}

/** The browser's own list, where a page still has one. */
const isNative = (select: Locator) => select.evaluate((element) => element.tagName === 'SELECT')

/** The message on the page that carries this text. */
export function message(page: Page, text: string) {
  return page.getByTestId('message').filter({ hasText: text })
}

/** Waits until the person's own server has the message, and perhaps others too. */
export const onItsWay = (page: Page, text: string) =>
  message(page, text)
    .locator(['sent', 'accepted', 'on_device', 'read'].map((state) => `[data-state="${state}"]`).join())
    .first()
    .waitFor()

/** Nothing is wider than the screen; the row of tabs alone is pushed sideways. What nobody sees of a list is not looked at. */
export const tooWide = (page: Page) =>
  page.evaluate<string[]>(
    `[document.documentElement, ...document.querySelectorAll('.page-scroll, .page-scroll *')]
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible' && !one.matches('.visually-hidden, input, select') && !one.closest('[data-react-aria-prevent-focus], [data-a11y-ignore]'))
      .map((one) => one.tagName + '.' + one.className)`,
  )

/** Keeps a screenshot under tests/artifacts, for a person to look at. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(artifacts, { recursive: true })
  await page.screenshot({ path: join(artifacts, `${name}.png`) })
}

type Attached = { name: string; mimeType: string; buffer: Buffer }

/** Chooses files for the open channel, and sends them from the sheet that shows them. */
export async function attach(page: Page, files: Attached | Attached[], caption = ''): Promise<void> {
  await page.getByTestId('attach-input').setInputFiles(files)
  await page.getByTestId('sheet-caption').fill(caption)
  await page.getByTestId('sheet-send').click()
  await page.getByTestId('send-sheet').waitFor({ state: 'detached' })
}
