import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CaseContent, caseUpdateContent } from '@enlace/coordination'
import { EXAMPLE_PASSPHRASE } from '@enlace/dev-network/coordinators'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import { MatrixEvent } from 'matrix-js-sdk'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  DESKTOP,
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
import { rostersOf, trustTool } from './support/coordinators.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { signIn, type TestPerson } from './support/sdk-client.ts'

/** Somebody leaves at noon; an institution whose last coordinator is gone, and one whose last coordinator goes. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
const API = '/_enlace/client/v1'
const HN = 'hn-sreci'
const GT = 'gt-sbs'
const STAND_IN_PASSWORD = 'cuatro palabras sin relación'

let network: TestNetwork
let browser: Browser
let coordinator: Visitor
let leaver: Visitor
/** Of the other country: reads on, and is appointed later. */
let appointee: Visitor
/** Another device of whoever leaves, whose keys the test can look at. */
let device: TestPerson
let chief: Session
let clerk: Session
let channel: string
const at = (name: string) => join(network.dataDir, name)
const stand = () => `@suplencia.hn:${network.hn.serverName}`
const consul = () => `@consulado.hn:${network.hn.serverName}`
const chiefId = () => `@coordinacion.hn:${network.hn.serverName}`
const official = () => `@oficial.gt:${network.gt.serverName}`

const api = (who: Session, method: string, path: string, body?: unknown) =>
  matrixRequest(who.baseUrl, method, `${API}${path}`, body, who.accessToken)

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  chief = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
  clerk = await login(network.gt.baseUrl, 'registro.gt', DEMO_PASSWORD)
  const alias = encodeURIComponent(`#documentation:${network.hn.serverName}`)
  channel = String((await call(chief, 'GET', `/directory/room/${alias}`))['room_id'])
  await inviteStandIn()
  coordinator = await visit(browser, network.hn.baseUrl, DESKTOP)
  leaver = await visit(browser, network.hn.baseUrl, PHONE)
  appointee = await visit(browser, network.gt.baseUrl, DESKTOP)
  await Promise.all([
    signInPage(coordinator.page, 'coordinacion.hn'),
    signInPage(appointee.page, 'oficial.gt'),
    signInPhone(),
  ])
})

/** A colleague of the institution, made by invitation and put on its roster. */
async function inviteStandIn(): Promise<void> {
  const invitees = [{ localpart: 'suplencia.hn', display_name: 'Suplencia del consulado', role: 'staff' }]
  const { people } = (await api(chief, 'POST', '/institution/invitations', {
    people: invitees,
    hours: 24,
  })) as { people: { invitation: { id: string; secret: string } }[] }
  const { id, secret } = people[0]!.invitation
  await matrixRequest(network.hn.baseUrl, 'POST', `${API}/invitations/accept`, {
    ...{ id, secret, username: 'suplencia.hn', password: STAND_IN_PASSWORD },
  })
  await rostersOf(network).say(HN, [
    { userId: chiefId(), role: 'coordinator' },
    { userId: consul(), role: 'staff' },
    { userId: stand(), role: 'staff' },
  ])
  await eventually('the roster is known', async () => {
    const { accounts } = (await api(chief, 'GET', '/institution/people')) as {
      accounts: { user_id: string; roster: unknown }[]
    }
    return accounts.some(({ user_id, roster }) => user_id === stand() && roster !== null)
  })
}

async function signInPhone(): Promise<void> {
  const { page } = leaver
  await page.getByTestId('sign-in-user').fill('consulado.hn')
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  // Their other device is confirmed with the key that the phone was shown.
  const recoveryKey = await keepKey(page)
  device = await signIn(network.hn.baseUrl, 'consulado.hn', { recoveryKey })
  await page.getByTestId('own-mine').click()
}
afterAll(async () => {
  device?.stop()
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, one] of Object.entries({ coordinator, leaver, appointee }))
    if (one) await keepScreenshot(one.page, `leaving-falla-${name}`)
})

