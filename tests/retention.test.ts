/**
 * Two nodes and three devices: what people wrote, its files and drafts are deleted when their time is over. After the receipts,
 * neither the nodes' folders nor the browsers' profiles hold any of it; what cannot be confirmed is listed.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  caseEventType,
  caseUpdateContent,
  caseUpdateEventType,
  DAY_MS,
  holdEventType,
  type RetentionReceipt,
  reduceCase,
  retentionEventType,
  type TimelineEvent,
} from '@enlace/coordination'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { runCommand } from '@enlace/homeserver/commands'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  attach,
  DESKTOP,
  keepScreenshot,
  message,
  openChannel,
  openProfile,
  PHONE,
  signInPage,
  type Visitor,
  write,
} from './support/browser.ts'
import { chooseField, fillField, pickInstitution, pickKind, submitCase } from './support/case-form.ts'
import { type DeviceDump, dumpDevice, filesWith } from './support/device-dump.ts'
import { setClock } from './support/escalations.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { channel, signIn, type TestPerson } from './support/sdk-client.ts'

/** Chromium tidies its tables in its own time, after everything else: on a busy machine that is minutes. */
const TIDIES_MS = 150_000
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const shiftedClock = ['--import', fileURLToPath(new URL('./support/shifted-clock.ts', import.meta.url))]
const WORDS = {
  message: 'Xochiquetzalli',
  fileName: 'Ixchelmazatl',
  file: 'Nezahualpilli',
  form: 'Tlapanochtli',
  note: 'Quauhtemallan',
  draft: 'Zacualtipan',
  caseDraft: 'Mixcoatlan',
  typed: 'Coatlicuetzin',
  searched: 'Huitzilopochco',
} as const
const ALL = Object.values(WORDS)
const CHIEF = { institution: 'gt-sbs', role: 'coordinator' } as const
/** After the periods that are set here, and after the node’s own first day. */
const LATER_MS = 16 * DAY_MS
const enc = encodeURIComponent

let network: TestNetwork
let folder: string
/** Open all the time. */
let chief: Visitor
/** Closed before anything is deleted, and opened again after it. */
let consulate: Visitor
/** Another program, which knows nothing of all this and confirms nothing. */
let stock: TestPerson
let room: string
let caseId: string
/** As they lie on nodes: ciphertext of messages and of files. */
const ciphertext: (string | Buffer)[] = []
const before: Record<'chief' | 'consulate', DeviceDump | undefined> = {
  chief: undefined,
  consulate: undefined,
}
const profile = (who: string) => join(folder, who)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-devices-'))
  network = await startTestNetwork({
    webRoot,
    nodeConfig: {
      rate_limits: 'off',
      retention: 'on',
      sign_in: { second_factor: { official: 'optional', coordinator: 'optional', staff: 'optional' } },
    },
    nodeFlags: shiftedClock,
  })
  chief = await openProfile(profile('jefa'), network.gt.baseUrl)
  consulate = await openProfile(profile('consulado'), network.hn.baseUrl)
  stock = await signIn(network.hn.baseUrl, 'registro.hn', { http: true })
  room = await channel(stock, `#documentation:${network.hn.serverName}`)
})
afterAll(async () => {
  stock?.stop()
  for (const one of [chief, consulate]) await one?.context.close().catch(() => undefined)
  await network?.dispose()
  if (folder) await rm(folder, { recursive: true, force: true })
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  await keepScreenshot(chief.page, '70-falla-jefa').catch(() => undefined)
  await keepScreenshot(consulate.page, '70-falla-consulado').catch(() => undefined)
})

type Json = Record<string, unknown>
let token: string | undefined
/** As the coordinator of Guatemala. */
async function call(method: string, path: string, body?: unknown): Promise<Json> {
  if (token === undefined && !path.endsWith('/login')) {
    const identifier = { type: 'm.id.user', user: 'coordinacion.gt' }
    const login = { type: 'm.login.password', identifier, password: DEMO_PASSWORD }
    token = String((await call('POST', '/_matrix/client/v3/login', login))['access_token'])
  }
  const answer = await fetch(network.gt.baseUrl + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as Json
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`)
  return json
}
const send = (type: string, content: object) =>
  call('PUT', `/_matrix/client/v3/rooms/${enc(room)}/send/${type}/${crypto.randomUUID()}`, content)

async function operator(node: { configFile: string }, ...args: string[]): Promise<string> {
  let said = ''
  const spies = (['log', 'error'] as const).map((where) =>
    vi.spyOn(console, where).mockImplementation((line: unknown) => {
      said += `${String(line)}\n`
    }),
  )
  const code = await runCommand(['--config', node.configFile, ...args]).finally(() => {
    for (const spy of spies) spy.mockRestore()
  })
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${said}`)
  return said
}

