import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { encodeRecoveryKey } from 'matrix-js-sdk/lib/crypto-api/recovery-key.js'
import type { Browser, Download, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  attach,
  keepKey,
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
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** A working day at two institutions, through the pages: most of it on a phone of 360 pixels. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const OLD = 'Expediente antiguo de la niñez, Ocotepeque 1987'
/** With an end of its own: beside a message stands its hour, and at midnight “paso 3” and “00:10” are “paso 300:10”. */
const LAST_STEP = 'paso 30 de 30'
const CAMERA_NOTE = 'GPS 15.8486 N 87.9297 W Zacualpa'
const PDF_NOTE = 'Nombre: Xochiquetzal Ixmucane'
const PDF_NAME = 'partida-quetzaltenango.pdf'

let network: TestNetwork
let browser: Browser
let registrar: Visitor
let court: Visitor
let recoveryKey = ''

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

/** What each had before them when something failed. */
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, visitor] of Object.entries({ registro: registrar, juzgado: court })) {
    if (!visitor) continue
    await keepScreenshot(visitor.page, `20-falla-${name}`)
    const texts = await visitor.page.getByTestId('message-text').allInnerTexts()
    console.log(name, visitor.page.url(), JSON.stringify(texts))
  }
})

const alert = (page: Page, text: RegExp) => page.getByRole('alert').filter({ hasText: text })
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const state = (page: Page, text: string, kind: string) =>
  message(page, text).locator(`[data-testid="message-state"][data-state="${kind}"]`)
/** Every partner's server has it, whether or not a device there does already. */
const arrived = (page: Page, text: string) =>
  message(page, text).locator(
    ['accepted', 'on_device', 'read']
      .map((one) => `[data-testid="message-state"][data-state="${one}"]`)
      .join(),
  )
const inView = async (page: Page, text: string) => {
  const box = await message(page, text).first().boundingBox()
  return box !== null && box.y >= 0 && box.y + box.height <= page.viewportSize()!.height
}

async function bytesOf(
  page: Page,
  start: () => Promise<void>,
): Promise<{ download: Download; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), start()])
  return { download, bytes: await readFile(await download.path()) }
}

test('at sign-in, a wrong password and a server that is away are told apart, each with a next step', async () => {
  court = await visit(browser, network.gt.baseUrl, PHONE)
  const { page } = court
  await page.getByTestId('sign-in-user').fill('juzgado.gt')
  await page.getByTestId('sign-in-password').fill('equivocada')
  await page.getByTestId('sign-in-submit').click()
  await alert(page, /no coinciden.*vuelva a intentar/i).waitFor()
  await keepScreenshot(page, '20-contrasena-telefono')
  await network.gt.process.stop()
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await alert(page, /no hay conexión.*vuelva a intentar/i).waitFor()
  await keepScreenshot(page, '21-servidor-caido-telefono')
  await network.gt.restart()
})

test('the recovery key is shown at the first sign-in and kept by the person', async () => {
  const { page } = court
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('recovery-key').waitFor()
  await keepScreenshot(page, '22-clave-de-recuperacion-telefono')
  recoveryKey = await keepKey(page)
  expect(recoveryKey.replace(/\s/g, '').length).toBeGreaterThan(40)
  expect(await page.getByTestId('security-banner').count()).toBe(0)
  await openChannel(page, 'documentation')
  await write(page, OLD)
  await arrived(page, OLD).waitFor()
})

