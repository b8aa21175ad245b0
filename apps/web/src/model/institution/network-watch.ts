import {
  type FetchFile,
  fetchInstitutionFile,
  firstRoot,
  type InstitutionFile,
  type NetworkMemory,
  networkMemorySchema,
  type Refused,
  readableCode,
  rootOf,
  type VerifiedInstitution,
  type VerifiedNetwork,
  verifyInstitution,
  verifyNetwork,
} from '@enlace/trust/browser'
import { createStore } from '../../lib/store.ts'
import type { InstitutionReading, NetworkRoot, NetworkState, NetworkWatch, TrustFault } from './types.ts'

/** Between two files the server may take a newer state: what does not fit then, fits a moment later. */
const AGAIN_MS = [2_000, 10_000]
const MAX_FIRST_ROOT = 32

export interface WatchParts {
  fetchFile: FetchFile
  /** the sealed store of this browser: it is the device that knows a network, not the account */
  read(): Promise<string | undefined>
  write(text: string): Promise<void>
  now?(): number
  wait?(ms: number): Promise<void>
}

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

export function createNetworkWatch({
  fetchFile,
  read,
  write,
  now = Date.now,
  wait = sleep,
}: WatchParts): NetworkWatch {
  const state = createStore<NetworkState>({ kind: 'looking' })
  const faults = createStore<readonly TrustFault[]>([])
  let memory: NetworkMemory | undefined
  let kept: string | undefined
  let network: VerifiedNetwork | undefined
  // One after the other: each goes on from what the one before has seen.
  let queue: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work, work)
    queue = result.catch(() => undefined)
    return result
  }

  async function remember(next: NetworkMemory): Promise<void> {
    memory = next
    const text = JSON.stringify(next)
    if (text === kept) return
    await write(text)
    kept = text
  }

  async function recall(): Promise<NetworkMemory | undefined> {
    if (memory) return memory
    kept = await read().catch(() => undefined)
    if (kept === undefined) return undefined
    try {
      memory = networkMemorySchema.parse(JSON.parse(kept))
    } catch {
      memory = undefined
    }
    return memory
  }

  /** The oldest root the server has: what leads from it to the newest is then checked like everything else. */
  async function takeFirst(): Promise<NetworkMemory | Refused | undefined> {
    for (let version = 1; version <= MAX_FIRST_ROOT; version++) {
      const bytes = await fetchFile(`metadata/${version}.root.json`, 64 * 1024)
      if (!bytes) continue
      const first = await firstRoot(bytes, now())
      if (!first.ok) return first
      await remember(first.memory)
      return first.memory
    }
    return undefined
  }

  const faultOf = ({ fault, file, detail }: Refused, institution?: string): TrustFault => ({
    fault,
    file,
    detail,
    since: now(),
    ...(institution === undefined ? {} : { institution }),
  })

  async function rootShown(): Promise<NetworkRoot | undefined> {
    const root = memory && (await rootOf(memory))
    if (!memory || !root) return undefined
    const { roles, 'x-enlace': enlace, version } = root.content
    return {
      code: readableCode(root.digest),
      version,
      expiresAt: root.expiresAt,
      firstAt: memory.first.at,
      threshold: roles.targets.threshold,
      coordinators: roles.targets.keyids.map((keyid) => {
        const name = enlace?.names[keyid]
        const country = Object.entries(enlace?.countries ?? {}).find(([, ids]) => ids.includes(keyid))?.[0]
        return { keyid, ...(name ? { name } : {}), ...(country ? { country } : {}) }
      }),
    }
  }

  async function lookOnce(): Promise<NetworkState> {
    const before = (await recall()) ?? (await takeFirst())
    if (!before) return { kind: 'absent' }
    if ('fault' in before) return { kind: 'fault', fault: faultOf(before) }
    const verdict = await verifyNetwork(before, fetchFile, now())
    await remember(verdict.memory)
    const root = await rootShown()
    if (verdict.ok && root) {
      network = verdict.network
      return { kind: 'good', root, checkedAt: now() }
    }
    if (verdict.ok) return { kind: 'absent' }
    // Nothing that was seen before is contradicted: the registry has been silent for too long.
    if (verdict.fault === 'expired' && verdict.file === 'timestamp.json' && root)
      return { kind: 'good', root, checkedAt: now(), staleSince: now() }
    return { kind: 'fault', fault: faultOf(verdict), ...(root ? { root } : {}) }
  }

  const passing = (fault: TrustFault) => fault.fault === 'missing' || fault.fault === 'mismatch'

  /** Once more, a little later, when it may have been a moment between two states. */
  async function settled<T>(
    look: () => Promise<T>,
    faultIn: (value: T) => TrustFault | undefined,
  ): Promise<T> {
    let value = await look()
    for (const ms of AGAIN_MS) {
      const fault = faultIn(value)
      if (!fault || !passing(fault)) return value
      await wait(ms)
      value = await look()
    }
    return value
  }

  async function checkNow(): Promise<NetworkState> {
    const next = await settled(lookOnce, (value) => (value.kind === 'fault' ? value.fault : undefined))
    const before = state.get()
    const same = before.kind === 'fault' && next.kind === 'fault' && before.fault.fault === next.fault.fault
    if (same && before.fault.file === next.fault.file) next.fault.since = before.fault.since
    state.set(next)
    return next
  }

  function note(key: string, fault: TrustFault | undefined): void {
    const others = faults.get().filter((one) => one.institution !== key)
    const known = faults.get().find((one) => one.institution === key && one.fault === fault?.fault)
    if (!fault && others.length === faults.get().length) return
    faults.set(fault ? [{ ...fault, since: known?.since ?? fault.since }, ...others] : others)
  }

  async function readInstitution(key: string): Promise<InstitutionReading> {
    const checked = await lookOnce()
    if (checked.kind === 'absent') return { kind: 'absent' }
    if (checked.kind === 'fault') return { kind: 'fault', fault: { ...checked.fault, institution: key } }
    if (!network || !memory) return { kind: 'absent' }
    const verdict = await verifyInstitution(network, memory, key, fetchFile, now())
    await remember(verdict.memory)
    if (!verdict.ok)
      return {
        kind: 'fault',
        fault: faultOf(verdict, key),
        ...(verdict.lapsed ? { lapsed: verdict.lapsed } : {}),
      }
    if (verdict.state === 'no-key') return { kind: 'no-key' }
    if (verdict.state === 'silent' && 'role' in verdict)
      return { kind: 'silent', keyids: verdict.role.keyids, threshold: verdict.role.threshold }
    if (typeof verdict.state === 'string') return { kind: 'absent' }
    return { kind: 'signed', state: verdict.state }
  }

  return {
    state,
    faults,
    check: () => inTurn(checkNow),
    institution: (key) =>
      inTurn(async () => {
        const reading = await settled(
          () => readInstitution(key),
          (value) => (value.kind === 'fault' ? value.fault : undefined),
        )
        note(key, reading.kind === 'fault' ? reading.fault : undefined)
        return reading
      }),
    text: (reading: VerifiedInstitution, file: InstitutionFile) =>
      inTurn(async () => {
        const forNetwork = file === 'entry.network.json'
        const fetched = await settled(
          () => fetchInstitutionFile(reading, file, fetchFile),
          (value) => (value.ok || (forNetwork && value.fault === 'missing') ? undefined : faultOf(value)),
        )
        if (fetched.ok) return fetched.text
        const fault = faultOf(fetched, reading.institution)
        // A node without the network's token is not given this one.
        if (forNetwork && fault.fault === 'missing') return fault
        note(reading.institution, fault)
        return fault
      }),
    startOver: () =>
      inTurn(async () => {
        memory = undefined
        network = undefined
        const taken = await takeFirst()
        faults.set([])
        if (taken && 'fault' in taken) {
          const next: NetworkState = { kind: 'fault', fault: faultOf(taken) }
          state.set(next)
          return next
        }
        return checkNow()
      }),
  }
}