async function writeCase(page: Visitor['page'], surname: string): Promise<void> {
  await pickKind(page, 'birth_certificate')
  await pickInstitution(page, 'hn-rnp-sps')
  await fillField(page, 'given_names', 'Persona')
  await fillField(page, 'surnames', surname)
}

test('before: the words are in the channel, a file, a case and drafts, and on both browsers', async () => {
  const { page } = chief
  await signInPage(consulate.page, 'consulado.hn')
  await openChannel(consulate.page, 'documentation')
  await signInPage(page, 'coordinacion.gt')
  await openChannel(page, 'documentation')
  await write(page, `Habla ${WORDS.message}`)
  await message(consulate.page, WORDS.message).waitFor()
  await attach(page, [
    {
      name: `${WORDS.fileName}.pdf`,
      mimeType: 'application/pdf',
      buffer: Buffer.from(`%PDF-1.4\n% ${WORDS.file} ${'x'.repeat(3_000)}\n%%EOF\n`),
    },
  ])
  await consulate.page.getByTestId('attachment-file').filter({ hasText: WORDS.fileName }).waitFor()

  await page.getByTestId('channel-new-case').click()
  await writeCase(page, WORDS.form)
  await fillField(page, 'birth_date', '1990-03-14')
  await fillField(page, 'birth_municipality', 'Omoa')
  await chooseField(page, 'purpose', 'identity')
  await chooseField(page, 'consent', 'holder')
  await fillField(page, 'consent_date', '2026-01-15')
  await submitCase(page)
  const tile = page.locator('[data-testid="case-tile"][data-reference^="DOC-"]').first()
  await tile.waitFor()
  const reference = (await tile.getAttribute('data-reference'))!
  await tile.getByTestId('case-open').click()
  await page.getByTestId('case-note-input').fill(`Nota ${WORDS.note}`)
  await page.getByTestId('case-note-send').click()
  await page.getByTestId('case-note').filter({ hasText: WORDS.note }).waitFor()
  const board = await call('GET', '/_enlace/client/v1/cases?view=all')
  caseId = (board['rows'] as { id: string; reference: string }[]).find(
    (one) => one.reference === reference,
  )!.id

  await consulate.page.goto(`${network.hn.baseUrl}/casos/${enc(caseId)}`)
  await consulate.page.getByTestId('case-note').filter({ hasText: WORDS.note }).waitFor()
  await consulate.page.getByText(WORDS.form).first().waitFor()
  // What stands in fields that keep no drafts: browsers write fields into their session files.
  await page.goto(`${network.gt.baseUrl}/buscar`)
  await page.getByTestId('search-input').fill(WORDS.searched)
  await consulate.page.getByTestId('case-note-input').fill(`sin enviar ${WORDS.typed}`)

  // Two drafts that nobody sends.
  await page.goto(network.gt.baseUrl)
  await openChannel(page, 'documentation')
  await page.getByTestId('channel-new-case').click()
  await writeCase(page, WORDS.caseDraft)
  // A page that goes away with the last key that was pressed takes it along: it is sealed before it is written.
  await eventually('the form is kept', async () =>
    (await dumpDevice(page)).opened['case_drafts']?.includes(WORDS.caseDraft),
  )
  await page.goto(network.gt.baseUrl)
  await openChannel(page, 'documentation')
  await page.getByTestId('composer-input').fill(`borrador ${WORDS.draft}`)

  for (const [name, visitor] of [
    ['chief', chief],
    ['consulate', consulate],
  ] as const) {
    const expected = {
      messages: [WORDS.message, WORDS.fileName],
      case_details: [WORDS.form],
      ...(name === 'chief' ? { drafts: [WORDS.draft], case_drafts: [WORDS.caseDraft] } : {}),
      case_files: [caseId],
      sync: ['m.room.encrypted'],
    }
    let missing: string[] = []
    const dump = await eventually(`${name} keeps it`, async () => {
      const now = await dumpDevice(visitor.page)
      missing = Object.entries(expected).flatMap(([store, words]) =>
        words.filter((word) => !now.opened[store]?.includes(word)).map((word) => `${store}: ${word}`),
      )
      return missing.length === 0 && now
    }).catch((error: unknown) => {
      throw new Error(`${name} does not keep ${missing.join(', ')}`, { cause: error })
    })
    before[name] = dump
  }
  const past = await call('GET', `/_matrix/client/v3/rooms/${enc(room)}/messages?dir=b&limit=100`)
  for (const event of past['chunk'] as { type: string; content: { ciphertext?: string } }[])
    if (event.type === 'm.room.encrypted') ciphertext.push(event.content.ciphertext!.slice(20, 80))
  expect(ciphertext.length).toBeGreaterThan(3)
  const media = await eventually('the file is on both nodes', async () => {
    const found: string[] = []
    for (const node of [network.hn, network.gt])
      for (const name of await readdir(join(node.dataDir, 'media'), { recursive: true }).catch(() => [])) {
        const bytes = await readFile(join(node.dataDir, 'media', name)).catch(() => undefined)
        if (bytes && bytes.length > 3_000) found.push(bytes.subarray(100, 132).toString('base64'))
      }
    return found.length > 0 && found
  })
  ciphertext.push(...media.map((one) => Buffer.from(one, 'base64')))
  expect(filesWith([network.hn.dataDir, network.gt.dataDir], ciphertext).length).toBeGreaterThan(3)
})

