import { type DirectoryCopy, directoryCopy } from '@enlace/directory/copy'
import { exampleEntries, exampleInstitutions } from '@enlace/directory/examples'
import { expect, test } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { DirectoryState } from '../../model/directory/types.ts'
import { namedRecords } from './named-records.ts'

const entries = exampleInstitutions.map((institution) => {
  const entry = exampleEntries.find(({ key }) => key === institution.key)
  return { institution, lastModified: '2026-11-02T00:00:00.000Z', ...(entry ? { entry } : {}) }
})
const directory = (copy: DirectoryCopy | undefined) => ({
  state: createStore({ phase: copy ? 'ready' : 'none' } as DirectoryState),
  refresh: async () => {},
  copy: async () => JSON.parse(JSON.stringify(copy)) as unknown,
})
const service = exampleEntries[0]!.records.services![0]!

test('what anybody sees can be named, with one digest on every device, whichever copy it has', async () => {
  const whole = (await namedRecords(directory(directoryCopy(entries, 'network'))))!
  const open = (await namedRecords(directory(directoryCopy(entries, 'public'))))!
  expect(whole.choices.length).toBeGreaterThan(exampleInstitutions.filter((one) => one.confirmed).length)
  expect(open.choices.map(({ value }) => value)).toEqual(whole.choices.map(({ value }) => value))
  for (const choice of whole.choices) {
    expect(whole.digestOf(choice)).toMatch(/^[0-9a-f]{64}$/)
    expect(open.digestOf(choice)).toBe(whole.digestOf(choice))
  }
})

test('a service that changed has another digest, one that is no longer offered has none', async () => {
  const name = { institution: exampleEntries[0]!.key, service: service.id }
  const digest = async (change: object) => {
    const copy = structuredClone(directoryCopy(entries, 'network'))
    const own = copy.institutions.find(({ institution }) => institution.key === name.institution)!
    Object.assign(own.entry!.records.services!.find(({ id }) => id === service.id)!, change)
    return (await namedRecords(directory(copy)))!.digestOf(name)
  }
  const before = await digest({})
  expect(await digest({ name: 'Otro nombre' })).not.toBe(before)
  expect(await digest({ last_modified: '2026-12-01T00:00:00.000Z' })).toBe(before)
  expect(await digest({ status: 'defunct' })).toBeUndefined()
})

test('without a directory nothing can be named', async () => {
  expect(await namedRecords(directory(undefined))).toBeUndefined()
})
