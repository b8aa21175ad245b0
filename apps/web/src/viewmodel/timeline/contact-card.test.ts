import { exampleEntries, exampleInstitutions } from '@enlace/directory/examples'
import { Finder } from '@enlace/directory/finder'
import { markOf } from '@enlace/directory/marks'
import { runSteps } from '@enlace/directory/steps'
import { beforeAll, describe, expect, test } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { DirectoryState } from '../../model/directory/types.ts'
import { loadWords } from '../../words/language.ts'
import { isGuarded } from '../directory/guarded-place.ts'
import type { SignedMarkState } from '../institution/types.ts'
import { agrees, cardOf, cardText, standingOf } from './contact-card.ts'

// A Friday at ten in the morning at the border.
const NOW = Date.parse('2026-11-27T10:00:00-06:00')
const DOOR = { latitude: 15.6003, longitude: -88.2907 }
const SHELTER = 'hn-ejemplo-albergue'

/** The examples, the shelter at a door that only the network knows, or everybody. */
function directory(hidden: boolean, view: 'public' | 'network' = 'network') {
  const entries = exampleInstitutions.map((institution, at) => {
    const entry = structuredClone(exampleEntries[at]!)
    if (institution.key === SHELTER) {
      const place = entry.records.locations![0]!
      Object.assign(place, DOOR)
      if (hidden)
        entry.records.attributes!.push({
          ...markOf('locations', place.id, 'network_only', 'latitude,longitude'),
        })
    }
    return { institution, lastModified: '2026-11-01T00:00:00.000Z', entry }
  })
  const finder = runSteps(Finder.inSteps(entries, NOW, view))
  const state = createStore<DirectoryState>({ phase: 'ready', refreshing: false, version: 1 })
  return {
    state,
    refresh: async () => undefined,
    find: async (query: Parameters<Finder['find']>[0], now: number) => finder.find(query, now),
    rows: async (numbers: readonly number[], now: number) => finder.rows(numbers, now),
    entry: async (key: string, now: number) => finder.entry(key, now),
  }
}
const shelter = async (hidden = true) => (await directory(hidden).entry(SHELTER, NOW))!

beforeAll(() => loadWords())

describe('a card', () => {
  test('has nothing that is for the network alone', async () => {
    const details = await shelter()
    // The person on duty is the network's own business.
    expect(JSON.stringify(details)).toContain('+50400000102')
    for (const service of [undefined, ...details.services.map((one) => one.id)]) {
      const card = cardOf(details, service, () => 'todos los días 8:00–16:00')
      expect(JSON.stringify(card)).not.toContain('+50400000102')
      expect(card).toMatchObject({ key: SHELTER, name: details.name })
      expect(cardText(card).split('\n')[0]).toBe(details.name)
    }
    const hidden = { ...details, services: details.services.map((one) => ({ ...one, networkOnly: true })) }
    expect(cardOf(hidden, details.services[0]!.id, () => '')).not.toHaveProperty('service')
  })

  test('is of the registry only where this device has the same, and the institution signed it', async () => {
    const session = { directory: directory(true) } as never
    const details = await shelter()
    const card = cardOf(details, details.services[0]!.id, () => 'nunca')
    const marks = (kind: string) => ({ mark: async () => ({ kind }) as SignedMarkState })
    expect(await standingOf(session, marks('same'), card, NOW)).toEqual({
      kind: 'signed',
      schedules: details.services[0]!.schedules,
    })
    // The hours are the sender's words: what bears the mark is what this device has.
    expect(await standingOf(session, marks('same'), { ...card, hours: 'sólo de noche' }, NOW)).toMatchObject({
      kind: 'signed',
      schedules: details.services[0]!.schedules,
    })
    for (const kind of ['unsigned', 'differs', 'fault', 'offline'])
      expect(await standingOf(session, marks(kind), card, NOW), kind).toEqual({ kind: 'known' })
    for (const false_ of [
      { phones: ['+504 9999 9999'] },
      { name: `${card.name} ` },
      { phones: [...card.phones, '+504 9999 9999'] },
      { service: 'Abogado' },
      { place: 'Omoa, Cortés, junto al parque' },
    ]) {
      expect(agrees({ ...card, ...false_ }, details)).toBe(false)
      expect(await standingOf(session, marks('same'), { ...card, ...false_ }, NOW)).toEqual({
        kind: 'known',
      })
    }
    expect(await standingOf(session, marks('same'), { ...card, key: 'hn-nadie' }, NOW)).toEqual({
      kind: 'said',
    })
  })
})

describe('an exact point', () => {
  const beside = { latitude: DOOR.latitude + 0.002, longitude: DOOR.longitude }
  const away = { latitude: DOOR.latitude + 0.02, longitude: DOOR.longitude }
  test('is not sent where a place is whose address is not for everybody', async () => {
    expect(await isGuarded(directory(true), DOOR, NOW)).toBe(true)
    expect(await isGuarded(directory(true), beside, NOW)).toBe(true)
    expect(await isGuarded(directory(true), away, NOW)).toBe(false)
  })
  test('is sent where everybody may know the address', async () => {
    expect(await isGuarded(directory(false), DOOR, NOW)).toBe(false)
  })
})
