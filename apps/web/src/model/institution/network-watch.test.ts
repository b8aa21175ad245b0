import { generateTrustKey, type TrustKey } from '@enlace/trust'
import { type FetchFile, rosterText, signingKey } from '@enlace/trust/browser'
import { coordinator, TrustRepository } from '@enlace/trust/testing'
import { describe, expect, test } from 'vitest'
import { createNetworkWatch } from './network-watch.ts'

const key = 'gt-renap'
const servers = [
  {
    server_name: 'gt.example',
    contact: 'mailto:red@gt.example',
    status: 'active' as const,
    institutions: [key],
  },
]

async function network() {
  const repo = new TrustRepository(
    [coordinator('Coordinación Honduras', 'HN'), coordinator('Coordinación Guatemala', 'GT')],
    2,
  )
  const own = generateTrustKey()
  repo.give(key, [own])
  repo.publish(servers)
  repo.speak(key, { 'roster.json': await roster(own) })
  return { repo, own }
}

async function roster(own: TrustKey): Promise<string> {
  const seed = Buffer.from(String(own.privateKey.export({ format: 'jwk' }).d), 'base64url')
  return rosterText({ institution: key, members: [], key: await signingKey(Uint8Array.from(seed)) })
}

/** A device before a server whose answers the test may change. */
function device(repo: { current: TrustRepository }, kept: { text?: string } = {}) {
  const waited: number[] = []
  const lie: { change?: (path: string, bytes: Uint8Array) => Uint8Array | undefined } = {}
  let onWait: (() => void) | undefined
  const fetchFile: FetchFile = async (path) => {
    const bytes = repo.current.files.get(path)
    return bytes && (lie.change ? lie.change(path, Uint8Array.from(bytes)) : Uint8Array.from(bytes))
  }
  const watch = createNetworkWatch({
    fetchFile,
    read: async () => kept.text,
    write: async (text) => {
      kept.text = text
    },
    wait: async (ms) => {
      waited.push(ms)
      onWait?.()
    },
  })
  const whenWaiting = (work: () => void) => {
    onWait = work
  }
  return { watch, kept, waited, lie, whenWaiting }
}

describe('what a device checks by itself', () => {
  test('a good network: whose it is, a number for the telephone, the institution’s roster', async () => {
    const { repo } = await network()
    const { watch } = device({ current: repo })
    const state = await watch.check()
    expect(state).toMatchObject({ kind: 'good', root: { version: 1, threshold: 2 } })
    expect(state.kind === 'good' && state.root.code).toMatch(/^(\d{5} ){5}\d{5}$/)
    const reading = await watch.institution(key)
    expect(reading.kind).toBe('signed')
    if (reading.kind === 'signed') expect(await watch.text(reading.state, 'roster.json')).toContain(key)
    expect(watch.faults.get()).toEqual([])
  })

  test('a server without a signed list is no fault', async () => {
    const { watch } = device({ current: { files: new Map() } as TrustRepository })
    expect(await watch.check()).toEqual({ kind: 'absent' })
    expect(await watch.institution(key)).toEqual({ kind: 'absent' })
  })

  test('a host that changes a byte of the roster is found out, and cleared when it stops', async () => {
    const { repo } = await network()
    const { watch, lie } = device({ current: repo })
    lie.change = (path, bytes) => {
      if (path.endsWith('.roster.json')) bytes[bytes.length - 10]! ^= 1
      return bytes
    }
    const reading = await watch.institution(key)
    if (reading.kind !== 'signed') throw new Error(reading.kind)
    expect(await watch.text(reading.state, 'roster.json')).toMatchObject({ fault: 'mismatch' })
    expect(watch.faults.get()).toMatchObject([{ institution: key, fault: 'mismatch' }])
    delete lie.change
    await watch.institution(key)
    expect(watch.faults.get()).toEqual([])
  })

  test('an older state is found out after the page was closed, because the device remembers', async () => {
    const { repo, own } = await network()
    const old = repo.twin()
    repo.speak(key, { 'roster.json': await roster(own) })
    const { watch, kept } = device({ current: repo })
    await watch.check()
    await watch.institution(key)
    const later = device({ current: old }, kept)
    expect(await later.watch.check()).toMatchObject({ kind: 'fault', fault: { fault: 'rollback' } })
    expect(await later.watch.institution(key)).toMatchObject({
      kind: 'fault',
      fault: { fault: 'rollback', institution: key },
    })
  })

  test('a moment between two states is no alarm', async () => {
    const { repo } = await network()
    const { watch, lie, waited, whenWaiting } = device({ current: repo })
    lie.change = (path, bytes) => (path.endsWith(`.${key}.json`) ? undefined : bytes)
    whenWaiting(() => delete lie.change)
    expect((await watch.institution(key)).kind).toBe('signed')
    expect(waited).toHaveLength(1)
  })

  test('another network is refused until a person takes it', async () => {
    const { repo } = await network()
    const { repo: other } = await network()
    const current = { current: repo }
    const { watch } = device(current)
    const before = await watch.check()
    current.current = other
    expect(await watch.check()).toMatchObject({ kind: 'fault' })
    const after = await watch.startOver()
    expect(after.kind).toBe('good')
    if (before.kind === 'good' && after.kind === 'good') expect(after.root.code).not.toBe(before.root.code)
  })

  test('a roster that has expired can still be read to be renewed', async () => {
    const { repo, own } = await network()
    repo.speak(key, { 'roster.json': await roster(own) }, { days: -1 })
    const { watch } = device({ current: repo })
    expect(await watch.institution(key)).toMatchObject({
      kind: 'fault',
      fault: { fault: 'expired' },
      lapsed: { institution: key },
    })
  })
})
