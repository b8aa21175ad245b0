/** Two registries that give out the same: one away, both apart, and together again. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import {
  addSignatures,
  createInstitutionTargets,
  createRoot,
  draftProposal,
  FederationListKeeper,
  generateTrustKey,
  InstitutionsKeeper,
  type ListedServer,
  openProposal,
  type Publication,
  parseRoot,
  publicationOf,
  signMetadata,
  signProposal,
  verifyPublication,
} from '@enlace/trust'
import { coordinator, institutionKeys } from '@enlace/trust/testing'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRegistry, type Registry } from './index.ts'
import { openRegistryKey } from './signing.ts'
import { memoryStorage, takeFrom } from './testing.ts'

const day = 86_400_000
const [hn, gt] = [coordinator('Honduras', 'HN'), coordinator('Guatemala', 'GT')]
const [renap, pdh] = [generateTrustKey(), generateTrustKey()]
const server = (server_name: string, status: 'active' | 'suspended' = 'active'): ListedServer => ({
  server_name,
  institutions: [],
  status,
})

let folder: string
let ports: [number, number]
let first: Publication
const stores = { a: memoryStorage(), b: memoryStorage() }
const running = new Map<'a' | 'b', Registry>()
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-mirror-'))
  ports = [await freePort(), await freePort()]
  stores.a = memoryStorage()
  stores.b = memoryStorage()
  const online = await Promise.all(['a', 'b'].map((name) => openRegistryKey(join(folder, name))))
  const root = createRoot({
    version: 1,
    expires: new Date(Date.now() + 365 * day),
    coordinators: [hn, gt],
    threshold: 2,
    online,
  })
  first = signed(
    draftProposal({
      base: undefined,
      root,
      servers: [server('a.example')],
      institutions: {},
      delegations: { 'gt-renap': institutionKeys([renap]), 'gt-pdh-izabal': institutionKeys([pdh]) },
      expires: new Date(Date.now() + 90 * day),
    }),
  )
})
afterEach(async () => {
  await Promise.all([...running.values()].map((registry) => registry.close()))
  running.clear()
  rmSync(folder, { recursive: true, force: true })
})

function signed(proposal: Parameters<typeof openProposal>[0]): Publication {
  let next = proposal
  for (const { key } of [hn, gt]) {
    const opened = openProposal(next, { now: Date.now() })
    if (!opened.ok) throw new Error(opened.detail)
    next = addSignatures(opened.opened, signProposal(opened.opened, key)!)
  }
  const opened = openProposal(next, { now: Date.now() })
  if (!opened.ok) throw new Error(opened.detail)
  return publicationOf(opened.opened)
}

function following(base: Publication, servers: ListedServer[]): Publication {
  const verdict = verifyPublication(base, { now: Date.now() })
  if (!verdict.ok) throw new Error(verdict.detail)
  const expires = new Date(Date.now() + 90 * day)
  return signed(draftProposal({ base: verdict.verified, servers, institutions: {}, expires }))
}

async function start(name: 'a' | 'b'): Promise<Registry> {
  const publication = join(folder, `${name}.json`)
  writeFileSync(publication, JSON.stringify(first))
  const [own, other] = name === 'a' ? ports : [ports[1], ports[0]]
  const registry = await createRegistry(
    {
      port: own,
      data_dir: join(folder, name),
      trust: { publication },
      mirrors: [`http://127.0.0.1:${other}`],
    },
    { log: pino({ level: 'silent' }), storage: { ...stores[name], close: async () => {} } },
  )
  running.set(name, registry)
  return registry
}
async function stop(name: 'a' | 'b'): Promise<void> {
  await running.get(name)?.close()
  running.delete(name)
}
const syncAll = async () => {
  for (const name of ['a', 'b', 'a', 'b'] as const) await running.get(name)?.sync()
}

const roster = (institution: string, id: number) =>
  JSON.stringify({
    _type: 'enlace-roster',
    institution,
    salt: `${'A'.repeat(22)}==`,
    members: [{ id: String(id).padStart(64, '0'), role: 'staff', since: 1 }],
  })
function says(institution: string, version: number, id: number) {
  const files = { 'roster.json': roster(institution, id) }
  const expires = new Date(Date.now() + 90 * day)
  const key = institution === 'gt-renap' ? renap : pdh
  return {
    _type: 'enlace-institution-publication',
    role: institution,
    metadata: JSON.stringify(
      signMetadata(createInstitutionTargets({ institution, version, expires, files }), [key]),
    ),
    targets: { [`${institution}/roster.json`]: files['roster.json'] },
  }
}
const post = async (name: 'a' | 'b', path: string, body: unknown): Promise<unknown> =>
  (
    await fetch(`${running.get(name)?.url}/trust/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  ).json()

/** A node that asks both, as nodes with mirrors do. */
function node() {
  const root = parseRoot(first.roots[0]!)
  if (!root.ok) throw new Error(root.detail)
  const list = new FederationListKeeper(root.root)
  const keeper = new InstitutionsKeeper({ network: false })
  return {
    /** @returns what was said that a broken line does not explain */
    async take(): Promise<string[]> {
      const alarms: string[] = []
      for (const { url } of running.values()) {
        const verdict = await takeFrom(url, list)
        if (!verdict.ok) {
          alarms.push(verdict.reason)
          continue
        }
        keeper.follow(list.ground!)
        for (const key of keeper.outdated(Date.now())) {
          const steps = keeper.update(key, Date.now())
          let step = steps.next()
          while (!step.done) {
            const answer = await fetch(`${url}/trust/${step.value.path}`)
            step = steps.next(answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined)
          }
          if (step.value.problem) alarms.push(step.value.problem.reason)
        }
      }
      return alarms
    },
    status(name: string) {
      const current = list.current(Date.now())
      return current.usable ? current.list.statusOf(name) : current.reason
    },
    member(key: string) {
      const current = keeper.roster(key, Date.now())
      return current.usable ? Number(current.roster.members[0]?.id) : current.reason
    },
  }
}

