/** For tests: two servers, a network that lists them, a case with its encrypted thread, and the package that is made of it. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import {
  finishEvent,
  generateSigningKey,
  type Pdu,
  roomVersion,
  type SigningKey,
  signJson,
} from '@enlace/room-model'
import { createRoster, generateTrustKey, seedOf, type TrustKey } from '@enlace/trust'
import { signingKey } from '@enlace/trust/browser'
import { coordinator, TrustRepository } from '@enlace/trust/testing'
import {
  attest,
  collectNetwork,
  createPackage,
  type EventsFile,
  folderOf,
  type Manifest,
  NETWORK,
  SERVERS,
  STATEMENT_TYPE,
  type Text,
} from './index.ts'

export const NOW = Date.UTC(2026, 10, 28, 15)
const HOUR = 3_600_000
const VERSION = roomVersion('12')!
export const HN = 'hn.example'
export const GT = 'gt.example'
const PEOPLE = { hn: `@coordinacion:${HN}`, gt: `@registro:${GT}` }
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data)

export type World = Awaited<ReturnType<typeof createWorld>>

/** A network of two institutions, each with a key and a signed list of people. */
export async function createWorld() {
  const keys: Record<string, SigningKey> = {
    [HN]: generateSigningKey('ed25519:hn'),
    [GT]: generateSigningKey('ed25519:gt'),
  }
  const institutionKeys = { 'hn-sreci': generateTrustKey(), 'gt-renap': generateTrustKey() }
  const repo = new TrustRepository([coordinator('HN', 'HN'), coordinator('GT', 'GT')])
  for (const [key, one] of Object.entries(institutionKeys)) repo.give(key, [one])
  const server = (name: string, institution: string) => ({
    server_name: name,
    contact: `mailto:red@${name}`,
    status: 'active' as const,
    institutions: [institution],
    verify_keys: { [keys[name]!.keyId]: keys[name]!.publicKeyBase64 },
  })
  repo.publish([server(HN, 'hn-sreci'), server(GT, 'gt-renap')], { now: NOW - HOUR })
  const roster = (institution: 'hn-sreci' | 'gt-renap', userId: string) =>
    createRoster({
      institution,
      members: [{ userId, role: 'coordinator', since: NOW - 100 * HOUR }],
      key: institutionKeys[institution],
    })
  repo.speak('hn-sreci', { 'roster.json': await roster('hn-sreci', PEOPLE.hn) }, { now: NOW - HOUR })
  repo.speak('gt-renap', { 'roster.json': await roster('gt-renap', PEOPLE.gt) }, { now: NOW - HOUR })
  return { keys, institutionKeys, repo }
}

const keysAnswer = (server: string, key: SigningKey) =>
  signJson(
    {
      server_name: server,
      valid_until_ts: NOW + 24 * HOUR,
      verify_keys: { [key.keyId]: { key: key.publicKeyBase64 } },
      old_verify_keys: {},
    },
    server,
    key,
  )

export type Draft = {
  type: string
  content: Record<string, unknown>
  sender: string
  ts: number
  state_key?: string
}

export function makeEvent({ keys }: Pick<World, 'keys'>, roomId: string | undefined, draft: Draft) {
  const server = draft.sender.slice(draft.sender.indexOf(':') + 1)
  const { ts, ...rest } = draft
  const pdu = {
    ...rest,
    ...(roomId === undefined ? {} : { room_id: roomId }),
    origin_server_ts: ts,
    depth: 1,
    prev_events: [],
    auth_events: [],
  } as unknown as Omit<Pdu, 'hashes' | 'signatures'>
  const { pdu: signed, eventId } = finishEvent(pdu, VERSION, server, keys[server]!)
  return { event_id: eventId, pdu: signed as Record<string, unknown> }
}

