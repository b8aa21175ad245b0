import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { institutions } from '@enlace/directory/institutions'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'
import { openStorage } from './storage.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-registry-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = () => openStorage(parseConfig({ data_dir: folder }), pino({ level: 'silent' }))
const list = (version: number, bytes = `list ${version}`) => ({
  _id: version,
  content: 'c',
  bytes,
  expires: new Date(1_800_000_000_000),
})

it('keeps institutions and the time of their last change through restarts', async () => {
  const first = await open()
  const begin = new Date(1_700_000_000_000)
  const later = new Date(1_700_000_900_000)
  await first.syncInstitutions(institutions, begin)
  await first.close()

  const second = await open()
  const [changed, gone, ...rest] = institutions
  const times = await second.syncInstitutions([{ ...changed!, name: 'Otro nombre' }, ...rest], later)
  expect(times.get(changed!.key)).toEqual(later)
  expect(times.get(rest[0]!.key)).toEqual(begin)
  expect(times.has(gone!.key)).toBe(false)
  const again = await second.syncInstitutions(institutions, new Date(1_700_001_800_000))
  expect(again.get(gone!.key)).toEqual(new Date(1_700_001_800_000))
  expect(again.get(rest[0]!.key)).toEqual(begin)
  await second.close()
})

it('keeps each version of the list once, the latest for good, old ones not forever', async () => {
  const storage = await open()
  expect(await storage.latestList()).toBeUndefined()
  for (let version = 1; version <= 60; version++) expect(await storage.addList(list(version))).toBe(true)
  expect(await storage.addList(list(60, 'another'))).toBe(false)
  expect(await storage.ping()).toBe(true)
  await storage.close()
  const reopened = await open()
  expect(await reopened.latestList()).toEqual(list(60))
  expect(await reopened.addList(list(5))).toBe(true)
  expect((await reopened.latestList())?._id).toBe(60)
  await reopened.close()
  expect(await reopened.ping()).toBe(false)
})

it('tells a second registry on the same data that the first one has it', async () => {
  const storage = await open()
  await expect(open()).rejects.toThrow(ConfigError)
  await storage.close()
})
