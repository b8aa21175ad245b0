/** The events of one case: each as it was sent, by whom its server says, of this case, and the text that stands with it. */
import { createCipheriv, createHash } from 'node:crypto'
import { isSignedBy, type PduReading, readPdu, roomVersion, serversThatMustSign } from '@enlace/room-model'
import { type EventsFile, eventsFileOf, type Manifest, type Text, type TextsFile } from '../format.ts'
import { faulty } from './fault.ts'
import type { KeyGround, ServerKeys } from './server-keys.ts'

export type Sender = { userId: string; ts: number; institution?: string; role?: string }

export type CaseEvents = {
  events: number
  encrypted: number
  texts: number
  withheld: number
  unreadable: number
  /** Their content was taken out in the case itself; that they were sent is still proven. */
  redacted: number
  attachments: number
  senders: Sender[]
  /** How the keys were known by which servers signed. */
  grounds: Map<string, KeyGround>
  /** Steps that others name as coming before them and that are not here. */
  missing: string[]
}

type Relation = { event_id?: unknown; rel_type?: unknown }
type Content = Record<string, unknown>

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data)
const relationOf = (content: Content) => content['m.relates_to'] as Relation | undefined

export function checkEvents(
  { events, room_id, room_version, case_id }: EventsFile,
  about: Manifest['cases'][number],
  keys: ServerKeys,
): { readings: ReadonlyMap<string, PduReading>; grounds: Map<string, KeyGround> } {
  const version = roomVersion(room_version)
  const file = eventsFileOf(about.folder)
  if (!version || case_id !== about.id || room_id !== about.room_id) return faulty('unreadable-file', file)
  const readings = new Map<string, PduReading>()
  const grounds = new Map<string, KeyGround>()
  for (const { event_id: id, pdu } of events) {
    const read = readPdu(pdu, version)
    if (!read.ok) return faulty('altered-event', id)
    // The node keeps what was redacted without its content: nothing else may be less than what was signed.
    const hollow = read.pdu.content
    if (read.eventId !== id || (!read.intact && !isRedactedForm(pdu as Content, hollow)))
      faulty('altered-event', id)
    if (read.roomId !== room_id || readings.has(id)) faulty('foreign-event', id)
    for (const server of serversThatMustSign(read.pdu, version)) {
      const ground = keys.signed(server, read.pdu.origin_server_ts, (keyId, key) =>
        isSignedBy(read, server, keyId, key),
      )
      if (ground === undefined) return faulty('event-signature', id)
      const before = grounds.get(server)
      if (before !== 'package') grounds.set(server, ground)
    }
    readings.set(id, read)
  }
  const root = readings.get(case_id)
  if (root?.pdu.type !== 'org.enlace.case') return faulty('missing-file', `${file} ${case_id}`)
  const create = [...readings.values()].find(({ pdu }) => pdu.type === 'm.room.create')
  // By another version's rules the same events would have other ids.
  if ((create?.pdu.content['room_version'] ?? '1') !== room_version) faulty('foreign-event', room_id)
  if (root.intact && root.pdu.content['reference'] !== about.reference)
    faulty('bad-manifest', about.reference)
  for (const [id, { pdu, intact }] of readings) {
    if (id === case_id || pdu.type === 'm.room.create' || pdu.type === 'm.room.member' || !intact) continue
    const redacts = pdu.redacts ?? pdu.content['redacts']
    const relation = relationOf(pdu.content)?.event_id
    const wanted = pdu.type === 'm.room.redaction' ? redacts : relation
    if (typeof wanted !== 'string' || !readings.has(wanted)) faulty('foreign-event', id)
  }
  return { readings, grounds }
}

const isRedactedForm = (raw: Content, redacted: object): boolean =>
  JSON.stringify(raw['content']) === JSON.stringify(redacted)

/** Of steps: those that name others as seen before them. */
function missingOf(readings: ReadonlyMap<string, PduReading>): string[] {
  const named = [...readings.values()].flatMap(({ pdu }) => {
    const after = pdu.content['after']
    return Array.isArray(after) ? after.filter((one): one is string => typeof one === 'string') : []
  })
  return [...new Set(named)].filter((id) => !readings.has(id))
}