test('a photo and a PDF arrive as they were sent, and lie encrypted on both nodes', async () => {
  registrar = await visit(browser, network.hn.baseUrl)
  await signInPage(registrar.page, 'registro.hn')
  await openChannel(registrar.page, 'documentation')
  // Both know of each other's device before keys are shared out.
  await write(registrar.page, 'Buenos días, quedo a la espera de los documentos')
  await message(court.page, 'quedo a la espera').waitFor()

  const photo = withCameraNote(Buffer.from(await drawnPhoto(court.page), 'base64'))
  const pdf = Buffer.concat([
    Buffer.from(`%PDF-1.4\n% ${PDF_NOTE}\n`),
    randomBytes(180_000),
    Buffer.from('\n%%EOF\n'),
  ])
  await attach(court.page, [
    { name: 'cédula frente.jpg', mimeType: 'image/jpeg', buffer: photo },
    { name: PDF_NAME, mimeType: 'application/pdf', buffer: pdf },
  ])
  const received = registrar.page.getByTestId('attachment-image').locator('img')
  await received.waitFor()
  const file = registrar.page.getByTestId('attachment-file').filter({ hasText: PDF_NAME })
  const saved = await bytesOf(registrar.page, () => file.click())
  expect(saved.download.suggestedFilename()).toBe(PDF_NAME)
  expect(sha(saved.bytes)).toBe(sha(pdf))
  await court.page.getByTestId('attachment-image').locator('img').waitFor()
  await keepScreenshot(court.page, '23-adjuntos-telefono')
  await keepScreenshot(registrar.page, '24-adjuntos')

  const [there, here] = await Promise.all([photoOf(registrar.page), photoOf(court.page)])
  expect(sha(there)).toBe(sha(here))
  expect(there.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
  expect(there.includes(CAMERA_NOTE)).toBe(false)

  for (const node of [network.hn, network.gt]) {
    const files = await allFiles(node.dataDir)
    const heads = await Promise.all(files.map(async (path) => (await readFile(path)).subarray(0, 5)))
    // The PDF is there, at its size, but nothing on the disk begins as a photo or a PDF does.
    const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size))
    expect(sizes).toContain(pdf.length)
    expect(heads.filter((head) => head[0] === 0xff && head[1] === 0xd8)).toEqual([])
    expect(heads.filter((head) => head.toString('latin1') === '%PDF-')).toEqual([])
    for (const words of [PDF_NOTE, CAMERA_NOTE, PDF_NAME, 'dula frente'])
      expect(filesWith(words, node.dataDir)).toBe('')
  }
})

test('search on the device finds an older message and jumps to it', async () => {
  for (let number = 1; number <= 30; number += 1)
    await write(registrar.page, `Avance del trámite, paso ${number} de 30`)
  const { page } = court
  await message(page, LAST_STEP).waitFor()
  await page.getByTestId('back').click()
  await page.getByTestId('search-open').click()
  await page.getByTestId('search-input').fill('ninez ocotepeque')
  const result = page.getByTestId('search-result')
  await result.filter({ hasText: OLD }).waitFor()
  await keepScreenshot(page, '25-busqueda-telefono')
  await result.filter({ hasText: OLD }).click()
  await message(page, OLD).waitFor()
  await eventually('the found message is in view', () => inView(page, OLD), 10_000)
  await keepScreenshot(page, '26-mensaje-encontrado-telefono')
})

test('what is written while the network is away survives a reload and goes out once, in order', async () => {
  const { page } = court
  await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
  await registrar.page.getByTestId('settings-open').click()
  await network.gt.process.stop()
  await page.getByTestId('connection-banner').waitFor()
  const lines = ['Primero sin red', 'Segundo sin red', 'Tercero sin red']
  for (const line of lines) await write(page, line)
  for (const line of lines) await state(page, line, 'queued').waitFor()
  await keepScreenshot(page, '27-sin-conexion-telefono')
  await page.reload()
  for (const line of lines) await message(page, line).waitFor()
  await message(page, OLD).or(message(page, LAST_STEP)).first().waitFor()
  lines.push('Cuarto sin red, tras recargar')
  await write(page, lines[3]!)
  await state(page, lines[3]!, 'queued').waitFor()
  // The last that came from others is there too, not only what waits here.
  await message(page, LAST_STEP).waitFor()
  await keepScreenshot(page, '28-sin-conexion-recargado-telefono')
  await network.gt.restart()
  for (const line of lines) await arrived(page, line).waitFor()
  await keepScreenshot(page, '29-de-vuelta-telefono')
  await registrar.page.getByTestId('channel-documentation').click()
  for (const line of lines) await message(registrar.page, line).waitFor()
  const order = await registrar.page.getByTestId('message-text').allInnerTexts()
  expect(order.filter((text) => text.includes('sin red'))).toEqual(lines)
  for (const line of lines) await state(page, line, 'read').waitFor()
})

test('a message is not delivered, then accepted, then read, as the partner comes back', async () => {
  const { page } = court
  const text = 'Para cuando vuelva el servidor de Honduras'
  await registrar.page.getByTestId('settings-open').click()
  await network.hn.process.stop()
  await write(page, text)
  await state(page, text, 'undelivered').waitFor()
  await message(page, text)
    .getByText(/no responde\. Se enviará solo/)
    .waitFor()
  await state(page, text, 'undelivered').click()
  await page
    .getByText(/Su servidor no responde desde/)
    .first()
    .waitFor()
  await keepScreenshot(page, '30-enviado-no-entregado-telefono')
  await page.keyboard.press('Escape')
  await network.hn.restart()
  await arrived(page, text).waitFor()
  await registrar.page.getByTestId('channel-documentation').click()
  await state(page, text, 'read').waitFor()
  await keepScreenshot(page, '31-leido-telefono')
})

