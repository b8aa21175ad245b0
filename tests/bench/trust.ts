/**
 * The trust list at its largest, 2,000 servers and 500 institutions with rosters: what verifying costs, and how long a change
 * takes to every node of a network of fifty, which keep the list as nodes do, from a registry that is a process of its own.
 * All fifty share this process, so that each is also slowed by the other forty-nine.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openRegistryKey } from '@enlace/registry/signing'
import {
  addSignatures,
  createInstitutionTargets,
  createRoot,
  draftProposal,
  FederationListKeeper,
  type FileRequest,
  generateTrustKey,
  InstitutionsKeeper,
  type ListedServer,
  openProposal,
  type Proposal,
  type Publication,
  parseRoot,
  publicationOf,
  rosterId,
  signMetadata,
  signProposal,
  type TrustKey,
  verifyPublication,
} from '@enlace/trust'
import { coordinator, institutionKeys, offerInstitutions, TrustRepository } from '@enlace/trust/testing'
import { listenForLists } from '../../packages/homeserver/src/federation/trust/push.ts'
import { pause, residentMiB, say, spread } from './figures.ts'

const SERVERS = 2_000
const INSTITUTIONS = 500
const PEOPLE_EACH = 30
const NODES = 50
const CHANGES = 10
const REGISTRY = fileURLToPath(new URL('../../apps/registry/src/main.ts', import.meta.url))

const day = 86_400_000
const keyOf = (n: number) => `gt-banco-${n}`
const salt = randomBytes(16).toString('base64')

const rosterOf = (institution: string, people: number, of = 0) =>
  JSON.stringify({
    _type: 'enlace-roster',
    institution,
    salt,
    members: Array.from({ length: people }, (_, n) => ({
      id: (of * 1_000 + n).toString(16).padStart(64, '0'),
      role: n === 0 ? 'coordinator' : 'staff',
      since: 1_700_000_000_000,
    })),
  })

const servers = (suspended = -1, count = SERVERS): ListedServer[] =>
  Array.from({ length: count }, (_, n) => ({
    server_name: `matrix.institucion-${n}.example`,
    institutions: n < INSTITUTIONS ? [keyOf(n)] : [],
    status: n === suspended ? 'suspended' : 'active',
    verify_keys: { 'ed25519:a1': randomBytes(32).toString('base64').slice(0, 43) },
  }))
const described = Object.fromEntries(
  Array.from({ length: INSTITUTIONS }, (_, n) => [keyOf(n), { kind: 'shelter', country: 'GT' }]),
)

function timed<T>(work: () => T): { ms: number; result: T } {
  const start = performance.now()
  const result = work()
  return { ms: performance.now() - start, result }
}

export async function benchTrust(): Promise<void> {
  await benchVerifying()
  await benchSpreading()
}

async function benchVerifying(): Promise<void> {
  say(`\nTrust: ${SERVERS} servers, ${INSTITUTIONS} institutions with rosters of ${PEOPLE_EACH}`)
  const repo = new TrustRepository([coordinator('HN', 'HN'), coordinator('GT', 'GT')], 2)
  const keys = Array.from({ length: INSTITUTIONS }, () => generateTrustKey())
  for (const [n, key] of keys.entries()) repo.give(keyOf(n), [key])
  repo.publish(servers(), { institutions: described })
  for (let n = 0; n < INSTITUTIONS; n++)
    repo.speak(keyOf(n), { 'roster.json': rosterOf(keyOf(n), PEOPLE_EACH) })
  const sizeOf = (part: string) =>
    (([...repo.files].findLast(([path]) => path.includes(part))?.[1].length ?? 0) / 1024).toFixed(0)
  say(
    `  targets ${sizeOf('.targets.json')} KiB, snapshot ${sizeOf('.snapshot.json')} KiB, list ${sizeOf('federation-list')} KiB`,
  )
  const before = process.memoryUsage()
  const list = new FederationListKeeper(repo.pinned)
  const keeper = new InstitutionsKeeper({ network: true })
  const first = timed(() => repo.offerTo(list))
  if (!first.result.ok) throw new Error(first.result.detail)
  const rosters = timed(() => offerInstitutions(repo, list, keeper))
  const bad = rosters.result.find(({ problem }) => problem)
  if (bad?.problem) throw new Error(bad.problem.detail)
  const after = process.memoryUsage()
  say(
    `  first copy: list ${first.ms.toFixed(0)} ms, all rosters ${rosters.ms.toFixed(0)} ms, ${((after.heapUsed + after.external - before.heapUsed - before.external) / 2 ** 20).toFixed(0)} MiB`,
  )
  const [one, all]: [number[], number[]] = [[], []]
  for (let round = 0; round < 20; round++) {
    repo.speak(keyOf(round), { 'roster.json': rosterOf(keyOf(round), PEOPLE_EACH, round + 1) })
    const changed = timed(() => [repo.offerTo(list), offerInstitutions(repo, list, keeper)] as const)
    if (changed.result[1].length !== 1) throw new Error('one institution changed')
    one.push(changed.ms)
  }
  for (let round = 0; round < 5; round++) {
    repo.publish(servers(round), { institutions: described })
    all.push(timed(() => [repo.offerTo(list), offerInstitutions(repo, list, keeper)]).ms)
  }
  say(`  one roster changed: ${spread(one)}; another list: ${spread(all)}`)
  const kept = list.kept
  const texts = Array.from({ length: INSTITUTIONS }, (_, n) => keeper.kept(keyOf(n))!)
  const again = timed(() => {
    const next = new FederationListKeeper(repo.pinned)
    next.restore(kept, Date.now())
    const people = new InstitutionsKeeper({ network: true })
    people.follow(next.ground!)
    for (const [n, text] of texts.entries())
      if (!people.restore(keyOf(n), text)) throw new Error('not restored')
  })
  say(`  after a restart, verified anew from disk: ${again.ms.toFixed(0)} ms`)
  const met: number[] = []
  for (let n = 0; n < 20; n++) {
    const start = performance.now()
    await rosterId(salt, `@persona${n}:matrix.institucion-1.example`)
    met.push(performance.now() - start)
  }
  const current = keeper.roster(keyOf(1), Date.now())
  if (!current.usable) throw new Error(current.reason)
  const asked = timed(() => {
    for (let n = 0; n < 100_000; n++) current.roster.validEntry(n.toString(16).padStart(64, '0'), Date.now())
  })
  say(
    `  an account met for the first time: ${spread(met)} (scrypt, once); asked again: ${(asked.ms / 100).toFixed(1)} µs`,
  )
}

/** A node of the simulated network: the keepers and the push of a real one. */
class ListedNode {
  readonly list: FederationListKeeper
  readonly institutions = new InstitutionsKeeper({ network: false })
  readonly #base: string
  readonly stop: () => void
  #turn: Promise<void> = Promise.resolve()