function sendersOf(readings: ReadonlyMap<string, PduReading>): Sender[] {
  const out: Sender[] = []
  for (const { pdu } of readings.values()) {
    if (!pdu.type.startsWith('org.enlace.')) continue
    const by = pdu.content['by'] as { institution?: unknown; role?: unknown } | undefined
    out.push({
      userId: pdu.sender,
      ts: pdu.origin_server_ts,
      ...(typeof by?.institution === 'string' ? { institution: by.institution } : {}),
      ...(typeof by?.role === 'string' ? { role: by.role } : {}),
    })
  }
  return out
}

export function checkCase(
  file: EventsFile,
  texts: TextsFile,
  about: Manifest['cases'][number],
  files: ReadonlyMap<string, Uint8Array>,
  keys: ServerKeys,
): CaseEvents {
  const { readings, grounds } = checkEvents(file, about, keys)
  if (texts.case_id !== about.id) faulty('unbound-text', about.id)
  const withheld = new Set(texts.withheld)
  const unreadable = new Set(texts.unreadable)
  const seen = new Set<string>()
  let attachments = 0
  for (const text of texts.texts) {
    const read = readings.get(text.event_id)
    if (!read || seen.has(text.event_id) || !isBound(text, read)) faulty('unbound-text', text.event_id)
    seen.add(text.event_id)
    if (text.attachment) {
      checkAttachment(text, files)
      attachments += 1
    }
  }
  let encrypted = 0
  let redacted = 0
  for (const [id, { pdu, intact }] of readings) {
    if (!intact) redacted += 1
    if (pdu.type !== 'm.room.encrypted') continue
    encrypted += 1
    const said = [seen.has(id), withheld.has(id), unreadable.has(id)].filter(Boolean).length
    if (intact && said !== 1) faulty(said === 0 ? 'missing-text' : 'unbound-text', id)
  }
  for (const id of [...withheld, ...unreadable])
    if (readings.get(id)?.pdu.type !== 'm.room.encrypted') faulty('unbound-text', id)
  return {
    events: readings.size,
    encrypted,
    texts: seen.size,
    withheld: withheld.size,
    unreadable: unreadable.size,
    redacted,
    attachments,
    senders: sendersOf(readings),
    grounds,
    missing: missingOf(readings),
  }
}

function isBound(text: Text, { pdu, intact }: PduReading): boolean {
  const ciphertext = pdu.content['ciphertext']
  if (pdu.type !== 'm.room.encrypted' || !intact || typeof ciphertext !== 'string') return false
  if (sha256(ciphertext).digest('hex') !== text.ciphertext_sha256) return false
  // What an encrypted event belongs to stands outside its ciphertext: a text cannot claim to belong elsewhere.
  const claimed = relationOf(text.content)?.event_id
  return claimed === undefined || claimed === relationOf(pdu.content)?.event_id
}

/** Sealed again with the key that stands in its message, it has to have the hash that stands there too. */
function checkAttachment({ event_id, attachment, content }: Text, files: ReadonlyMap<string, Uint8Array>) {
  const { name, sealed } = attachment!
  const plain = files.get(name)
  if (!plain) return faulty('missing-file', name)
  const inMessage = content['file'] as { hashes?: { sha256?: unknown } } | undefined
  if (inMessage && inMessage.hashes?.sha256 !== sealed.hashes.sha256) faulty('altered-attachment', event_id)
  try {
    const key = Buffer.from(sealed.key.k, 'base64url')
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.from(sealed.iv, 'base64'))
    const hash = sha256(cipher.update(plain)).digest('base64').replace(/=+$/, '')
    if (hash !== sealed.hashes.sha256.replace(/=+$/, '')) faulty('altered-attachment', name)
  } catch (error) {
    if (error instanceof Error && error.name === 'PackageFaulty') throw error
    faulty('altered-attachment', name)
  }
}
