import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  attach,
  keepScreenshot,
  message,
  openChannel,
  PHONE,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { ensureBrowser } from './support/browser-install.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'
import { tapsFor } from './support/taps.ts'

/** Voice, photos and files, from a phone in Honduras to a desk in Guatemala. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))

let network: TestNetwork
let browser: Browser
let phone: Visitor
let desk: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await chromium.launch({
    executablePath: await ensureBrowser(() => {}),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
  phone = await visit(browser, network.hn.baseUrl, PHONE)
  desk = await visit(browser, network.gt.baseUrl, undefined, { colorScheme: 'dark' })
  await signInPage(phone.page, 'registro.hn')
  await signInPage(desk.page, 'juzgado.gt')
  for (const { page } of [phone, desk]) await openChannel(page, 'documentation')
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, visitor] of Object.entries({ telefono: phone, escritorio: desk }))
    if (visitor) await keepScreenshot(visitor.page, `60-falla-${name}`)
})

const players = (page: Page) => page.getByTestId('message').getByTestId('voice-player')
const heard = (page: Page) => page.getByTestId('voice-bar').getByTestId('voice-player')

test('a voice note is recorded, survives the page, is heard before it is sent, and plays on at the other side', async () => {
  const { page } = phone
  await page.getByTestId('voice-record').click()
  await expect.poll(() => page.getByTestId('voice-clock').textContent()).toMatch(/^0:(?:0[2-9]|[1-5])/)
  await keepScreenshot(page, '61-grabando-telefono')
  expect(await axeViolations(page, '.composer')).toEqual([])
  // The page goes in the middle of it.
  await page.reload()
  await page.getByTestId('voice-bar').and(page.locator('[data-state="ready"]')).waitFor()
  await keepScreenshot(page, '62-nota-sin-enviar-telefono')
  await heard(page).getByTestId('voice-toggle').click()
  await heard(page).and(page.locator('[data-phase="playing"]')).waitFor()
  await page.getByTestId('voice-send').click()
  await players(desk.page).first().waitFor()

  // A second one right after it, held: it is played after the first by itself.
  const button = (await page.getByTestId('voice-record').boundingBox())!
  await page.mouse.move(button.x + 20, button.y + 20)
  await page.mouse.down()
  await expect.poll(() => page.getByTestId('voice-clock').textContent()).toMatch(/^0:(?:0[1-9]|[1-5])/)
  await page.mouse.up()
  await expect.poll(() => players(desk.page).count()).toBe(2)
  expect(await page.getByTestId('voice-bar').count()).toBe(0)

  const [first, second] = [players(desk.page).nth(0), players(desk.page).nth(1)]
  await first.getByTestId('voice-toggle').click()
  await first.getByTestId('voice-rate').click()
  expect(await first.getByTestId('voice-rate').textContent()).toBe('1.5×')
  await keepScreenshot(desk.page, '63-escuchando-oscuro')
  expect(await axeViolations(desk.page, '.channel-column')).toEqual([])
  // Another channel is opened: it goes on, and the note after it follows.
  await openChannel(desk.page, 'minors')
  await desk.page.getByTestId('now-playing').waitFor()
  await openChannel(desk.page, 'documentation')
  // Nobody touched it: it was played because it came next.
  await second.and(desk.page.locator('[data-phase="playing"], [data-phase="paused"]')).waitFor()
  await second.and(desk.page.locator('[data-phase="paused"]')).waitFor()
  await second.getByTestId('voice-seek').fill('500')
  await expect.poll(() => second.getByTestId('voice-seek').inputValue()).toMatch(/^[45]\d\d$/)
  expect([phone.errors, desk.errors]).toEqual([[], []])
})

test('slid away while it is held it is thrown away; a refused microphone is explained', async () => {
  const { page } = phone
  const button = (await page.getByTestId('voice-record').boundingBox())!
  await page.mouse.move(button.x + 20, button.y + 20)
  await page.mouse.down()
  await expect.poll(() => page.getByTestId('voice-clock').textContent()).toMatch(/^0:(?:0[1-9]|[1-5])/)
  await page.mouse.move(button.x - 150, button.y + 20)
  await page.mouse.up()
  await page.getByTestId('voice-bar').waitFor({ state: 'detached' })
  await page.evaluate(() => {
    const { mediaDevices } = navigator as unknown as { mediaDevices: { getUserMedia(): Promise<never> } }
    mediaDevices.getUserMedia = async () => {
      throw new DOMException('no', 'NotAllowedError')
    }
  })
  await page.getByTestId('voice-record').click()
  await page.getByTestId('voice-refused').and(page.locator('[data-problem="refused"]')).waitFor()
  expect(await axeViolations(page, '.composer')).toEqual([])
  await keepScreenshot(page, '64-microfono-negado-telefono')
  await page.getByTestId('voice-refused').getByRole('button').last().click()
  expect(await players(page).count()).toBe(2)
})

/** Stripes as fine as letters, over the whole picture. */
async function striped(page: Page, width: number, height: number): Promise<Buffer> {
  const base64 = await page.evaluate<string>(`(() => {
    const canvas = document.createElement('canvas')
    canvas.width = ${width}
    canvas.height = ${height}
    const context = canvas.getContext('2d')
    for (let x = 0; x < ${width}; x += 8) {
      context.fillStyle = x % 16 === 0 ? '#fff' : '#111'
      context.fillRect(x, 0, 8, ${height})
    }
    return canvas.toDataURL('image/jpeg', 0.95).split(',')[1]
  })()`)
  return Buffer.from(base64, 'base64')
}