test('the case ends, an institution shortens, one device is off: the case’s page says until when it stays', async () => {
  const file = await call('GET', `/_enlace/client/v1/cases/${enc(caseId)}`)
  const events = file['events'] as TimelineEvent[]
  const root = events.find(({ type }) => type === caseEventType)!
  const state = reduceCase(
    root,
    events.filter((one) => one !== root),
  )
  if (typeof state === 'string') throw new Error(state)
  await send(caseUpdateEventType, caseUpdateContent(state, CHIEF, { step: 'revoke', reason: 'other' }))
  await send(retentionEventType, { by: CHIEF, shorter: { messages: 7, birth_certificate: 7 } })
  await consulate.context.close()

  // Somebody asks for a hold and takes it back: everybody in the channel sees it meanwhile.
  const about = { 'm.relates_to': { rel_type: 'm.reference', event_id: caseId }, by: CHIEF }
  const review_ts = Date.now() + 90 * DAY_MS
  const { event_id } = await send(holdEventType, { ...about, hold: 'place', reason: 'complaint', review_ts })
  const { page } = chief
  await page.goto(`${network.gt.baseUrl}/casos/${enc(caseId)}`)
  const card = page.getByTestId('case-retention')
  const held = card.getByTestId('case-hold')
  await held.getByText(/Queja o denuncia.*Bienestar Social.*desde el/).waitFor()
  await card.getByText('Detenido por una retención').waitFor()
  await card.scrollIntoViewIfNeeded()
  await keepScreenshot(page, '70-caso-retenido')
  expect(await axeViolations(page)).toEqual([])
  await send(holdEventType, { ...about, hold: 'lift', after: [String(event_id)] })
  await page.reload()
  await card.getByText(/Su plazo vence el/).waitFor()
  expect(await held.count()).toBe(0)
  await card.scrollIntoViewIfNeeded()
  await keepScreenshot(page, '70-caso-plazo')
  expect(await axeViolations(page)).toEqual([])
  await page.goto(network.gt.baseUrl)
  await openChannel(page, 'documentation')
  await message(page, WORDS.message).waitFor()
})

type Record_ = {
  erasure?: {
    receipts: { server: string; receipt: RetentionReceipt }[]
    unconfirmed: unknown[]
    devices: {
      confirmed: number
      waiting: number
      elsewhere: { server: string; confirmed: number; waiting: number }[]
    }
  }
}
const record = async () =>
  ((await call('GET', `/_enlace/client/v1/retention/cases/${enc(caseId)}`)) as Record_).erasure

test('after: both nodes have signed, and hold none of it in any file', async () => {
  // For the registry too: what it signs about its list is good for a day.
  await writeFile(`${network.registryFile}.clock`, String(LATER_MS))
  await network.restartRegistry(shiftedClock)
  for (const node of [network.hn, network.gt]) {
    await setClock(node, LATER_MS)
    await operator(node, 'list', 'refresh')
  }
  for (const node of [network.gt, network.hn, network.gt]) await operator(node, 'retention', 'run', '--yes')
  const erasure = await eventually('both have signed', async () => {
    const now = await record()
    if (now?.receipts.length === 2) return now
    await operator(network.gt, 'retention', 'run', '--yes')
    return undefined
  })
  expect(erasure.receipts.map(({ server }) => server).sort()).toEqual(
    [network.hn.serverName, network.gt.serverName].sort(),
  )
  expect(erasure.receipts.map(({ receipt }) => receipt.storage)).toEqual(['rewritten', 'rewritten'])
  expect(erasure.unconfirmed).toEqual([])
  // The messages' receipts too.
  await eventually('messages are gone', async () => {
    const page = await call('GET', '/_enlace/client/v1/retention')
    return (page['erasures'] as { subject: string; receipts: unknown[] }[]).some(
      ({ subject, receipts }) => subject === 'messages' && receipts.length === 2,
    )
  })
  expect(filesWith([network.hn.dataDir, network.gt.dataDir], [...ciphertext, ...ALL])).toEqual([])
})