/** A case opened in Honduras and acknowledged in Guatemala, with a note, a document, and one event nobody can open. */
export function makeCase(world: Pick<World, 'keys'>) {
  const create = makeEvent(world, undefined, {
    type: 'm.room.create',
    state_key: '',
    sender: PEOPLE.hn,
    ts: NOW - 20 * HOUR,
    content: { room_version: '12' },
  })
  const roomId = `!${create.event_id.slice(1)}`
  const event = (draft: Draft) => makeEvent(world, roomId, draft)
  const root = event({
    type: 'org.enlace.case',
    sender: PEOPLE.hn,
    ts: NOW - 10 * HOUR,
    content: {
      reference: 'DOC-2026-010001',
      by: { institution: 'hn-sreci', role: 'coordinator' },
    },
  })
  const step = event({
    type: 'org.enlace.case.update',
    sender: PEOPLE.gt,
    ts: NOW - 9 * HOUR,
    content: {
      'm.relates_to': { rel_type: 'm.reference', event_id: root.event_id },
      step: 'acknowledge',
      by: { institution: 'gt-renap', role: 'coordinator' },
    },
  })
  const sealed = (sender: string, text: string) =>
    event({
      type: 'm.room.encrypted',
      sender,
      ts: NOW - 8 * HOUR,
      content: {
        algorithm: 'm.megolm.v1.aes-sha2',
        ciphertext: sha256(text).digest('base64'),
        'm.relates_to': { rel_type: 'm.thread', event_id: root.event_id },
      },
    })
  const note = sealed(PEOPLE.gt, 'note')
  const document = sealed(PEOPLE.hn, 'document')
  const closed = sealed(PEOPLE.gt, 'closed')
  const file = attachment(Buffer.from('%PDF-1.7 una partida de prueba'))
  const textOf = (one: typeof note, content: Record<string, unknown>): Text => ({
    event_id: one.event_id,
    ciphertext_sha256: sha256(String((one.pdu['content'] as { ciphertext: string }).ciphertext)).digest(
      'hex',
    ),
    type: 'm.room.message',
    content,
  })
  const reference = 'DOC-2026-010001'
  const about = { id: root.event_id, reference, room_id: roomId, folder: folderOf(reference, 0) }
  const name = `${about.folder}/adjuntos/01.pdf`
  const events: EventsFile = {
    case_id: root.event_id,
    room_id: roomId,
    room_version: '12',
    events: [create, root, step, note, document, closed],
  }
  const texts = {
    case_id: root.event_id,
    texts: [
      textOf(note, { msgtype: 'm.text', body: 'La partida está lista.' }),
      {
        ...textOf(document, { msgtype: 'm.file', body: 'partida.pdf', file: file.sealed }),
        attachment: { name, sealed: file.sealed },
      },
    ],
    withheld: [] as string[],
    unreadable: [closed.event_id],
  }
  return { about, events, texts, attachments: new Map([[name, file.plain]]), note, closed, step }
}

export function attachment(plain: Buffer) {
  const key = randomBytes(32)
  const iv = Buffer.concat([randomBytes(8), Buffer.alloc(8)])
  const hash = sha256(createCipheriv('aes-256-ctr', key, iv).update(plain)).digest('base64')
  const sealed = {
    url: 'mxc://hn.example/a',
    v: 'v2',
    key: { alg: 'A256CTR', ext: true, k: key.toString('base64url'), key_ops: ['decrypt'], kty: 'oct' },
    iv: iv.toString('base64').replace(/=+$/, ''),
    hashes: { sha256: hash.replace(/=+$/, '') },
  }
  return { plain: new Uint8Array(plain), sealed }
}

export type PackOptions = {
  /** Changed before the files are named and signed. */
  change?(parts: { manifest: Omit<Manifest, 'files'>; files: Map<string, string | Uint8Array> }): void
  /** Whose key attests; absent: nobody's. */
  attestedBy?: { institution: string; key: TrustKey }
  /** Which key of a server signs the node's statement. */
  nodeKey?: SigningKey
  withNetwork?: boolean
}

export async function pack(
  world: World,
  one: ReturnType<typeof makeCase>,
  { change, attestedBy, nodeKey = world.keys[HN]!, withNetwork = true }: PackOptions = {},
): Promise<Uint8Array> {
  const files = new Map<string, string | Uint8Array>([
    ['expediente.html', '<!doctype html><title>Expediente</title>'],
    [`${one.about.folder}/events.json`, JSON.stringify(one.events)],
    [`${one.about.folder}/texts.json`, JSON.stringify(one.texts)],
    [
      SERVERS,
      JSON.stringify({
        servers: { [HN]: [keysAnswer(HN, world.keys[HN]!)], [GT]: [keysAnswer(GT, world.keys[GT]!)] },
      }),
    ],
    ...one.attachments,
  ])
  if (withNetwork) {
    const fetchFile = async (path: string) => world.repo.files.get(path)
    const network = await collectNetwork(fetchFile, ['hn-sreci', 'gt-renap'], NOW)
    if (network?.fault) throw new Error(network.fault.detail)
    for (const [path, bytes] of network!.files) files.set(NETWORK + path, bytes)
  }
  const manifest: Omit<Manifest, 'files'> = {
    type: 'org.enlace.export',
    version: 1,
    export_id: 'e1',
    kind: 'cases',
    made_ts: NOW,
    made_by: PEOPLE.hn,
    server_name: HN,
    institution: 'hn-sreci',
    purpose: 'court',
    cases: [one.about],
    withheld: [],
  }
  change?.({ manifest, files })
  const writer = createPackage()
  for (const [name, content] of files) await writer.add(name, content)
  const { parts } = await writer.finish(manifest, async (hash) => ({
    server: signJson(
      {
        type: STATEMENT_TYPE,
        export_id: 'e1',
        server_name: manifest.server_name,
        user_id: manifest.made_by,
        institution: manifest.institution,
        kind: 'cases',
        purpose: 'court',
        case_ids: [one.about.id],
        authorised_ts: NOW,
        signed_ts: NOW,
        manifest_sha256: hash,
      },
      manifest.server_name,
      nodeKey,
    ),
    ...(attestedBy
      ? {
          institution: await attest(
            { institution: attestedBy.institution, exportId: 'e1', manifestSha256: hash },
            await signingKey(Uint8Array.from(seedOf(attestedBy.key))),
          ),
        }
      : {}),
  }))
  return Buffer.concat(parts)
}