/** How much of a half of the picture that is open is edges between light and dark. */
const edgesIn = (page: Page, half: 'left' | 'right') =>
  page.evaluate<number>(`(() => {
    const image = document.querySelector('.full-picture')
    const canvas = document.createElement('canvas')
    canvas.width = image.naturalWidth
    canvas.height = image.naturalHeight
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    const width = Math.floor(canvas.width * 0.44)
    const from = Math.floor(canvas.width * ${half === 'left' ? 0.03 : 0.53})
    const { data } = context.getImageData(from, 20, width, canvas.height - 40)
    let edges = 0
    for (let at = 4; at < data.length; at += 4) if (Math.abs(data[at] - data[at - 4]) > 60) edges += 1
    return (edges * 4) / data.length
  })()`)

test('photos are looked at before they go: turned, covered for good, in their order, with one caption', async () => {
  const { page } = phone
  const stripes = await striped(page, 800, 600)
  const jpeg = (name: string) => ({ name, mimeType: 'image/jpeg', buffer: stripes })
  const before = await desk.page.getByTestId('message').count()
  await page
    .getByTestId('attach-input')
    .setInputFiles([jpeg('frente.jpg'), jpeg('dorso.jpg'), jpeg('error.jpg')])
  await page.getByTestId('sheet-item').nth(2).click()
  await page.getByTestId('sheet-remove').click()
  await page.getByTestId('sheet-item').nth(0).click()
  await page.getByTestId('sheet-later').click()
  // The front, second now: its left half is somebody's face.
  await page.getByTestId('sheet-cover').click()
  const picture = (await page.getByTestId('sheet-picture').boundingBox())!
  await page.mouse.move(picture.x + 1, picture.y + 1)
  await page.mouse.down()
  await page.mouse.move(picture.x + picture.width / 2, picture.y + picture.height - 1)
  await page.mouse.up()
  await page.getByTestId('sheet-picture').and(page.locator('[data-covered="1"]')).waitFor()
  await page.getByTestId('sheet-caption').fill('Las dos caras del acta')
  await keepScreenshot(page, '65-antes-de-enviar-telefono')
  expect(await axeViolations(page, 'dialog')).toEqual([])
  expect(await desk.page.getByTestId('message').count()).toBe(before)
  await page.getByTestId('sheet-send').click()
  await page.getByTestId('send-sheet').waitFor({ state: 'detached' })

  const pictures = desk.page.getByTestId('attachment-image')
  await expect.poll(() => pictures.count()).toBe(2)
  await pictures.nth(1).locator('img').waitFor()
  expect(await pictures.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))).toEqual([
    expect.stringContaining('dorso.jpg'),
    expect.stringContaining('frente.jpg'),
  ])
  expect(await desk.page.getByTestId('attachment-caption').allTextContents()).toEqual([
    'Las dos caras del acta',
  ])
  await keepScreenshot(desk.page, '66-fotos-oscuro')
  await pictures.nth(1).click()
  await desk.page.locator('.full-picture').waitFor()
  await desk.page.evaluate(`document.querySelector('.full-picture').decode()`)
  const [left, right] = [await edgesIn(desk.page, 'left'), await edgesIn(desk.page, 'right')]
  expect(right).toBeGreaterThan(0.08)
  expect(left).toBeLessThan(0.01)
  await desk.page.keyboard.press('Escape')
  expect([phone.errors, desk.errors]).toEqual([[], []])
})

