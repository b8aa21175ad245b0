import { generateSigningKey, signJson } from '@enlace/room-model'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { SERVERS } from '../index.ts'
import {
  attachment,
  createWorld,
  GT,
  HN,
  makeCase,
  makeEvent,
  NOW,
  type PackOptions,
  pack,
  type World,
} from '../testing.ts'
import { verifyPackage } from './index.ts'
import { limits, openZip } from './zip.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})

const fresh = () => makeCase(world)
type Files = Record<string, Uint8Array>

/** What somebody does to a package that was made well. */
async function tampered(change: (files: Files, folder: string) => void, options: PackOptions = {}) {
  const one = fresh()
  const files = unzipSync(await pack(world, one, options))
  change(files, one.about.folder)
  return verifyPackage(zipSync(files))
}

const json = <T>(files: Files, name: string): T => JSON.parse(new TextDecoder().decode(files[name])) as T
/** The exporter itself lies: every hash and signature over the package is right. */
async function lied(change: (one: ReturnType<typeof makeCase>) => void) {
  const one = fresh()
  change(one)
  return verifyPackage(await pack(world, one))
}

describe('a package that is whole', () => {
  test('is good, and says who signed what, who was on whose list, and what could not be opened', async () => {
    const key = world.institutionKeys['hn-sreci']
    const verdict = await verifyPackage(
      await pack(world, fresh(), { attestedBy: { institution: 'hn-sreci', key } }),
    )
    expect(verdict.fault).toBeUndefined()
    expect(verdict).toMatchObject({
      ok: true,
      signedBy: { server: HN, ground: 'list', institution: 'hn-sreci' },
      grounds: { [HN]: 'list', [GT]: 'list' },
      cases: [
        { reference: 'DOC-2026-010001', events: 6, encrypted: 3, texts: 2, unreadable: 1, attachments: 1 },
      ],
    })
    expect(verdict.people.map((one) => one.onRoster)).toEqual(['yes', 'yes'])
    expect(verdict.rootCode).toMatch(/^\d/)
  })

  test('without the institution’s key the node’s signature alone is said to stand', async () => {
    const verdict = await verifyPackage(await pack(world, fresh()))
    expect(verdict.signedBy).toEqual({ server: HN, ground: 'list' })
  })

  test('without the network’s list the keys are said to come from the package itself', async () => {
    const verdict = await verifyPackage(await pack(world, fresh(), { withNetwork: false }))
    expect(verdict).toMatchObject({ ok: true, grounds: { [HN]: 'package', [GT]: 'package' } })
    expect(verdict.people.map((one) => one.onRoster)).toEqual(['unknown', 'unknown'])
    const keys = { [HN]: { 'ed25519:hn': world.keys[HN]!.publicKeyBase64 } }
    const known = await verifyPackage(await pack(world, fresh(), { withNetwork: false }), { keys })
    expect(known.grounds).toEqual({ [HN]: 'given', [GT]: 'package' })
  })

  test('a key that a server gave up is good for what it signed before, and for nothing after', async () => {
    const newer = generateSigningKey('ed25519:new')
    const { keyId, publicKeyBase64 } = world.keys[GT]!
    const withEnd = (ended: number) =>
      pack(world, fresh(), {
        withNetwork: false,
        change({ files }) {
          const servers = JSON.parse(String(files.get(SERVERS))) as { servers: Record<string, object[]> }
          const answer = {
            server_name: GT,
            valid_until_ts: NOW,
            verify_keys: { [newer.keyId]: { key: newer.publicKeyBase64 } },
            old_verify_keys: { [keyId]: { key: publicKeyBase64, expired_ts: ended } },
          }
          servers.servers[GT] = [signJson(answer, GT, newer)]
          files.set(SERVERS, JSON.stringify(servers))
        },
      })
    expect((await verifyPackage(await withEnd(NOW))).ok).toBe(true)
    const verdict = await verifyPackage(await withEnd(NOW - 30 * 3_600_000))
    expect(verdict.fault?.kind).toBe('event-signature')
  })

  test('another network’s root had another way does not lead to it', async () => {
    const other = await createWorld()
    const zip = await pack(world, fresh())
    const root = world.repo.files.get('metadata/1.root.json')!
    expect(await verifyPackage(zip, { root })).toMatchObject({ ok: true, rootGiven: true })
    const verdict = await verifyPackage(zip, { root: other.repo.files.get('metadata/1.root.json')! })
    expect(verdict.fault?.kind).toBe('bad-network')
  })
})