test('a second browser reads the old messages with the recovery key, and only with the right one', async () => {
  const second = await visit(browser, network.gt.baseUrl, PHONE)
  const { page } = second
  await page.getByTestId('sign-in-user').fill('juzgado.gt')
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.locator('[data-testid="security-banner"][data-state="unconfirmed"]').waitFor()
  await keepScreenshot(page, '32-sin-confirmar-telefono')
  await page.getByTestId('channel-documentation').click()
  await page.getByTestId('message-undecryptable').first().waitFor()
  // Until it is confirmed, nobody could read what it writes.
  expect(await page.getByTestId('composer-input').count()).toBe(0)
  await keepScreenshot(page, '33-mensajes-sin-llave-telefono')
  // Whoever has only the password gets no key of what is written from now on either.
  await write(registrar.page, 'solo para quien se confirmó')
  await arrived(registrar.page, 'solo para quien se confirmó').waitFor()
  // Of a long list only the end is drawn. What stands there is another's: one's own say how far they came.
  const last = page.getByTestId('message').last()
  await eventually('it is there, and shut', async () => {
    const [shut, own] = [last.getByTestId('message-undecryptable'), last.getByTestId('message-state')]
    return (await shut.count()) === 1 && (await own.count()) === 0
  })
  expect(await page.getByText('solo para quien se confirmó').count()).toBe(0)
  await page.getByTestId('back').click()
  await page.getByTestId('recovery-confirm').click()
  await page.getByTestId('recovery-input').fill('EsTb 1234')
  await page.getByTestId('recovery-submit').click()
  await alert(page, /incompleta|error/i).waitFor()
  await page.getByTestId('recovery-input').fill(encodeRecoveryKey(randomBytes(32))!)
  await page.getByTestId('recovery-submit').click()
  await alert(page, /no es la clave vigente/i).waitFor()
  await keepScreenshot(page, '34-clave-equivocada-telefono')
  await page.getByTestId('recovery-input').fill(recoveryKey)
  await page.getByTestId('recovery-submit').click()
  await page.getByText('Sus mensajes anteriores irán apareciendo').waitFor()
  await keepScreenshot(page, '35-dispositivo-confirmado-telefono')
  await page.getByRole('dialog').getByText('Cerrar', { exact: true }).last().click()
  await page.getByTestId('security-banner').waitFor({ state: 'detached' })
  await openChannel(page, 'documentation')
  await message(page, LAST_STEP).waitFor()
  await eventually(
    'every message can be read',
    async () => (await page.getByTestId('message-undecryptable').count()) === 0,
  )
  await keepScreenshot(page, '36-mensajes-recuperados-telefono')
  expect(second.errors).toEqual([])
  await second.context.close()
})