test('photos of a paper are straightened, whitened and sent as one PDF', async () => {
  const { page } = phone
  const stripes = await striped(page, 600, 800)
  const jpeg = (name: string) => ({ name, mimeType: 'image/jpeg', buffer: stripes })
  await page.getByTestId('attach-input').setInputFiles([jpeg('hoja 1.jpg'), jpeg('hoja 2.jpg')])
  await page.getByTestId('sheet-straighten').click()
  const corner = (await page.getByTestId('sheet-corner-0').boundingBox())!
  await page.mouse.move(corner.x + 20, corner.y + 20)
  await page.mouse.down()
  await page.mouse.move(corner.x + 60, corner.y + 50)
  await page.mouse.up()
  await page.getByTestId('sheet-corner-1').press('ArrowDown')
  await keepScreenshot(page, '68-enderezar-telefono')
  expect(await axeViolations(page, 'dialog')).toEqual([])
  await page.getByTestId('sheet-flatten').click()
  await page.getByTestId('sheet-picture').and(page.locator('[data-steps="2"]')).waitFor()
  await page.getByTestId('sheet-pdf').check()
  await page.getByTestId('sheet-send').click()
  const received = desk.page.getByTestId('attachment-file').filter({ hasText: /documento .*\.pdf/ })
  await received.waitFor()
  const [download] = await Promise.all([desk.page.waitForEvent('download'), received.click()])
  const pdf = await readFile(await download.path(), 'latin1')
  expect([pdf.startsWith('%PDF-'), pdf.match(/\/Type\s*\/Page\b/g)?.length]).toEqual([true, 2])

  // Its first page came with it; the rest is fetched by whoever opens it, and is seen page by page.
  const first = desk.page.locator('[data-testid=attachment-document][data-drawn=true]')
  await first.locator('img').waitFor()
  expect(await first.getAttribute('aria-label')).toMatch(/documento .*\.pdf, 2 páginas/)
  await keepScreenshot(desk.page, '68-documento-oscuro')
  await first.click()
  await desk.page.locator('[data-testid=document-page][data-drawn="1"] canvas').waitFor()
  expect(await inkIn(desk.page)).toBeGreaterThan(0.05)
  await desk.page.getByTestId('document-next').click()
  await desk.page.locator('[data-testid=document-page][data-drawn="2"]').waitFor()
  expect(await desk.page.getByTestId('document-at').textContent()).toBe('Página 2 de 2')
  expect(await desk.page.getByTestId('document-next').isDisabled()).toBe(true)
  expect(await axeViolations(desk.page, 'dialog')).toEqual([])
  await keepScreenshot(desk.page, '68-paginas-oscuro')
  await desk.page.keyboard.press('Escape')
  await page.locator('[data-testid=attachment-document]').first().click()
  await page.locator('[data-testid=document-page][data-drawn="1"]').waitFor()
  await page.getByTestId('document-larger').click()
  await page.locator('[data-testid=document-page][data-drawn="1"]').waitFor()
  await keepScreenshot(page, '68-paginas-telefono')
  expect(await axeViolations(page, 'dialog')).toEqual([])
  await page.keyboard.press('Escape')
  expect([phone.errors, desk.errors]).toEqual([[], []])
})

/** How much of the page that is open is dark. */
const inkIn = (page: Page) =>
  page.evaluate<number>(`(() => {
    const from = document.querySelector('[data-testid=document-page] canvas')
    const canvas = document.createElement('canvas')
    canvas.width = from.width
    canvas.height = from.height
    const context = canvas.getContext('2d')
    context.drawImage(from, 0, 0)
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
    let dark = 0
    for (let at = 0; at < data.length; at += 4) if (data[at] < 100) dark += 1
    return (dark * 4) / data.length
  })()`)

test('what only calls itself a PDF is a file like any other, and says so to who wants to see it', async () => {
  const bomb = `%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj
2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999>>endobj\ntrailer<</Root 1 0 R>>`
  const pdf = (name: string, text: string) => ({
    name,
    mimeType: 'application/pdf',
    buffer: Buffer.from(text),
  })
  await attach(phone.page, [pdf('roto.pdf', '%PDF-1.4 nada'), pdf('vueltas.pdf', bomb)])
  const row = (name: string) => desk.page.getByTestId('message').filter({ hasText: name })
  const dialog = desk.page.getByTestId('document-dialog')
  await row('roto.pdf').getByTestId('attachment-document').click()
  await dialog.getByRole('alert').filter({ hasText: 'no se puede mostrar aquí' }).waitFor()
  const [saved] = await Promise.all([
    desk.page.waitForEvent('download'),
    dialog.getByTestId('document-save').click(),
  ])
  expect(saved.suggestedFilename()).toBe('roto.pdf')
  await desk.page.keyboard.press('Escape')
  expect(await row('roto.pdf').locator('img').count()).toBe(0)
  // Pages that are pages of each other, and a script for whoever opens it: one blank page, and nothing runs.
  const asked: string[] = []
  desk.page.on('dialog', (one) => void asked.push(one.message()))
  await row('vueltas.pdf').getByTestId('attachment-document').click()
  await dialog
    .locator('[data-testid=document-page][data-drawn="1"]')
    .or(dialog.getByRole('alert'))
    .first()
    .waitFor()
  await desk.page.keyboard.press('Escape')
  expect(asked).toEqual([])
  expect([phone.errors, desk.errors]).toEqual([[], []])
})

