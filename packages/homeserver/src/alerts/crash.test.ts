/** A node is killed while it raises and sends: no alert it acknowledged is lost, and none becomes two. */
import { spawn } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type AlertNode,
  alertNode,
  anAlert,
  confirmAddresses,
  reachable,
  temporaryFolder,
} from '../testing/alerts.ts'
import { mailServer, webhookReceiver } from '../testing/receivers.ts'

const SECRET = 'un secreto de dieciséis'

let folder: string
let mail: Awaited<ReturnType<typeof mailServer>>
let sms: Awaited<ReturnType<typeof webhookReceiver>>
let node: AlertNode | undefined
beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'webhook.secret'), SECRET)
  ;[mail, sms] = await Promise.all([mailServer(), webhookReceiver(SECRET)])
})
afterAll(async () => {
  await node?.close()
  await Promise.all([mail.close(), sms.close()])
  await rm(folder, { recursive: true, force: true })
})

test('killed three times, in the middle of raising and sending', async () => {
  const more = {
    alerts: {
      public_url: 'https://enlace.example/',
      smtp: { url: `smtp://127.0.0.1:${mail.port}`, from: 'enlace@hn.example' },
      webhook: { url: sms.url, secret_file: join(folder, 'webhook.secret') },
    },
  }
  const dataDir = join(folder, 'data')
  const first = await alertNode(more, { dataDir })
  const { userId, token } = await first.register('ana')
  await first.call('PUT', '/_enlace/client/v1/alert-channels', { userId, token }, reachable())
  await confirmAddresses(first, { userId })
  await first.close()

  // Answers take a moment, so that many are under way when the node dies; some refuse at first.
  sms.behaviour.delayMs = 40
  mail.behaviour.delayMs = 20
  const acknowledged = new Set<string>()
  let log = ''
  for (const killAfter of [5, 30, 60]) {
    sms.behaviour.next = [{ status: 200 }, { status: 503 }, 'cut', { status: 200 }, 'hang']
    mail.behaviour.next = [{ status: 451 }, { status: 250 }, 'cut']
    const config = {
      server_name: 'hn.example',
      data_dir: dataDir,
      listeners: [{ port: 0, serves: ['client'] }],
      log_level: 'debug',
      ...more,
    }
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../testing/crash/alerts-node.ts'), JSON.stringify({ config, userId })],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let told = 0
    for await (const line of createInterface({ input: child.stdout! })) {
      log += line
      const said = JSON.parse(line) as { raised?: string }
      if (said.raised === undefined) continue
      acknowledged.add(said.raised)
      told += 1
      if (told === killAfter) child.kill('SIGKILL')
    }
  }
  // It logged what it did, but not to whom.
  expect(log).toContain('node running')
  expect(log).not.toMatch(/oficial@|5049999|dieciséis|registro\.example/)

  sms.behaviour.delayMs = 0
  mail.behaviour.delayMs = 0
  sms.behaviour.next = []
  mail.behaviour.next = []
  node = await alertNode(more, { dataDir, now: Date.now() })
  const { ctx, clock } = node
  const entries = () => ctx.alerts.ledger('lane')
  const open = async () =>
    (await entries()).filter(({ channel, state }) => channel !== 'client' && state === 'queued')
  await expect
    .poll(
      async () => {
        clock.advance(3_600_000)
        return (await open()).length
      },
      { timeout: 40_000, interval: 250 },
    )
    .toBe(0)
  // Whoever raised them says so again after the crash: nothing happens.
  for (const key of acknowledged) await ctx.alerts.raise(anAlert(userId, { key }))

  const ledger = await entries()
  const raised = new Set(ledger.map(({ key }) => key))
  expect([...acknowledged].filter((key) => !raised.has(key))).toEqual([])
  for (const channel of ['email', 'webhook']) {
    const sent = ledger.filter((one) => one.channel === channel)
    expect(sent.map(({ state }) => state)).toEqual(sent.map(() => 'sent'))
    expect(sent).toHaveLength(raised.size)
  }
  // One id per alert, however often a killed node had to say it again.
  expect(new Set(sms.messages().map(({ id }) => id)).size).toBe(raised.size)
  expect(new Set(sms.messages().map((one) => one['reference'])).size).toBe(raised.size)
  expect(new Set(mail.mails.map(({ id }) => id)).size).toBe(raised.size)
}, 120_000)