test('9.10: what is published at either is at both, signed by the one that leads', async () => {
  await start('a')
  await start('b')
  const one = node()
  await syncAll()
  expect(await one.take()).toEqual([])
  const second = following(first, [server('a.example'), server('b.example')])
  expect(await post('b', 'publish', second)).toEqual({ version: 2 })
  expect(await post('b', 'institutions/gt-renap', says('gt-renap', 1, 7))).toEqual({ version: 1 })
  await syncAll()
  const timestamps = await Promise.all(
    (['a', 'b'] as const).map(async (name) =>
      (await fetch(`${running.get(name)?.url}/trust/metadata/timestamp.json`)).text(),
    ),
  )
  expect(timestamps[0]).toBe(timestamps[1])
  expect(await one.take()).toEqual([])
  expect([one.status('b.example'), one.member('gt-renap')]).toEqual(['active', 7])
  // What is not good is refused by the one that leads, in its words.
  expect(
    await post('b', 'institutions/gt-renap', { ...says('gt-renap', 2, 9), role: 'gt-pdh-izabal' }),
  ).toMatchObject({
    code: 'publication_malformed',
  })
})

test.each([
  ['the one that leads', 'a', 'b'],
  ['the other', 'b', 'a'],
] as const)(
  '9.10: with %s gone the other takes over, and what was said meanwhile is at both again',
  async (_which, gone, stays) => {
    await start('a')
    await start('b')
    await post('a', 'institutions/gt-renap', says('gt-renap', 1, 1))
    await syncAll()
    const one = node()
    await one.take()
    await stop(gone)
    const second = following(first, [server('a.example', 'suspended')])
    expect(await post(stays, 'publish', second)).toEqual({ version: 2 })
    expect(await post(stays, 'institutions/gt-renap', says('gt-renap', 2, 2))).toEqual({ version: 2 })
    expect(await one.take()).toEqual([])
    expect([one.status('a.example'), one.member('gt-renap')]).toEqual(['suspended', 2])
    await start(gone)
    await syncAll()
    await stop(stays)
    expect(await one.take()).toEqual([])
    const fresh = node()
    await fresh.take()
    expect([fresh.status('a.example'), fresh.member('gt-renap')]).toEqual(['suspended', 2])
    // And goes on from there.
    expect(await post(gone, 'institutions/gt-renap', says('gt-renap', 3, 3))).toEqual({ version: 3 })
    expect(await one.take()).toEqual([])
    expect(one.member('gt-renap')).toBe(3)
  },
)

test('9.10: apart for a while, each takes what it is sent; together again, nothing is lost and no version is two things', async () => {
  await start('a')
  await start('b')
  await syncAll()
  // Apart: each runs without the other, one after another, on what it had.
  await stop('b')
  await post('a', 'institutions/gt-renap', says('gt-renap', 1, 1))
  await post('a', 'publish', following(first, [server('a.example'), server('c.example')]))
  const atA = node()
  expect(await atA.take()).toEqual([])
  await stop('a')
  await start('b')
  expect(await post('b', 'institutions/gt-pdh-izabal', says('gt-pdh-izabal', 1, 5))).toEqual({ version: 1 })
  const atB = node()
  expect(await atB.take()).toEqual([])
  expect([atB.member('gt-pdh-izabal'), atB.member('gt-renap'), atB.status('c.example')]).toEqual([
    5,
    'none',
    'unlisted',
  ])
  await start('a')
  await syncAll()
  await syncAll()
  for (const one of [atA, atB, node()]) {
    expect(await one.take()).toEqual([])
    expect([one.member('gt-renap'), one.member('gt-pdh-izabal'), one.status('c.example')]).toEqual([
      1,
      5,
      'active',
    ])
  }
})