test('a clip goes with its first picture, its length and its size, and is fetched when somebody wants to see it', async () => {
  const base64 = await phone.page.evaluate<string>(`new Promise((resolve) => {
    const canvas = document.createElement('canvas')
    canvas.width = 320
    canvas.height = 180
    const context = canvas.getContext('2d')
    let frame = 0
    const timer = setInterval(() => {
      context.fillStyle = 'hsl(' + frame * 12 + ' 70% 50%)'
      context.fillRect(0, 0, 320, 180)
      frame += 1
    }, 40)
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' })
    recorder.ondataavailable = ({ data }) => {
      const reader = new FileReader()
      reader.onload = () => resolve(reader.result.split(',')[1])
      reader.readAsDataURL(data)
    }
    recorder.start()
    setTimeout(() => {
      clearInterval(timer)
      recorder.stop()
    }, 1500)
  })`)
  const buffer = Buffer.from(base64, 'base64')
  await attach(phone.page, { name: 'albergue.webm', mimeType: 'video/webm', buffer }, 'La entrada')
  const clip = desk.page.getByTestId('attachment-video')
  await clip.locator('img').waitFor()
  expect(await clip.getAttribute('aria-label')).toMatch(/albergue\.webm, 0:0\d · \d/)
  await keepScreenshot(desk.page, '69-video-oscuro')
  await clip.click()
  const width = () =>
    desk.page.evaluate<number>(`document.querySelector('[data-testid=video-full]')?.videoWidth ?? 0`)
  await expect.poll(width).toBe(320)
  expect(await axeViolations(desk.page, 'dialog')).toEqual([])
  await desk.page.keyboard.press('Escape')
})

test('a clip is made smaller before it goes, if one waits for it', async () => {
  // Noise: nothing a camera makes is as large.
  const base64 = await phone.page.evaluate<string>(`new Promise((resolve) => {
    const canvas = document.createElement('canvas')
    canvas.width = 640
    canvas.height = 360
    const context = canvas.getContext('2d')
    const image = context.createImageData(640, 360)
    const timer = setInterval(() => {
      const words = new Uint32Array(image.data.buffer)
      for (let at = 0; at < words.length; at++) words[at] = 0xff000000 | (Math.random() * 0xffffff)
      context.putImageData(image, 0, 0)
    }, 60)
    const recorder = new MediaRecorder(canvas.captureStream(15), { mimeType: 'video/webm;codecs=vp8', videoBitsPerSecond: 20e6 })
    recorder.ondataavailable = ({ data }) => {
      const reader = new FileReader()
      reader.onload = () => resolve(reader.result.split(',')[1])
      reader.readAsDataURL(data)
    }
    recorder.start()
    setTimeout(() => {
      clearInterval(timer)
      recorder.stop()
    }, 1500)
  })`)
  const { page } = phone
  const buffer = Buffer.from(base64, 'base64')
  await page.getByTestId('attach-input').setInputFiles({ name: 'patio.webm', mimeType: 'video/webm', buffer })
  await page.getByTestId('sheet-shrink').click()
  await page.getByTestId('sheet-whole').click()
  await page.getByTestId('sheet-shrink').click()
  await page.locator('[data-testid=sheet-video][data-state=made]').waitFor()
  expect(await page.getByTestId('sheet-video').textContent()).toMatch(/Pesaba .+; ahora pesa /)
  expect(await axeViolations(page, 'dialog')).toEqual([])
  await keepScreenshot(page, '69-video-reducido')
  await page.getByTestId('sheet-send').click()
  const clip = desk.page.locator('[data-testid=attachment-video][aria-label*=patio]')
  await clip.click()
  const facts = () =>
    desk.page.evaluate<number[]>(
      `(({ videoWidth, videoHeight } = {}) => [videoWidth, videoHeight])(document.querySelector('[data-testid=video-full]') ?? {})`,
    )
  await expect.poll(facts).toEqual([640, 360])
  await desk.page.keyboard.press('Escape')
})