test('the language chosen stays after a reload', async () => {
  const { page } = court
  await page.getByTestId('back').click()
  await page.getByTestId('language-switch').click()
  await page.getByRole('heading', { name: 'Channels' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Channels' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('en')
  await keepScreenshot(page, '37-english-phone')
  await page.getByTestId('language-switch').click()
  await page.getByRole('heading', { name: 'Canales' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Canales' }).waitFor()
})

test('a second tab says what to do, takes over when asked, and loses nothing', async () => {
  const { page: first, context, errors } = court
  await openChannel(first, 'documentation')
  await first.getByTestId('composer-input').fill('Borrador que no se debe perder')
  const second = await context.newPage()
  second.setDefaultTimeout(60_000)
  second.on('pageerror', (error) => errors.push(String(error)))
  await second.goto(first.url())
  await second.getByText('Enlace ya está abierto en otra pestaña').waitFor()
  await keepScreenshot(second, '38-segunda-pestana-telefono')
  await second.getByRole('button', { name: 'Usar aquí' }).click()
  await first.getByText('Enlace ya está abierto en otra pestaña').waitFor()
  await eventually(
    'the draft is in the second tab',
    async () =>
      (await second.getByTestId('composer-input').inputValue()) === 'Borrador que no se debe perder',
  )
  await second.getByTestId('composer-send').click()
  await message(registrar.page, 'Borrador que no se debe perder').waitFor()
  await first.getByRole('button', { name: 'Usar aquí' }).click()
  await message(first, 'Borrador que no se debe perder').waitFor()
  await second.getByText('Enlace ya está abierto en otra pestaña').waitFor()
  // Both at once, as a restored browser opens them: one works, the other says so.
  await Promise.all([first.reload(), second.reload()])
  await eventually('one of two tabs works and the other waits', async () => {
    const works = await Promise.all([first, second].map((tab) => tab.getByTestId('composer-input').count()))
    const waits = await Promise.all(
      [first, second].map((tab) => tab.getByText('Enlace ya está abierto en otra pestaña').count()),
    )
    return works.toSorted().join() === '0,1' && waits.toSorted().join() === '0,1'
  })
  await second.close()
  if ((await first.getByTestId('composer-input').count()) === 0)
    await first.getByRole('button', { name: /Usar aquí|Reintentar/ }).click()
  await message(first, 'Borrador que no se debe perder').waitFor()
})

test('a coordinator invites; who is invited sees it, accepts one and declines another', async () => {
  const coordinator = await visit(browser, network.hn.baseUrl)
  const invited = await visit(browser, network.gt.baseUrl, PHONE)
  await signInPage(coordinator.page, 'coordinacion.hn')
  await signInPage(invited.page, 'registro.gt')
  const { page } = coordinator
  for (const topic of ['documentation', 'minors']) {
    await openChannel(page, topic)
    await page.getByTestId('members-open').click()
    const member = page.getByTestId('member').filter({ hasText: 'Registro civil, RENAP' })
    await member.getByTestId('member-remove').click()
    await page.getByTestId('member-remove-confirm').click()
    await member.waitFor({ state: 'detached' })
    await page.getByTestId('invite-open').click()
    await page.getByTestId('invite-input').fill(`@registro.gt:${network.gt.serverName}`)
    await page.getByTestId('invite-submit').click()
    await page.getByTestId('invite-dialog').waitFor({ state: 'detached' })
    await page
      .getByTestId('member')
      .filter({ hasText: 'Registro civil, RENAP' })
      .getByText('Invitación pendiente')
      .waitFor()
    await keepScreenshot(page, `39-invitacion-${topic}`)
    await page.getByTestId('members-close').click()
  }
  const phone = invited.page
  await eventually('two invitations', async () => (await phone.getByTestId('invite').count()) === 2)
  await keepScreenshot(phone, '40-invitaciones-telefono')
  await phone
    .getByTestId('invite')
    .filter({ hasText: /Documentación/ })
    .getByTestId('invite-accept')
    .click()
  await phone.getByTestId('composer-input').waitFor()
  await write(phone, 'Gracias por la invitación')
  await message(registrar.page, 'Gracias por la invitación').waitFor()
  await keepScreenshot(phone, '41-invitacion-aceptada-telefono')
  await phone.getByTestId('back').click()
  await phone.getByTestId('invite').getByTestId('invite-decline').click()
  await phone.getByTestId('invite').waitFor({ state: 'detached' })
  expect(await phone.getByTestId('channel-minors').count()).toBe(0)
  await openChannel(page, 'minors')
  await page.getByText(/rechazó la invitación/).waitFor({ state: 'attached' })
  await keepScreenshot(page, '42-invitacion-rechazada')
  for (const visitor of [coordinator, invited]) expect(visitor.errors).toEqual([])
})

test('no page threw an error, and neither node holds a word of the day', () => {
  for (const visitor of [registrar, court]) expect(visitor.errors).toEqual([])
  for (const node of [network.hn, network.gt])
    for (const words of ['Ocotepeque', 'Segundo sin red', 'Borrador que no'])
      expect(filesWith(words, node.dataDir)).toBe('')
})

function filesWith(words: string, folder: string): string {
  return execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$2" || true', 'sh', words, folder]).toString()
}

/** A photo as large as a phone's, as base64. */
function drawnPhoto(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 3000
    canvas.height = 2000
    const context = canvas.getContext('2d')
    for (let row = 0; row < 40; row += 1) {
      context.fillStyle = 'hsl(' + row * 9 + ' 60% 60%)'
      context.fillRect(0, row * 50, 3000, 50)
    }
    context.fillStyle = '#123'
    context.font = '160px sans-serif'
    context.fillText('CÉDULA DE PRUEBA', 300, 1000)
    return canvas.toDataURL('image/jpeg', 0.9).split(',')[1]
  })()`)
}

/** What a camera writes into a picture: an APP1 segment after the start marker. */
function withCameraNote(jpeg: Buffer): Buffer {
  const note = Buffer.from(`Exif\0\0${CAMERA_NOTE}`)
  const head = Buffer.from([0xff, 0xe1, 0, 0])
  head.writeUInt16BE(note.length + 2, 2)
  return Buffer.concat([jpeg.subarray(0, 2), head, note, jpeg.subarray(2)])
}

/** Opens the picture in the page and saves it. */
async function photoOf(page: Page): Promise<Buffer> {
  await page.getByTestId('attachment-image').click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('img').waitFor()
  await keepScreenshot(page, `24-foto-abierta-${page.viewportSize()!.width}`)
  const { bytes } = await bytesOf(page, () => dialog.getByText('Descargar').click())
  await page.keyboard.press('Escape')
  return bytes
}

async function allFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
