/** One case for a package: what was signed, what this device reads in it, and what is left out by choice. */
import {
  type CaseState,
  caseDetailsEventType,
  caseDetailsSchema,
  caseExportEventType,
  caseForms,
  type ExportWithholding,
} from '@enlace/coordination'
import {
  type EventsFile,
  eventsFileSchema,
  type PackageWriter,
  sha256Hex,
  type Text,
  type TextsFile,
} from '@enlace/evidence'
import { MatrixEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import type { KeptDetails } from '../../model/cases/records.ts'
import { exportLines, type Grant } from '../../model/exports/exports-api.ts'
import type { Session } from '../../model/session/types.ts'
import { type EncryptedFile, encryptedFileSchema } from '../../model/timeline/encrypted-file.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import type { EventView } from '../../model/timeline/types.ts'
import { MAX_PACKAGE_BYTES, TooMuch } from './types.ts'

const headerSchema = z.object({ case_id: z.string(), room_id: z.string(), room_version: z.string() })
const lineSchema = eventsFileSchema.shape.events.element
const pduSchema = z.looseObject({
  type: z.string(),
  sender: z.string(),
  origin_server_ts: z.number(),
  state_key: z.string().optional(),
  content: z.record(z.string(), z.unknown()),
})

export interface CaseContent {
  events: EventsFile
  texts: TextsFile
  state: CaseState
  details: KeptDetails | undefined
  notes: readonly EventView[]
  documents: ReadonlyMap<string, EventView>
  /** attached files, by the event that carries them; written one after the other */
  files: readonly { eventId: string; file: EncryptedFile; fileName: string; size: number }[]
  /** who sent something, for the keys of their servers */
  servers: ReadonlySet<string>
  institutions: ReadonlySet<string>
}

const FAMILY = 'family'

export async function readCase(
  session: Session,
  grant: Grant,
  caseId: string,
  withheld: readonly ExportWithholding[],
  signal: AbortSignal,
  onEvents: (count: number) => void,
): Promise<CaseContent> {
  let header: z.output<typeof headerSchema> | undefined
  const events: EventsFile['events'] = []
  for await (const line of exportLines(
    session,
    '/case-events',
    { grant: grant.grant, case_id: caseId },
    signal,
  )) {
    if (header === undefined) header = headerSchema.parse(line)
    else events.push(lineSchema.parse(line))
    onEvents(events.length)
  }
  if (!header) throw new TypeError('The answer ended early.')
  const roomId = header.room_id
  const read = events.map(({ event_id, pdu }) => ({ event_id, room_id: roomId, ...pduSchema.parse(pdu) }))
  const state = session.cases.learn(read.filter((one) => one.state_key === undefined))
  if (!state) throw new RequestError(404, undefined)
  const texts: TextsFile = { case_id: caseId, texts: [], withheld: [], unreadable: [] }
  const opened: MatrixEvent[] = []
  const files: CaseContent['files'][number][] = []
  for (const raw of read) {
    const ciphertext = raw.content['ciphertext']
    if (raw.type !== 'm.room.encrypted' || typeof ciphertext !== 'string') continue
    if (signal.aborted) throw new DOMException('Stopped.', 'AbortError')
    const event = new MatrixEvent(raw)
    await session.client.decryptEventIfNeeded(event)
    const content = event.getClearContent()
    if (event.isDecryptionFailure() || !content) {
      texts.unreadable.push(raw.event_id)
      continue
    }
    const file = fileOf(content)
    if (isWithheld(event.getType(), file !== undefined, withheld)) {
      texts.withheld.push(raw.event_id)
      continue
    }
    opened.push(event)
    const { content: shown, taken } = withoutOthers(event.getType(), content, withheld)
    texts.texts.push({
      event_id: raw.event_id,
      ciphertext_sha256: await sha256Hex(new TextEncoder().encode(ciphertext)),
      type: event.getType(),
      content: shown,
      ...(taken.length > 0 ? { withheld: taken } : {}),
    })
    if (file) files.push({ eventId: raw.event_id, ...file })
  }
  return {
    events: { ...header, events },
    texts,
    state,
    files,
    details: detailsOf(opened, texts.texts, caseId, roomId),
    ...viewsOf(session, opened, state),
    servers: new Set(read.map(({ sender }) => sender.slice(sender.indexOf(':') + 1))),
    institutions: institutionsOf(state),
  }
}

const isWithheld = (type: string, hasFile: boolean, withheld: readonly ExportWithholding[]): boolean =>
  type === 'm.room.message' && withheld.includes(hasFile ? 'documents' : 'notes')

function fileOf(content: Record<string, unknown>) {
  const file = encryptedFileSchema.safeParse(content['file'])
  if (!file.success) return undefined
  const name = content['filename'] ?? content['body']
  const info = z.object({ size: z.number() }).safeParse(content['info'])
  return {
    file: file.data,
    fileName: typeof name === 'string' ? name : '',
    size: info.success ? info.data.size : 0,
  }
}

/** Of the form: what is about other people than the one of the case. */
function withoutOthers(
  type: string,
  content: Record<string, unknown>,
  withheld: readonly ExportWithholding[],
): { content: Record<string, unknown>; taken: string[] } {
  const parsed = caseDetailsSchema.safeParse(content)
  if (!withheld.includes('others') || type !== caseDetailsEventType || !parsed.success)
    return { content, taken: [] }
  const { kind, values } = parsed.data
  const others = new Set(caseForms[kind].filter((one) => one.section === FAMILY).map((one) => one.key))
  const kept = Object.fromEntries(Object.entries(values).filter(([key]) => !others.has(key)))
  return {
    content: { ...content, values: kept },
    taken: Object.keys(values)
      .filter((key) => others.has(key))
      .map((key) => `values.${key}`),
  }
}

function detailsOf(
  opened: readonly MatrixEvent[],
  texts: readonly Text[],
  caseId: string,
  roomId: string,
): KeptDetails | undefined {
  const byId = new Map(texts.map((one) => [one.event_id, one]))
  const newest = opened
    .filter((one) => one.getType() === caseDetailsEventType)
    .sort((a, b) => b.getTs() - a.getTs())[0]
  const parsed = newest && caseDetailsSchema.safeParse(byId.get(newest.getId()!)?.content)
  if (!newest || !parsed?.success) return undefined
  return { ...parsed.data, caseId, roomId, sender: newest.getSender() ?? '', ts: newest.getTs() }
}

function viewsOf(session: Session, opened: readonly MatrixEvent[], state: CaseState) {
  const byId = new Map(opened.map((one) => [one.getId()!, one]))
  // The newest correction by whoever wrote it stands in its place.
  for (const edit of [...opened].sort((a, b) => a.getTs() - b.getTs())) {
    const about = edit.getRelation()
    if (about?.rel_type !== 'm.replace') continue
    const original = byId.get(about.event_id ?? '')
    if (original && original.getSender() === edit.getSender()) original.makeReplaced(edit)
  }
  const ids = new Set(state.documents.map((one) => one.eventId))
  const views = opened
    .filter((one) => one.getType() !== caseExportEventType)
    .flatMap((one) => viewOf(one, session.client.getRoom(state.roomId)) ?? [])
    .filter((one) => one.body !== undefined)
    .sort((a, b) => a.ts - b.ts)
  return {
    notes: views.filter((one) => !ids.has(one.id)),
    documents: new Map(views.filter((one) => ids.has(one.id)).map((one) => [one.id, one])),
  }
}

function institutionsOf(state: CaseState): Set<string> {
  return new Set([
    state.requesting,
    state.owner,
    ...state.receiving.map((one) => one.institution),
    ...state.history.map((one) => one.by.institution),
  ])
}

/** What a machine shows and does not run. Whoever sent a file chose its name, and a court opens it by a double click. */
const SHOWN = new Set(
  'pdf jpg jpeg png webp gif heic heif avif tif tiff txt csv docx odt xlsx ods mp3 m4a aac ogg oga opus wav mp4 mov webm 3gp'.split(
    ' ',
  ),
)
export function endingOf(fileName: string): string {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(fileName)?.[1]?.toLowerCase()
  return ending !== undefined && SHOWN.has(ending) ? ending : 'bin'
}

/** Opens each attached file into the package. @returns how many no server gives out any more */
export async function addFiles(
  session: Session,
  writer: PackageWriter,
  folder: string,
  { files, texts }: CaseContent,
  room: { left: number },
  onFile: () => void,
): Promise<number> {
  let lost = 0
  for (const [index, { eventId, file, fileName, size }] of files.entries()) {
    if (size > room.left) throw new TooMuch()
    const name = `${folder}/adjuntos/${String(index + 1).padStart(3, '0')}.${endingOf(fileName)}`
    const plain = await session.media.plain(file).catch((error: unknown) => {
      // Without a connection the package would lack it for no reason.
      if (error instanceof TypeError) throw error
      return undefined
    })
    onFile()
    if (plain === undefined) {
      lost += 1
      continue
    }
    room.left -= plain.byteLength
    if (room.left < 0) throw new TooMuch()
    await writer.add(name, new Uint8Array(plain), true)
    const text = texts.texts.find((one) => one.event_id === eventId)
    if (text) text.attachment = { name, sealed: file }
  }
  return lost
}

export const roomFor = () => ({ left: MAX_PACKAGE_BYTES })
