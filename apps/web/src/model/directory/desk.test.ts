import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { directoryCopy } from '@enlace/directory/copy'
import { exampleEntries, exampleInstitutions } from '@enlace/directory/examples'
import { anything } from '@enlace/directory/finder'
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createDesk } from './desk.ts'
import { createDeviceDirectory } from './device-directory.ts'
import type { KeptCopy } from './kept-copy.ts'

const NOW = Date.parse('2026-11-27T10:00:00-06:00')
const BEFORE = '2026-11-01T00:00:00.000Z'
const LATER = '2026-11-20T00:00:00.000Z'

let entries: CatalogueEntry[]
beforeEach(() => {
  entries = exampleInstitutions.map((institution, at) => ({
    institution,
    lastModified: BEFORE,
    entry: exampleEntries[at]!,
  }))
})

const hex = async (text: string) =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')

/** What a node answers, without the node. */
async function answer(view: 'public' | 'network', after?: string) {
  const { institutions } = directoryCopy(entries, view)
  return {
    view,
    digest: await hex(JSON.stringify(institutions)),
    keys: institutions.map(({ institution }) => institution.key),
    institutions: institutions.filter(({ last_modified }) => !after || last_modified >= after),
  }
}
const bytesOf = (value: unknown): ArrayBuffer =>
  new TextEncoder().encode(JSON.stringify(value)).buffer as ArrayBuffer

/** A device's store, with as much room as it has. */
function store(room = true) {
  let kept: KeptCopy | undefined
  return {
    read: async () => kept,
    async keep(copy: KeptCopy) {
      if (!room) throw new DOMException('full', 'QuotaExceededError')
      kept = copy
    },
  }
}
const found = async (desk: ReturnType<typeof createDesk>, text: string) =>
  (await desk.find({ ...anything, text }, NOW)).found.length

describe('the copy on the device', () => {
  test('is there after a restart, and found in without a network', async () => {
    const kept = store()
    const first = createDesk('@a:hn', kept)
    expect(await first.open()).toBeUndefined()
    await first.take(bytesOf(await answer('network')), '"1"', NOW)
    const again = createDesk('@a:hn', kept)
    expect(await again.open()).toMatchObject({
      etag: '"1"',
      lastChange: BEFORE,
      copy: { view: 'network', checkedAt: NOW, kept: true },
    })
    expect(await found(again, 'albergue corinto')).toBeGreaterThan(0)
    expect(await again.entry('hn-ejemplo-albergue', NOW)).toMatchObject({ example: true })
  })

  test('lies sealed in the browser’s own store, and comes back out of it', async () => {
    const desk = createDesk('@sellada:hn')
    await desk.take(bytesOf(await answer('network')), '"1"', NOW)
    expect((await desk.confirm(NOW))?.copy.kept).toBe(true)
    expect(await createDesk('@sellada:hn').open()).toMatchObject({ etag: '"1"' })
    expect(await createDesk('@otra:hn').open()).toBeUndefined()
  })

  test('takes what changed, what is new, and leaves out what is gone', async () => {
    const desk = createDesk('@a:hn', store())
    await desk.take(bytesOf(await answer('network')), '"1"', NOW)
    entries = [
      {
        ...entries[0]!,
        lastModified: LATER,
        institution: { ...entries[0]!.institution, municipality: 'Tela' },
      },
      entries[2]!,
    ]
    const changes = await answer('network', LATER)
    expect(changes.institutions).toHaveLength(1)
    expect(await desk.take(bytesOf(changes), '"2"', NOW)).toMatchObject({ lastChange: LATER })
    expect(await desk.entry('gt-ejemplo-registro', NOW)).toBeUndefined()
    expect((await desk.entry('hn-ejemplo-albergue', NOW))?.municipality).toBe('Tela')
  })

  test('is asked for whole where changes do not make it what the node has', async () => {
    const desk = createDesk('@a:hn', store())
    await desk.take(bytesOf(await answer('network')), '"1"', NOW)
    const changes = await answer('network')
    for (const wrong of [
      { ...changes, digest: 'f'.repeat(64) },
      { ...changes, view: 'public', institutions: [] },
      { ...changes, keys: [...changes.keys, 'hn-otra'], digest: 'a'.repeat(64) },
      { institutions: 'no' },
      null,
    ])
      expect(await desk.take(bytesOf(wrong), '"2"', NOW)).toBe('not_whole')
    expect(await desk.take(new TextEncoder().encode('{').buffer as ArrayBuffer, '"2"', NOW)).toBe('not_whole')
    expect(await found(desk, 'albergue')).toBeGreaterThan(0)
  })

  test('is used, and says that it will not be there, where the device has no room', async () => {
    const desk = createDesk('@a:hn', store(false))
    expect(await desk.take(bytesOf(await answer('network')), '"1"', NOW)).toMatchObject({
      copy: { kept: false },
    })
    expect(await found(desk, 'comida')).toBeGreaterThan(0)
  })
})

