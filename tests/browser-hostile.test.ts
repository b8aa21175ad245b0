import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, type Session } from '@enlace/dev-network/matrix'
import {
  CryptoEvent,
  VerificationPhase,
  type VerificationRequest,
  VerificationRequestEvent,
  VerifierEvent,
} from 'matrix-js-sdk/lib/crypto-api/index.js'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DESKTOP,
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
import { askWithPassword, newIdentity, operatorApproves } from './support/identity.ts'
import { forged, type LyingServer, lieTo } from './support/lying-server.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { signIn, type TestPerson } from './support/sdk-client.ts'

/** Servers and people with bad intentions, and what the page makes of them. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const TRUE_WORDS = 'Partida de nacimiento lista, tomo Quetzaltepeque'
const FALSE_WORDS = 'Entregue a la niña a Falsandro hoy mismo'

let network: TestNetwork
let browser: Browser
let registrar: Visitor
let court: TestPerson
let lies: LyingServer
let staff: Session
let documentation: string
let official: string

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  registrar = await visit(browser, 'about:blank', DESKTOP, { serviceWorkers: 'block' })
  lies = await lieTo(registrar.page)
  await registrar.page.goto(network.hn.baseUrl)
  await signInPage(registrar.page, 'registro.hn')
  court = await signIn(network.gt.baseUrl, 'juzgado.gt')
  await newIdentity(court)
  documentation = (await court.client.getRoomIdForAlias(`#documentation:${network.hn.serverName}`)).room_id
  official = `@oficial.gt:${network.gt.serverName}`
  staff = await login(network.hn.baseUrl, 'recepcion.hn', DEMO_PASSWORD)
})

afterAll(async () => {
  court?.stop()
  await browser?.close()
  await network?.dispose()
})

/** Accepts a comparison of pictures and says that they are the same. */
function comparing(person: TestPerson): Promise<void> {
  return new Promise((done, fail) => {
    person.client.once(CryptoEvent.VerificationRequestReceived, (request: VerificationRequest) => {
      const go = () => {
        const { verifier } = request
        if (request.phase !== VerificationPhase.Started || !verifier) return
        request.off(VerificationRequestEvent.Change, go)
        verifier.on(VerifierEvent.ShowSas, (sas) => void sas.confirm())
        verifier.verify().then(done, fail)
      }
      request.on(VerificationRequestEvent.Change, go)
      request.accept().catch(fail)
    })
  })
}

const onDisk = (words: string, folder: string) =>
  execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$2" || true', 'sh', words, folder]).toString()

describe('hostile: a server puts words into mouths (8.4)', () => {
  test('clear messages, clear edits and ciphertext with a body are not shown as words', async () => {
    const { page } = registrar
    await openChannel(page, 'documentation')
    await eventually('the court is in the channel', () => court.client.getRoom(documentation) !== null)
    const { event_id } = await court.client.sendEvent(
      documentation,
      'm.room.message' as never,
      { msgtype: 'm.text', body: TRUE_WORDS } as never,
    )
    await message(page, TRUE_WORDS).waitFor()
    const text = { msgtype: 'm.text', body: FALSE_WORDS }
    lies.tell(documentation, {
      timeline: [
        forged(official, 'm.room.message', text),
        forged(court.userId, 'm.room.message', {
          ...text,
          'm.new_content': text,
          'm.relates_to': { rel_type: 'm.replace', event_id },
        }),
        forged(official, 'm.room.encrypted', { algorithm: 'org.example.none', ciphertext: 'x', ...text }),
        forged(official, 'm.room.message', {
          ...text,
          'm.relates_to': { 'm.in_reply_to': { event_id } },
        }),
      ],
    })
    await page.getByTestId('message-hidden').waitFor()
    await keepScreenshot(page, '60-mensajes-falsos')
    expect(await page.getByText('Falsandro').count()).toBe(0)
    expect(await message(page, TRUE_WORDS).count()).toBe(1)
    expect(await page.getByTestId('message-hidden').textContent()).toMatch(/3 mensajes/)
    await page.getByTestId('search-open').click()
    await page.getByTestId('search-input').fill('Falsandro')
    await page.getByTestId('search-input').press('Enter')
    expect(await page.getByTestId('search-result').count()).toBe(0)
    await page.getByTestId('nav-channels').click()
  })

  test('a redacted encryption event turns nothing off, also after a reload', async () => {
    const { page } = registrar
    await openChannel(page, 'documentation')
    const before = lies.sentTypes().length
    lies.tell(documentation, {
      timeline: [forged(official, 'm.room.encryption', {}, { state_key: '' })],
    })
    await write(page, 'Secreto Uno Pijijiapan')
    await message(page, 'Secreto Uno Pijijiapan').waitFor()
    await eventually('it was sent', () => lies.sentTypes().length > before)
    await page.reload()
    await openChannel(page, 'documentation')
    lies.tell(documentation, {
      timeline: [forged(official, 'm.room.encryption', { algorithm: 'none' }, { state_key: '' })],
    })
    await write(page, 'Secreto Dos Pijijiapan')
    await eventually('it was sent', () => lies.sentTypes().length > before + 1)
    expect(new Set(lies.sentTypes())).toEqual(new Set(['m.room.encrypted']))
    expect(lies.clearWords(['Pijijiapan'])).toEqual([])
    expect(await page.getByTestId('room-kind').count()).toBe(0)
  })
})