describe('changed after it was signed', () => {
  test('an altered event, with its hash in the manifest or put right there', async () => {
    const alter = (files: Files, folder: string) => {
      const events = json<{ events: { pdu: { content: { step?: string } } }[] }>(
        files,
        `${folder}/events.json`,
      )
      events.events.find((one) => one.pdu.content.step)!.pdu.content.step = 'reject'
      files[`${folder}/events.json`] = strToU8(JSON.stringify(events))
    }
    const plain = await tampered(alter)
    expect(plain.fault).toMatchObject({ kind: 'altered-file' })
    expect(plain.fault?.what).toMatch(/events\.json$/)
  })

  test('altered text', async () => {
    const verdict = await tampered((files, folder) => {
      const text = new TextDecoder().decode(files[`${folder}/texts.json`])
      files[`${folder}/texts.json`] = strToU8(text.replace('está lista', 'no existe'))
    })
    expect(verdict.fault).toMatchObject({ kind: 'altered-file' })
  })

  test('a file removed, a file added, a list of files put right without its signature', async () => {
    const removed = await tampered((files) => void delete files['expediente.html'])
    expect(removed.fault).toMatchObject({ kind: 'missing-file', what: 'expediente.html' })
    const added = await tampered((files) => {
      files['nota.txt'] = strToU8('agregado')
    })
    expect(added.fault).toMatchObject({ kind: 'extra-file', what: 'nota.txt' })
    const relisted = await tampered((files) => {
      const manifest = json<{ files: { name: string }[] }>(files, 'manifest.json')
      manifest.files = manifest.files.filter((one) => one.name !== 'expediente.html')
      files['manifest.json'] = strToU8(JSON.stringify(manifest))
      delete files['expediente.html']
    })
    expect(relisted.fault).toMatchObject({ kind: 'bad-signature', what: HN })
  })

  test('a statement that is not the node’s', async () => {
    const verdict = await tampered((files) => {
      const signatures = json<{ server: { purpose: string } }>(files, 'signatures.json')
      signatures.server.purpose = 'other'
      files['signatures.json'] = strToU8(JSON.stringify(signatures))
    })
    expect(verdict.fault).toMatchObject({ kind: 'bad-signature', what: HN })
  })
})

describe('signed by somebody else', () => {
  test('with a key that is not the node’s', async () => {
    const verdict = await verifyPackage(
      await pack(world, fresh(), { nodeKey: generateSigningKey('ed25519:hn') }),
    )
    expect(verdict.fault).toMatchObject({ kind: 'bad-signature', what: HN })
  })

  test('again by another institution, in its own name or in that of the first', async () => {
    const key = world.institutionKeys['gt-renap']
    const own = await verifyPackage(
      await pack(world, fresh(), { attestedBy: { institution: 'gt-renap', key } }),
    )
    expect(own.fault).toMatchObject({ kind: 'wrong-signer', what: 'gt-renap' })
    const theirs = await verifyPackage(
      await pack(world, fresh(), { attestedBy: { institution: 'hn-sreci', key } }),
    )
    expect(theirs.fault).toMatchObject({ kind: 'wrong-signer', what: 'hn-sreci' })
  })

  test('by the node of another institution', async () => {
    const verdict = await verifyPackage(
      await pack(world, fresh(), {
        nodeKey: world.keys[GT]!,
        change: ({ manifest }) => {
          manifest.server_name = GT
        },
      }),
    )
    expect(verdict.fault).toMatchObject({ kind: 'wrong-signer', what: GT })
  })
})