  constructor(url: string, root: string) {
    const read = parseRoot(root)
    if (!read.ok) throw new Error(read.detail)
    this.list = new FederationListKeeper(read.root)
    this.#base = `${url}/trust/`
    this.stop = listenForLists(`${url}/federation-list`, () => this.refresh())
  }

  refresh(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#take()).catch((error: unknown) => say(`  ${String(error)}`))
    return this.#turn
  }

  async #file({ path }: FileRequest): Promise<Uint8Array | undefined> {
    const answer = await fetch(`${this.#base}${path}`)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    return answer.ok ? bytes : undefined
  }

  async #take(): Promise<void> {
    const steps = this.list.update(Date.now())
    let step = steps.next()
    while (!step.done) step = steps.next(await this.#file(step.value))
    if (!step.value.ok) throw new Error(step.value.detail)
    this.institutions.follow(this.list.ground!)
    for (const key of this.institutions.outdated(Date.now())) {
      const each = this.institutions.update(key, Date.now())
      let next = each.next()
      while (!next.done) next = each.next(await this.#file(next.value))
    }
  }
}

async function benchSpreading(): Promise<void> {
  say(
    `\nTrust: a change to each of ${NODES} nodes, each with an institution, from a registry of its own process`,
  )
  const folder = await mkdtemp(join(tmpdir(), 'enlace-bench-trust-'))
  const nodes: ListedNode[] = []
  let registry: ChildProcess | undefined
  try {
    const online = await openRegistryKey(join(folder, 'data'))
    const people = [coordinator('HN', 'HN'), coordinator('GT', 'GT')]
    const keys = Array.from({ length: NODES }, () => generateTrustKey())
    const root = createRoot({
      version: 1,
      expires: new Date(Date.now() + 300 * day),
      coordinators: people,
      threshold: 2,
      online: [online],
    })
    const expires = new Date(Date.now() + 90 * day)
    const delegations = Object.fromEntries(keys.map((key, n) => [keyOf(n), institutionKeys([key])]))
    const placed = Object.fromEntries(Object.entries(described).slice(0, NODES))
    const about = { institutions: placed, delegations, expires }
    let base = signed(draftProposal({ base: undefined, root, servers: servers(-1, NODES), ...about }), people)
    const file = join(folder, 'published.json')
    await writeFile(file, JSON.stringify(base))
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const config = {
      port,
      data_dir: join(folder, 'data'),
      trust: { publication: file },
      rate_limits: 'off',
      log_level: 'error',
    }
    await writeFile(join(folder, 'registry.yaml'), JSON.stringify(config))
    registry = spawn(process.execPath, [REGISTRY, '--config', join(folder, 'registry.yaml')], {
      stdio: 'inherit',
    })
    const url = `http://127.0.0.1:${port}`
    while (
      !(await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await pause(200)

    const post = async (path: string, body: unknown) => {
      const answer = await fetch(`${url}/trust/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (!answer.ok) throw new Error(await answer.text())
    }
    const speak = (n: number, version: number, key: TrustKey) => {
      const institution = keyOf(n)
      const roster = rosterOf(institution, PEOPLE_EACH, version)
      const targets = createInstitutionTargets({
        institution,
        version,
        expires,
        files: { 'roster.json': roster },
      })
      return post(`institutions/${institution}`, {
        _type: 'enlace-institution-publication',
        role: institution,
        metadata: JSON.stringify(signMetadata(targets, [key])),
        targets: { [`${institution}/roster.json`]: roster },
      })
    }
    const filling = performance.now()
    for (const [n, key] of keys.entries()) await speak(n, 1, key)
    say(`  each publication takes the registry ${((performance.now() - filling) / NODES).toFixed(0)} ms`)
    for (let n = 0; n < NODES; n++) nodes.push(new ListedNode(url, base.roots[0]!))
    const first = performance.now()
    await Promise.all(nodes.map((node) => node.refresh()))
    say(
      `  ${NODES} first copies at once: ${((performance.now() - first) / 1000).toFixed(1)} s in one process`,
    )
    await pause(3_000)

    const reached = async (has: (node: ListedNode) => boolean): Promise<number[]> => {
      const start = performance.now()
      const times = new Map<ListedNode, number>()
      while (times.size < NODES) {
        for (const node of nodes)
          if (!times.has(node) && has(node)) times.set(node, performance.now() - start)
        if (performance.now() - start > 120_000) throw new Error(`only ${times.size} nodes have it`)
        await pause(5)
      }
      return [...times.values()]
    }
    const [rosters, lists]: [number[], number[]] = [[], []]
    for (let n = 0; n < CHANGES; n++) {
      const waiting = reached(({ institutions }) => institutions.version(keyOf(n)) === 2)
      await speak(n, 2, keys[n]!)
      rosters.push(...(await waiting))
      await pause(1_500)
    }
    for (let n = 0; n < CHANGES; n++) {
      const verdict = verifyPublication(base, { now: Date.now() })
      if (!verdict.ok) throw new Error(verdict.detail)
      base = signed(draftProposal({ base: verdict.verified, servers: servers(n, NODES), ...about }), people)
      const name = `matrix.institucion-${n}.example`
      const waiting = reached(({ list }) => {
        const current = list.current(Date.now())
        return current.usable && current.list.statusOf(name) === 'suspended'
      })
      await post('publish', base)
      lists.push(...(await waiting))
      await pause(1_500)
    }
    say(`  a roster changed, at each node: ${spread(rosters)}; a server suspended: ${spread(lists)}`)
    say(`  the registry's process: ${(await residentMiB(registry.pid!)).toFixed(0)} MiB`)
  } finally {
    for (const node of nodes) node.stop()
    registry?.kill('SIGTERM')
    await pause(1_000)
    await rm(folder, { recursive: true, force: true })
  }
}

function signed(proposal: Proposal, people: readonly { key: TrustKey }[]): Publication {
  let next = proposal
  for (const { key } of people) {
    const opened = openProposal(next, { now: Date.now() })
    if (!opened.ok) throw new Error(opened.detail)
    next = addSignatures(opened.opened, signProposal(opened.opened, key)!)!
  }
  const opened = openProposal(next, { now: Date.now() })
  if (!opened.ok) throw new Error(opened.detail)
  return publicationOf(opened.opened)
}