async function look(page: Page, name: string): Promise<void> {
  for (const [size, viewport, colorScheme] of [
    ['desk', DESKTOP, 'light'],
    ['phone', PHONE, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `leaving-${name}-${size}`)
    expect(await axeViolations(page)).toEqual([])
    // Neither the page nor what scrolls in it is wider than the screen.
    const wide = await page.evaluate<boolean>(
      "[document.documentElement, ...document.querySelectorAll('.page-scroll')].some((one) => one.scrollWidth > one.clientWidth)",
    )
    expect({ name, size, wide }).toEqual({ name, size, wide: false })
    // The whole of it, for a person to look at.
    const height = await page.evaluate<number>(
      "innerHeight + Math.max(0, ...[...document.querySelectorAll('.page-scroll')].map((one) => one.scrollHeight - one.clientHeight))",
    )
    if (size === 'phone' && height > viewport.height) {
      await page.setViewportSize({ ...viewport, height })
      await keepScreenshot(page, `leaving-${name}-whole`)
    }
  }
  await page.setViewportSize(DESKTOP)
  await page.emulateMedia({ colorScheme: 'light' })
}

async function openKey(
  page: Page,
  file = at(`instituciones-de-ejemplo/${HN}.llave.json`),
  passphrase = EXAMPLE_PASSPHRASE,
): Promise<void> {
  await page.getByTestId('key-open').click()
  await page.getByTestId('key-file').setInputFiles(file)
  await page.getByTestId('key-passphrase').fill(passphrase)
  await page.getByTestId('key-open-submit').click()
  await page.locator('[data-testid=key-card][data-kind=good]').waitFor()
}

/** A case between two institutions, opened by whoever is given. */
async function openCase(who: Session, from: string, to: string): Promise<{ id: string; reference: string }> {
  const asked = { kind: 'birth_certificate', room_id: channel }
  const reference = String((await api(who, 'POST', '/cases/reference', asked))['reference'])
  const soon = Date.now() + 3_600_000
  const content: CaseContent = {
    reference,
    kind: 'birth_certificate',
    priority: 'medium',
    requesting: from,
    responsible: to,
    acknowledge_by: soon,
    deadline: soon + 3_600_000,
    by: { institution: from, role: 'staff' },
  }
  const path = `/rooms/${encodeURIComponent(channel)}/send/org.enlace.case/${reference}`
  return { id: String((await call(who, 'PUT', path, content))['event_id']), reference }
}

type Said = { event_id: string; type: string; content: { session_id?: string } }
type Seen = { row?: { assignee?: string; follower?: string } }
const caseSeenBy = (who: Session, id: string): Promise<Seen> =>
  api(who, 'GET', `/cases/${encodeURIComponent(id)}`).catch(() => ({}))

describe('10.1: somebody leaves at noon', () => {
  let asked: { id: string; reference: string }
  let assigned: { id: string; reference: string }

  test('until the roster is signed it is undone, and the account opens again', async () => {
    const { page } = coordinator
    await page.goto(`${network.hn.baseUrl}/institucion/personas/${encodeURIComponent(stand())}`)
    await page.getByTestId('person-leave').click()
    await page.getByTestId('leaving-start').click()
    await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
    await page.getByTestId('leaving-confirm').click()
    await page.getByTestId('leaving-step-roster').getByText('firme la lista').waitFor()
    const signedIn = () => login(network.hn.baseUrl, 'suplencia.hn', STAND_IN_PASSWORD)
    await expect(signedIn()).rejects.toThrow()
    await look(page, 'waits')
    await page.getByTestId('leaving-undo').click()
    await page.getByTestId('leaving-undo-confirm').click()
    await page.getByTestId('leaving-undone').waitFor()
    await look(page, 'undone')
    await signedIn()
  })

  test('the page says what will happen and asks to whom shifts and cases go', async () => {
    const consulate = await login(network.hn.baseUrl, 'consulado.hn', DEMO_PASSWORD)
    asked = await openCase(consulate, HN, 'gt-renap')
    assigned = await openCase(clerk, 'gt-renap', HN)
    await eventually('the case has arrived', async () => (await caseSeenBy(chief, assigned.id)).row)
    const give = caseUpdateContent(
      { id: assigned.id, heads: [assigned.id] },
      { institution: HN, role: 'coordinator' },
      { step: 'assign', assignee: consul() },
    )
    await call(
      chief,
      'PUT',
      `/rooms/${encodeURIComponent(channel)}/send/org.enlace.case.update/asignar`,
      give,
    )
    await api(chief, 'PUT', '/duty', {
      shifts: [],
      weekly: [{ user_id: consul(), weekdays: [1, 2, 3, 4, 5], from: '08:00', to: '16:00' }],
    })

    // Before noon both read what the other writes.
    await coordinator.page.goto(`${network.hn.baseUrl}/`)
    await openChannel(coordinator.page, 'documentation')
    await write(coordinator.page, 'antes de las doce')
    await openChannel(leaver.page, 'documentation')
    await message(leaver.page, 'antes de las doce').waitFor()
    await eventually('the device reads', () =>
      device.texts(channel).some(({ body }) => body === 'antes de las doce'),
    )

    const { page } = coordinator
    await page.goto(`${network.hn.baseUrl}/institucion`)
    await openKey(page)
    await page
      .locator(`[data-testid=roster-row][data-user-id="${consul()}"]`)
      .getByTestId('roster-leave')
      .click()
    await page
      .getByTestId('leaving-cases')
      .getByRole('listitem')
      .filter({ hasText: asked.reference })
      .waitFor()
    await page
      .getByTestId('leaving-cases')
      .getByRole('listitem')
      .filter({ hasText: assigned.reference })
      .waitFor()
    expect(await page.getByTestId('leaving-start').isDisabled()).toBe(true)
    await look(page, 'plan')
    await choose(page.getByTestId('leaving-shifts-to'), chiefId())
    await choose(page.getByTestId('leaving-cases-to'), chiefId())
  })

  test('one act: the phone is out, and cases and shifts have another owner on both nodes', async () => {
    const { page } = coordinator
    await page.getByTestId('leaving-start').click()
    await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
    await page.getByTestId('leaving-confirm').click()
    await page.locator('[data-testid=leaving-progress][data-state=done]').waitFor()
    await look(page, 'done')

    // The phone shows in words that the session has ended, and nothing of the channel.
    await leaver.page.getByTestId('sign-in-user').waitFor()
    await keepScreenshot(leaver.page, 'leaving-phone-out')
    expect(await leaver.page.getByText('antes de las doce').count()).toBe(0)
    await leaver.page.getByTestId('sign-in-user').fill('consulado.hn')
    await leaver.page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
    await leaver.page.getByTestId('sign-in-submit').click()
    await leaver.page.getByRole('alert').waitFor()

    for (const who of [chief, clerk])
      await eventually('the cases have another owner', async () => {
        const one = (await caseSeenBy(who, asked.id)).row
        const two = (await caseSeenBy(who, assigned.id)).row
        return one?.follower === chiefId() && two?.assignee === chiefId()
      })
    const roster = (await api(chief, 'GET', '/duty')) as { weekly: { user_id: string }[] }
    expect(roster.weekly.map((one) => one.user_id)).toEqual([chiefId()])
    await eventually('they are out on the other node', async () => {
      const path = `/rooms/${encodeURIComponent(channel)}/members`
      const { members } = (await api(clerk, 'GET', path)) as {
        members: { user_id: string; membership: string }[]
      }
      const found = members.find((one) => one.user_id === consul())
      return found === undefined || found.membership === 'leave'
    })
  })

  test('at 12:01 their sync is refused, and what is written opens with no key they have', async () => {
    const { page } = coordinator
    const sync = fetch(`${network.hn.baseUrl}/_matrix/client/v3/sync`, {
      headers: { authorization: `Bearer ${device.client.getAccessToken()}` },
    })
    expect((await sync).status).toBe(401)
    const encrypted = async () => {
      const path = `/rooms/${encodeURIComponent(channel)}/messages?dir=b&limit=20`
      const { chunk } = (await call(chief, 'GET', path)) as { chunk: (Said & { sender: string })[] }
      return chunk.filter((one) => one.type === 'm.room.encrypted' && one.sender === chiefId())
    }
    const [before] = await encrypted()
    await page.goto(`${network.hn.baseUrl}/`)
    await openChannel(page, 'documentation')
    await write(page, 'después de las doce')
    await openChannel(appointee.page, 'documentation')
    await message(appointee.page, 'después de las doce').waitFor()
    const after = await eventually('it is sent', async () => {
      const [newest] = await encrypted()
      return newest?.event_id !== before?.event_id && newest
    })
    expect(after.content.session_id).not.toBe(before?.content.session_id)
    const reads = async (said: Said | undefined) => {
      const event = new MatrixEvent(said)
      await device.client.decryptEventIfNeeded(event)
      return event.isDecryptionFailure() ? 'nothing' : event.getContent()['body']
    }
    // What they read before stays as it was.
    expect([await reads(before), await reads(after)]).toEqual(['antes de las doce', 'nothing'])
  })
})

describe('10.1: succession', () => {
  test('whom two coordinators appoint, one of each country, signs the roster from then on', async () => {
    const { page } = appointee
    await page.goto(`${network.gt.baseUrl}/institucion/sucesion`)
    await page.getByTestId('succession-make').click()
    await page.getByTestId('succession-card').waitFor()
    await look(page, 'succession-key')
    const download = page.waitForEvent('download')
    await page.getByTestId('succession-download').click()
    const file = await (await download).path()

    const registry = ['--registry', network.registryUrl]
    const root = ['--root', at('root.json')]
    await trustTool('fetch', ...registry, ...root, '--out', at('a.json'))
    await trustTool(
      'institution',
      'fetch',
      '--institution',
      GT,
      ...registry,
      ...root,
      '--out',
      at('dicho.json'),
    )
    const keyOf = async (who: string) =>
      (
        JSON.parse(await readFile(at(`coordinaciones-de-ejemplo/${who}.publica.json`), 'utf8')) as {
          keyid: string
        }
      ).keyid
    const said = await trustTool(
      ...['propose', 'appoint', '--from', at('a.json'), '--institution', GT, '--person', official()],
      ...['--add', file, '--by', await keyOf('hn2'), '--by', await keyOf('gt2')],
      ...['--roster', at('dicho.json'), '--out', at('p.json')],
    )
    expect(said).toContain(`NOMBRA a quien coordina ${GT}`)
    for (const who of ['hn2', 'gt2']) {
      const key = at(`coordinaciones-de-ejemplo/${who}.llave.json`)
      await trustTool('sign', at('p.json'), ...root, '--key', key, '--out', at(`${who}.json`))
    }
    await trustTool('publish', at('p.json'), at('hn2.json'), at('gt2.json'), ...registry)

    type Shown = { institution: string; taken: boolean; user_id: string | null; by: { country: string }[] }
    const shownTo = async (who: Session) =>
      ((await api(who, 'GET', '/trust/appointments'))['appointments'] as Shown[]).find(
        (one) => one.institution === GT,
      )
    for (const who of [chief, clerk]) {
      const shown = await eventually('it is shown', () => shownTo(who))
      expect(shown).toMatchObject({ taken: false, user_id: official() })
      expect(shown.by.map(({ country }) => country).sort()).toEqual(['GT', 'HN'])
    }
    // The roster before stays in force.
    const roleOf = async (who: Session, userId: string) => {
      const path = `/rooms/${encodeURIComponent(channel)}/members`
      const { members } = (await api(who, 'GET', path)) as {
        members: { user_id: string; role?: string | null }[]
      }
      return members.find((one) => one.user_id === userId)?.role
    }
    expect(await roleOf(chief, official())).toBe('official')

    await page.reload()
    await page.getByTestId('succession-mine').waitFor()
    await look(page, 'succession-appointed')
    await page.getByTestId('succession-to-key').click()
    await page.locator('[data-testid=key-card][data-kind=good]').waitFor()
    const row = (userId: string) => page.locator(`[data-testid=roster-row][data-user-id="${userId}"]`)
    await row(official()).getByTestId('roster-edit').click()
    await choose(page.getByTestId('roster-role'), 'coordinator')
    await page.getByTestId('roster-save').click()
    await row(`@coordinacion.gt:${network.gt.serverName}`).getByTestId('roster-strike').click()
    await page.getByTestId('publish-open').click()
    await page.getByTestId('publish-confirm').click()
    await page.getByTestId('publish-taken').waitFor()
    await eventually('the other node knows', async () => (await roleOf(chief, official())) === 'coordinator')
    expect(
      await eventually('taken', async () => ((await shownTo(chief))?.taken ? shownTo(chief) : undefined)),
    ).toMatchObject({
      user_id: official(),
    })
    await page.goto(`${network.gt.baseUrl}/institucion/sucesion`)
    await page.reload()
    await page.locator(`[data-testid="succession-${GT}"][data-taken=true]`).waitFor()
    await look(page, 'succession-taken')
    expect(appointee.errors).toEqual([])
  })
})

describe('10.1: the last coordinator leaves', () => {
  test('only with a successor, who gets the key and coordinates from then on', async () => {
    const { page } = coordinator
    const own = `${network.hn.baseUrl}/institucion/salidas/${encodeURIComponent(chiefId())}`
    await page.evaluate(() => localStorage.setItem('enlace.language', 'en'))
    await page.goto(own)
    await page.getByTestId('leaving-successor').waitFor()
    expect(await page.getByTestId('leaving-start').isDisabled()).toBe(true)
    await look(page, 'last-english')
    await page.evaluate(() => localStorage.setItem('enlace.language', 'es'))
    await page.goto(`${network.hn.baseUrl}/institucion/salidas`)
    await page.locator(`[data-testid=leaving-item][data-user-id="${consul()}"]`).waitFor()
    await look(page, 'list')

    await page.goto(own)
    for (const what of ['shifts', 'cases', 'successor'])
      await choose(page.getByTestId(`leaving-${what}-to`), stand())
    await page.getByTestId('leaving-give-key').click()
    const passphrase = (await page.getByTestId('key-copy-passphrase').textContent()) ?? ''
    const download = page.waitForEvent('download')
    await page.getByTestId('key-copy-download').click()
    const file = await (await download).path()
    await page.keyboard.press('Escape')
    expect(await page.getByTestId('leaving-start').isDisabled()).toBe(true)
    await page.getByTestId('leaving-key-given').check()
    await page.getByTestId('leaving-start').click()
    await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
    await page.getByTestId('leaving-confirm').click()
    await page.getByTestId('sign-in-user').waitFor()
    expect(coordinator.errors).toEqual([])

    // The phone is out before the roster is signed: they coordinate when that has arrived.
    const successor = await login(network.hn.baseUrl, 'suplencia.hn', STAND_IN_PASSWORD)
    await eventually(
      'the successor coordinates',
      async () => (await api(successor, 'GET', '/me'))['role'] === 'coordinator',
    )
    const next = leaver.page
    await next.goto(network.hn.baseUrl)
    await next.getByTestId('sign-in-user').fill('suplencia.hn')
    await next.getByTestId('sign-in-password').fill(STAND_IN_PASSWORD)
    await next.getByTestId('sign-in-submit').click()
    await next.getByTestId('recovery-later').click()
    await next.goto(`${network.hn.baseUrl}/institucion`)
    await openKey(next, file, passphrase)
    await next.goto(`${network.hn.baseUrl}/institucion/personas`)
    await next
      .locator(`[data-testid=person-row][data-user-id="${stand()}"]`)
      .getByText('En la lista firmada')
      .waitFor()
    expect(await next.getByTestId('people-waiting').count()).toBe(0)
    expect(await next.getByTestId('person-row').count()).toBe(1)
    await look(next, 'successor')
    expect(leaver.errors).toEqual([])
  })
})