describe('the exporter itself lies', () => {
  test('about an event: its content, its id, its sender, its room', async () => {
    const altered = await lied((one) => {
      const step = one.events.events.find((event) => event.event_id === one.step.event_id)!
      step.pdu = { ...step.pdu, content: { ...(step.pdu['content'] as object), step: 'reject' } }
    })
    expect(altered.fault?.kind).toBe('altered-event')
    const renamed = await lied((one) => {
      one.events.events[2]!.event_id = '$otro'
    })
    expect(renamed.fault).toMatchObject({ kind: 'altered-event', what: '$otro' })
    const forged = await lied((one) => {
      const keys = { [GT]: generateSigningKey('ed25519:gt') }
      const content = one.step.pdu['content'] as Record<string, unknown>
      const event = makeEvent({ keys } as never, one.about.room_id, {
        type: 'org.enlace.case.update',
        sender: `@registro:${GT}`,
        ts: NOW - 3_600_000,
        content,
      })
      one.events.events.push(event)
    })
    expect(forged.fault?.kind).toBe('event-signature')
    const foreign = await lied((one) => {
      const other = makeEvent(world, one.about.room_id, {
        type: 'org.enlace.case.update',
        sender: `@registro:${GT}`,
        ts: NOW - 3_600_000,
        content: { 'm.relates_to': { rel_type: 'm.reference', event_id: '$ajeno' }, step: 'close' },
      })
      one.events.events.push(other)
    })
    expect(foreign.fault?.kind).toBe('foreign-event')
  })

  test('about a text: of another event, of no event, said twice, left out without a word', async () => {
    const swapped = await lied((one) => {
      const [first, second] = one.texts.texts
      ;[first!.event_id, second!.event_id] = [second!.event_id, first!.event_id]
    })
    expect(swapped.fault?.kind).toBe('unbound-text')
    const invented = await lied((one) => {
      one.texts.texts[0]!.event_id = one.step.event_id
    })
    expect(invented.fault?.kind).toBe('unbound-text')
    const twice = await lied((one) => void one.texts.texts.push(one.texts.texts[0]!))
    expect(twice.fault?.kind).toBe('unbound-text')
    const missing = await lied((one) => void one.texts.texts.shift())
    expect(missing.fault?.kind).toBe('missing-text')
    const elsewhere = await lied((one) => {
      const text = one.texts.texts[0]!
      text.content = { ...text.content, 'm.relates_to': { rel_type: 'm.thread', event_id: '$otro' } }
    })
    expect(elsewhere.fault?.kind).toBe('unbound-text')
  })

  test('about an attached file', async () => {
    const verdict = await lied((one) => {
      const [name] = one.attachments.keys()
      one.attachments.set(name!, attachment(Buffer.from('otra cosa')).plain)
    })
    expect(verdict.fault?.kind).toBe('altered-attachment')
  })

  test('about who was there: a roster of another institution, or of another day', async () => {
    const other = await createWorld()
    for (const change of [
      ({ files }: { files: Map<string, string | Uint8Array> }) => {
        const names = [...files.keys()].filter((name) => name.endsWith('.roster.json'))
        const [first, second] = names.map((name) => files.get(name)!)
        files.set(names[0]!, second!)
        files.set(names[1]!, first!)
      },
      ({ files }: { files: Map<string, string | Uint8Array> }) => {
        for (const [path, bytes] of other.repo.files)
          if (path.includes('hn-sreci')) files.set(`network/${path}`, bytes)
      },
    ]) {
      const verdict = await verifyPackage(await pack(world, fresh(), { change }))
      expect(verdict.fault?.kind).toBe('bad-network')
    }
  })

  test('about a step: one that others had seen is not there', async () => {
    const one = fresh()
    const content = { ...(one.step.pdu['content'] as object), after: ['$falta'] }
    one.events.events.push(
      makeEvent(world, one.about.room_id, {
        type: 'org.enlace.case.update',
        sender: `@registro:${GT}`,
        ts: NOW - 3_600_000,
        content,
      }),
    )
    const verdict = await verifyPackage(await pack(world, one))
    expect(verdict.cases[0]?.missing).toEqual(['$falta'])
  })
})