async function holdsNothing(page: Visitor['page']): Promise<void> {
  const { opened } = await dumpDevice(page)
  const all = JSON.stringify(opened)
  for (const word of ALL) expect(all, word).not.toContain(word)
  for (const one of ciphertext) if (typeof one === 'string') expect(all, one).not.toContain(one)
  expect(opened['case_files'] ?? '').not.toContain(caseId)
}
/** Of what the device kept sealed: what said any of it. The rest is copied as it lies, and stays. */
const concerned = ({ sealed }: DeviceDump) => {
  const wanted = [...ALL, ...ciphertext.filter((one) => typeof one === 'string'), caseId]
  const found = sealed.filter(({ at, text }) => wanted.some((one) => at.includes(one) || text.includes(one)))
  for (const store of ['messages', 'case_details', 'case_files', 'sync'])
    expect(
      found.some(({ at }) => at.startsWith(`${store} `)),
      store,
    ).toBe(true)
  return found.map(({ bytes }) => Buffer.from(bytes, 'base64'))
}
/**
 * Nothing of it in any file of the browser's profile, in the clear or sealed. What was deleted leaves the browser's tables when
 * it tidies them, a moment afterwards.
 */
async function leavesTheDisk(who: 'jefa' | 'consulado', dump: DeviceDump): Promise<void> {
  const sought = [...ALL, ...concerned(dump)]
  let found: string[] = []
  await eventually(
    'the browser’s disk holds none of it',
    () => {
      found = filesWith([profile(who)], sought)
      return found.length === 0
    },
    TIDIES_MS,
  ).catch((error: unknown) => {
    throw new Error(`the browser’s disk still holds: ${found.join(', ')}`, { cause: error })
  })
}

test('the device that is open shows it no more and keeps nothing of it, on its disk either', async () => {
  const { page } = chief
  await message(page, WORDS.message).waitFor({ state: 'detached' })
  await eventually('it has confirmed', async () => ((await record())?.devices.confirmed ?? 0) > 0)
  await page.goto(`${network.gt.baseUrl}/casos/${enc(caseId)}`)
  const card = page.getByTestId('case-erased')
  await card.getByText(network.hn.serverName).first().waitFor()
  for (const [name, viewport, colorScheme] of [
    ['escritorio', DESKTOP, 'light'],
    ['telefono', PHONE, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `71-caso-borrado-${name}`)
    expect(await axeViolations(page)).toEqual([])
  }
  await page.setViewportSize(DESKTOP)
  await holdsNothing(page)
  await leavesTheDisk('jefa', before.chief!)
  await chief.context.close()
  expect(filesWith([profile('jefa')], ALL)).toEqual([])
}, 300_000)

test('a device that was off deletes it before it shows anything, and confirms; a program that cannot is listed', async () => {
  const elsewhere = async () => (await record())?.devices.elsewhere[0]
  await operator(network.gt, 'retention', 'run', '--yes')
  const waiting = (await elsewhere())!.waiting
  expect(filesWith([profile('consulado')], concerned(before.consulate!))).not.toEqual([])
  // It was off for as long as the node's clock says: what the node had told it of that day's quiet is long past.
  const url = `${network.hn.baseUrl}/casos/${enc(caseId)}`
  consulate = await openProfile(profile('consulado'), url, undefined, { later: LATER_MS })
  await consulate.page.getByTestId('case-erased').waitFor()
  expect(await consulate.page.content()).not.toMatch(new RegExp(ALL.join('|')))
  await holdsNothing(consulate.page)
  await eventually('the other node says so', async () => {
    await operator(network.gt, 'retention', 'run', '--yes')
    return ((await elsewhere())?.waiting ?? waiting) < waiting
  })
  await leavesTheDisk('consulado', before.consulate!)
  await consulate.context.close()
  expect(filesWith([profile('consulado')], ALL)).toEqual([])
  const said = JSON.parse(await operator(network.hn, 'retention', 'status', '--json')) as {
    waiting: { what: string; devices: { user_id: string }[] }[]
  }
  const left = said.waiting.find(({ what }) => what.startsWith('DOC-'))!
  expect(left.devices.map(({ user_id }) => user_id)).toContain(stock.userId)
  expect(left.devices.map(({ user_id }) => user_id)).not.toContain(`@consulado.hn:${network.hn.serverName}`)
}, 300_000)