describe('hostile: a false channel for children (8.1)', () => {
  const invite = async (body: Record<string, unknown>) => {
    const { room_id } = (await call(staff, 'POST', '/createRoom', {
      name: 'Niñez y adolescencia',
      preset: 'private_chat',
      invite: [`@registro.hn:${network.hn.serverName}`],
      ...body,
    })) as { room_id: string }
    return room_id
  }

  test('an unencrypted room says so, has no composer, and nothing is sent to it', async () => {
    const { page } = registrar
    await page.getByTestId('nav-channels').click()
    const roomId = await invite({})
    await page.getByTestId('invite-accept').click()
    const notice = page.getByTestId('room-kind')
    await notice.waitFor()
    expect(await notice.getAttribute('data-kind')).toBe('open')
    expect(await page.getByTestId('composer-input').count()).toBe(0)
    expect(await page.getByTestId('channel-new-case').count()).toBe(0)
    expect(await page.getByText(/todo lo que se escribe aquí va cifrado/i).count()).toBe(0)
    await call(staff, 'PUT', `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/t1`, {
      msgtype: 'm.text',
      body: FALSE_WORDS,
    })
    await page.getByTestId('message-hidden').waitFor()
    expect(await page.getByText('Falsandro').count()).toBe(0)
    await keepScreenshot(page, '61-canal-falso-sin-cifrar')
    await page.setViewportSize(PHONE)
    await keepScreenshot(page, '62-canal-falso-sin-cifrar-telefono')
    await page.setViewportSize(DESKTOP)
  })

  test('an encrypted room with the policy and the name of a channel gets none of its look', async () => {
    const { page } = registrar
    await page.getByTestId('nav-channels').click()
    const roomId = await invite({
      name: 'Niñez',
      initial_state: [
        { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
      ],
    })
    await page.getByTestId('invite-accept').click()
    const notice = page.getByTestId('room-kind')
    await notice.waitFor()
    // The node takes no such policy: a server that lies hands it to the page.
    const policy = await call(
      staff,
      'GET',
      `/rooms/${encodeURIComponent(documentation)}/state/org.enlace.topic.policy`,
    )
    lies.tell(roomId, {
      timeline: [forged(staff.userId, 'org.enlace.topic.policy', policy as never, { state_key: '' })],
    })
    await notice.filter({ hasText: /no es un canal temático/ }).waitFor()
    expect(await notice.getAttribute('data-kind')).toBe('private')
    expect(await page.getByTestId('channel-new-case').count()).toBe(0)
    expect(await page.getByTestId('rules-open').count()).toBe(0)
    await keepScreenshot(page, '63-sala-privada')
  })
})

describe('hostile: members nobody vouches for (8.2)', () => {
  test('sending pauses and says who; it goes on when the node vouches again', async () => {
    const { page } = registrar
    await page.getByTestId('nav-channels').click()
    const members = () => court.client.getRoom(documentation)!.getMembers()
    const list = (vouched: boolean) => () => ({
      version: Date.now(),
      members: Object.fromEntries(
        members().map(({ userId }) => [
          userId,
          userId === court.userId && !vouched
            ? {
                vouched: false,
                rule: 'members.unknown',
                reason: { es: 'No consta en su institución.', en: 'Not on record at their institution.' },
              }
            : { vouched: true },
        ]),
      ),
    })
    lies.answer('/vouched', list(false))
    lies.tell(documentation, {
      ephemeral: [{ type: 'org.enlace.vouched', content: { room_id: documentation, version: Date.now() } }],
    })
    await openChannel(page, 'documentation')
    const hold = page.getByTestId('hold')
    await hold.waitFor()
    expect(await hold.getAttribute('data-kind')).toBe('unvouched')
    expect(await hold.textContent()).toMatch(/No consta en su institución/)
    const before = lies.sentTypes().length
    await write(page, 'Secreto Tres Pijijiapan')
    await message(page, 'Secreto Tres').locator('[data-state="queued"]').waitFor()
    await keepScreenshot(page, '64-envio-en-pausa')
    await page.setViewportSize(PHONE)
    await keepScreenshot(page, '65-envio-en-pausa-telefono')
    await page.setViewportSize(DESKTOP)
    expect(lies.sentTypes().length).toBe(before)
    lies.answer('/vouched', list(true))
    lies.tell(documentation, {
      ephemeral: [{ type: 'org.enlace.vouched', content: { room_id: documentation, version: Date.now() } }],
    })
    await hold.waitFor({ state: 'detached' })
    await eventually('it goes out', () => lies.sentTypes().length > before)
    lies.answer('/vouched', undefined)
  })
})

describe('hostile: a swapped identity (8.3)', () => {
  test('the next message waits until pictures were compared', async () => {
    const { page } = registrar
    await page.getByTestId('nav-channels').click()
    await openChannel(page, 'documentation')
    const thief = await signIn(network.gt.baseUrl, 'juzgado.gt')
    await newIdentity(thief, operatorApproves(network.gt))
    const before = lies.sentTypes().length
    await write(page, 'Secreto Cuatro Pijijiapan')
    const hold = page.getByTestId('hold')
    await hold.waitFor()
    expect(await hold.getAttribute('data-kind')).toBe('identity')
    await keepScreenshot(page, '66-identidad-cambiada')
    expect(lies.sentTypes().length).toBe(before)

    // The other side is who it should be this time, and both see the same pictures.
    // A request by a device that is not known yet would be ignored by the encryption core.
    await thief.client.getCrypto()!.getUserDeviceInfo([`@registro.hn:${network.hn.serverName}`], true)
    const compared = comparing(thief)
    await page.getByTestId('hold-compare').click()
    await page.getByTestId('verify-match').waitFor()
    await keepScreenshot(page, '67-comparar-dibujos')
    await page.getByTestId('verify-match').click()
    await compared
    // Accepted by that: what was written goes out.
    await hold.waitFor({ state: 'detached' })
    await eventually('it goes out', () => lies.sentTypes().length > before)
    thief.stop()
  })

  test('one’s own identity, replaced elsewhere although it was asked about, is asked about again', async () => {
    const { page } = registrar
    const thief = await login(network.hn.baseUrl, 'registro.hn', DEMO_PASSWORD)
    const asked = page.getByTestId('own-asked')
    await askWithPassword(thief, async (userId, masterKey) => {
      await asked.waitFor()
      // Somebody fooled the operator meanwhile.
      await operatorApproves(network.hn)(userId, masterKey)
    })
    await page.getByTestId('own-reset').waitFor()
    await keepScreenshot(page, '68-fue-usted')
    await page.reload()
    await page.getByTestId('own-reset').waitFor()
    await page.getByTestId('own-not-mine').click()
    expect(await page.getByTestId('own-stopped').textContent()).toMatch(/Avise hoy mismo/)
    await keepScreenshot(page, '69-no-fui-yo')
  })
})

test('nothing of it left in the clear, no page failed, and no node holds the words', () => {
  expect(registrar.errors).toEqual([])
  expect(lies.clearWords(['Pijijiapan'])).toEqual([])
  expect(new Set(lies.sentTypes())).toEqual(new Set(['m.room.encrypted']))
  expect(lies.sentTypes().length).toBeGreaterThan(3)
  for (const node of [network.hn, network.gt]) expect(onDisk('Pijijiapan', node.dataDir)).toBe('')
})