describe('a ZIP that means harm', () => {
  test.each([
    '../fuera.txt',
    '/etc/passwd',
    'C:\\fuera.txt',
    'a/../../b',
    '.oculto',
    'a//b',
    'a\u0000b',
    'fin.',
  ])('the name %j', (name) => {
    expect(() => openZip(zipSync({ [name]: strToU8('x') }))).toThrow(/bad-name/)
  })

  test('two names that some machines take for one', () => {
    expect(() => openZip(zipSync({ 'a.txt': strToU8('x'), 'A.txt': strToU8('y') }))).toThrow(/bad-name/)
  })

  test('files that share their bytes, or are longer than the ZIP says, are not opened', () => {
    for (const level of [0, 6] as const) {
      const zip = zipSync({ a: crypto.getRandomValues(new Uint8Array(1_000)) }, { level })
      const end = zip.length - 22
      const dir = new DataView(zip.buffer).getUint32(end + 16, true)
      const entry = (name: string, size?: number) => {
        const copy = zip.slice(dir, end)
        copy[46] = name.charCodeAt(0)
        if (size !== undefined) new DataView(copy.buffer).setUint32(24, size, true)
        return copy
      }
      const withEntries = (entries: Uint8Array[]) => {
        const tail = zip.slice(end)
        const view = new DataView(tail.buffer)
        view.setUint16(8, entries.length, true)
        view.setUint16(10, entries.length, true)
        view.setUint32(12, entries.length * entries[0]!.length, true)
        return new Uint8Array(Buffer.concat([zip.slice(0, dir), ...entries, tail]))
      }
      expect([...openZip(withEntries([entry('b')])).keys()]).toEqual(['b'])
      expect(() => openZip(withEntries([...'abcdefgh'].map((name) => entry(name))))).toThrow(/not-a-zip/)
      if (level === 0) expect(() => openZip(withEntries([entry('a', 1)]))).toThrow(/not-a-zip/)
    }
  })

  test('a bomb: too many files, too large, too repetitive', () => {
    const zip = zipSync({ a: strToU8('0'.repeat(4_000_000)) }, { level: 9 })
    expect(() => openZip(zip)).toThrow(/too-large/)
    expect(() => openZip(zip, { ...limits, ratio: 100_000, file: 1_000 })).toThrow(/too-large/)
    expect(() => openZip(zip, { ...limits, ratio: 100_000, total: 1_000 })).toThrow(/too-large/)
    expect(() => openZip(zipSync({ a: strToU8('1'), b: strToU8('2') }), { ...limits, files: 1 })).toThrow(
      /too-large/,
    )
    expect(() => openZip(zip, { ...limits, package: 10 })).toThrow(/too-large/)
  })

  test('sizes that are not true end at what was said', () => {
    const zip = zipSync({ a: strToU8('0'.repeat(500_000)) }, { level: 9 })
    // The central directory says 16 bytes where half a million come.
    const at = Buffer.from(zip).lastIndexOf(Buffer.from('PK\u0001\u0002'))
    new DataView(zip.buffer).setUint32(at + 24, 16, true)
    const opened = (() => {
      try {
        return openZip(zip).get('a')
      } catch (error) {
        return error
      }
    })()
    if (opened instanceof Uint8Array) expect(opened.length).toBeLessThanOrEqual(16)
    else expect(String(opened)).toMatch(/not-a-zip/)
  })

  test.each([
    ['nothing', new Uint8Array()],
    ['text', strToU8('no es un paquete')],
    ['another ZIP', zipSync({ 'hola.txt': strToU8('hola') })],
  ])('%s is no package, and is said to be none', async (_what, bytes) => {
    const verdict = await verifyPackage(bytes)
    expect(verdict.ok).toBe(false)
    expect(verdict.fault?.es).not.toBe('')
    expect(verdict.fault?.en).not.toBe('')
  })

  test('cut anywhere it is never taken for good', async () => {
    const zip = await pack(world, fresh())
    for (const part of [0.2, 0.5, 0.9, 0.999])
      expect((await verifyPackage(zip.subarray(0, Math.floor(zip.length * part)))).ok).toBe(false)
  })

  test('a byte turned anywhere in what is named is found', async () => {
    const zip = await pack(world, fresh())
    for (let at = 40; at < zip.length; at += Math.ceil(zip.length / 60)) {
      const turned = Uint8Array.from(zip)
      turned[at] = turned[at]! ^ 0x41
      const verdict = await verifyPackage(turned)
      // Times and attributes of the ZIP itself say nothing and are not read.
      if (verdict.ok) expect(verdict.cases).toHaveLength(1)
      else expect(verdict.fault).toBeDefined()
    }
  })
})