describe('keeping it new', () => {
  function device(respond: (url: string, headers: Record<string, string>) => Promise<Response>) {
    const asked: { url: string; headers: Record<string, string> }[] = []
    const desk = { ...createDesk('@a:hn', store()), close: vi.fn() }
    const directory = createDeviceDirectory({
      baseUrl: 'https://hn.example',
      tokens: { ensureFresh: async () => {}, current: () => 'ficha' },
      desk,
      now: () => NOW,
      fetch: async (input, init) => {
        const headers = init?.headers as Record<string, string>
        asked.push({ url: String(input), headers })
        return respond(String(input), headers)
      },
    })
    return { asked, directory }
  }
  const ok = (body: unknown, etag: string) => new Response(JSON.stringify(body), { headers: { etag } })

  test('asks for everything once, then only for what changed', async () => {
    let etag = '"1"'
    const { asked, directory } = device(async (url, headers) => {
      if (headers['If-None-Match'] === etag) return new Response(null, { status: 304 })
      return ok(await answer('network', url.includes('modified_after') ? BEFORE : undefined), etag)
    })
    await directory.refresh()
    expect(directory.state.get()).toMatchObject({ phase: 'ready', version: 1, refreshing: false })
    await directory.refresh()
    expect(directory.state.get().version).toBe(1)
    etag = '"2"'
    await Promise.all([directory.refresh(), directory.refresh()])
    expect(directory.state.get().version).toBe(2)
    expect(asked).toHaveLength(3)
    expect(asked[2]!.url).toContain('modified_after=2026-11-01')
    expect(asked[2]!.headers['If-None-Match']).toBe('"1"')
  })

  test('asks for the whole again when the changes do not fit', async () => {
    const { asked, directory } = device(async (url) => {
      const whole = await answer('network')
      return ok(url.includes('modified_after') ? { ...whole, digest: 'a'.repeat(64) } : whole, '"1"')
    })
    await directory.refresh()
    await directory.refresh()
    expect(asked.map(({ url }) => url.includes('modified_after'))).toEqual([false, true, false])
    expect(directory.state.get()).toMatchObject({ phase: 'ready', version: 2 })
  })

  test('without a network the copy stays, and says why it is not newer', async () => {
    let away = false
    const { directory } = device(async () => {
      if (away) throw new TypeError('failed to fetch')
      return ok(await answer('network'), '"1"')
    })
    await directory.refresh()
    away = true
    await directory.refresh()
    expect(directory.state.get()).toMatchObject({ phase: 'ready', failure: { kind: 'offline' } })
    expect((await directory.find({ ...anything, text: 'comida' }, NOW)).found.length).toBeGreaterThan(0)
  })

  test('a server without a directory, and a first day without a network, are told apart', async () => {
    const absent = device(async () => new Response('{}', { status: 404 }))
    await absent.directory.refresh()
    expect(absent.directory.state.get().phase).toBe('absent')
    const away = device(async () => {
      throw new TypeError('failed to fetch')
    })
    await away.directory.refresh()
    expect(away.directory.state.get()).toMatchObject({ phase: 'none', failure: { kind: 'offline' } })
  })
})