test('files let go over the conversation are looked at as well', async () => {
  const { page } = desk
  const files = await page.evaluateHandle(() => {
    const { DataTransfer, File } = globalThis as unknown as {
      DataTransfer: new () => { items: { add(file: unknown): void } }
      File: new (parts: string[], name: string, options: object) => unknown
    }
    const carried = new DataTransfer()
    for (const name of ['constancia.pdf', 'anexo.pdf'])
      carried.items.add(new File(['%PDF-1.4 nada'], name, { type: 'application/pdf' }))
    return carried
  })
  const column = page.locator('.channel-column')
  await column.dispatchEvent('dragenter', { dataTransfer: files })
  await page.getByTestId('drop-zone').waitFor()
  await keepScreenshot(page, '67-soltar-oscuro')
  await column.dispatchEvent('drop', { dataTransfer: files })
  await expect.poll(() => page.getByTestId('sheet-item').count()).toBe(2)
  await page.getByTestId('sheet-send').click()
  await phone.page.getByTestId('attachment-file').filter({ hasText: 'constancia.pdf' }).waitFor()
  await phone.page.getByTestId('attachment-file').filter({ hasText: 'anexo.pdf' }).waitFor()
})

test('a file that is cut again and again goes on where it was, also after the page came back, and arrives once', async () => {
  const { page, context } = phone
  const name = 'expediente completo.pdf'
  const file = Buffer.concat([Buffer.from('%PDF-1.4 '), randomBytes(3 * 1024 * 1024)])
  const offsets: number[] = []
  let begun = 0
  let cuts = 3
  await context.route('**/_enlace/client/v1/media/uploads**', async (route) => {
    const asked = route.request()
    if (asked.method() === 'POST') begun += 1
    if (asked.method() !== 'PUT') return route.continue()
    const offset = Number(new URL(asked.url()).searchParams.get('offset'))
    offsets.push(offset)
    // The first part comes through; what follows is cut.
    if (offset > 0 && cuts > 0) {
      cuts -= 1
      return route.abort('connectionreset')
    }
    return route.continue()
  })
  await attach(page, { name, mimeType: 'application/pdf', buffer: file })
  await expect.poll(() => cuts).toBeLessThan(3)
  await page.reload()
  const received = desk.page.getByTestId('attachment-file').filter({ hasText: name })
  await received.waitFor()
  expect(begun).toBe(1)
  expect(offsets.filter((offset) => offset === 0)).toHaveLength(1)
  const [download] = await Promise.all([desk.page.waitForEvent('download'), received.click()])
  expect((await readFile(await download.path())).equals(file)).toBe(true)
  expect(await received.count()).toBe(1)
  await context.unroute('**/_enlace/client/v1/media/uploads**')
})

test('what is done every day takes few taps: a message, a photo, a voice note, who is on duty', async () => {
  const { page } = phone
  const sent = await tapsFor(page, async () => {
    await page.getByTestId('composer-input').click()
    await page.keyboard.insertText('Ya salimos de Corinto')
    await page.getByTestId('composer-send').click()
    await message(page, 'Ya salimos de Corinto').waitFor()
  })
  const buffer = await striped(page, 320, 240)
  const pictures = await page.getByTestId('attachment-image').count()
  const photo = await tapsFor(page, async () => {
    const chooser = page.waitForEvent('filechooser')
    await page.getByTestId('attach-photo').click()
    await (await chooser).setFiles({ name: 'acta.jpg', mimeType: 'image/jpeg', buffer })
    await page.getByTestId('sheet-send').click()
    await expect.poll(() => page.getByTestId('attachment-image').count()).toBe(pictures + 1)
  })
  await page.reload()
  await page.getByTestId('composer-input').waitFor()
  const voice = await tapsFor(page, async () => {
    await page.getByTestId('voice-record').click()
    await expect.poll(() => page.getByTestId('voice-clock').textContent()).toMatch(/^0:(?:0[1-9]|[1-5])/)
    await page.getByTestId('voice-send').click()
    await page.getByTestId('voice-bar').waitFor({ state: 'detached' })
  })
  const duty = await tapsFor(page, async () => {
    await page.getByTestId('back').click()
    await page.getByTestId('settings-open').click()
    await page.getByTestId('duty-open').click()
    await page.getByTestId('duty-now').waitFor()
  })
  expect({ sent, photo, voice, duty }).toEqual({ sent: 2, photo: 2, voice: 2, duty: 3 })
  expect(phone.errors).toEqual([])
})
