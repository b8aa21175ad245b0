/**
 * Cases leave this device as one package: read, opened, written, signed by the node and by the institution where its key is
 * here, said in each case's record, and only then handed to the person.
 */
import {
  caseExportEventType,
  caseStatuses,
  type ExportPurpose,
  exportPurposes,
  exportWithholdings,
} from '@enlace/coordination'
import {
  collectNetwork,
  createPackage,
  eventsFileOf,
  folderOf,
  MANIFEST_TYPE,
  type Manifest,
  NETWORK,
  SERVERS,
  textsFileOf,
} from '@enlace/evidence'
import { failureOf } from '../../lib/failure.ts'
import {
  EXPORTS,
  fetchReceipts,
  fetchServerKeys,
  type Grant,
  grantSchema,
  signManifest,
} from '../../model/exports/exports-api.ts'
import { trustFiles } from '../../model/institution/institution-api.ts'
import type { Session } from '../../model/session/types.ts'
import { inThread } from '../../model/timeline/outgoing.ts'
import { moment } from '../../words/format.ts'
import { loadAllWords, wordsIn } from '../../words/language.ts'
import type { Language } from '../../words/types.ts'
import { type PrintedFile, type PrintedSection, printedFile } from '../cases/case-file.ts'
import { institutionsOf } from '../institution/institutions.ts'
import { askWithProof, type Proof, type ProofOutcome } from '../session/with-proof.ts'
import { addFiles, type CaseContent, readCase, roomFor } from './case-content.ts'
import { type DocumentPart, exportDocument } from './export-document.ts'
import type { ExportChoice, ExportOutcome, Progress } from './types.ts'

/** Asks the node, which writes it into its log before it answers. */
export async function beginCaseExport(
  session: Session,
  { caseIds, purpose }: ExportChoice,
  proof: Proof,
): Promise<{ grant: Grant } | { problem: Exclude<ProofOutcome, undefined> }> {
  const body = { case_ids: caseIds, purpose }
  const { answer, problem } = await askWithProof(session, 'POST', `${EXPORTS}/cases`, body, proof)
  if (problem) return { problem }
  const parsed = grantSchema.safeParse(answer)
  return parsed.success ? { grant: parsed.data } : { problem: { kind: 'server' } }
}

export async function makeCaseExport(
  session: Session,
  grant: Grant,
  choice: ExportChoice,
  signal: AbortSignal,
  show: (progress: Progress) => void,
): Promise<ExportOutcome> {
  try {
    await Promise.all([loadAllWords('es'), loadAllWords('en')])
    return { made: await make(session, grant, choice, signal, show) }
  } catch (error) {
    if (error instanceof Error && error.name === 'TooMuch') return { problem: 'too_much' }
    if (error instanceof Error && error.name === 'ExportStopped') return { problem: { kind: 'cancelled' } }
    return { problem: failureOf(error) }
  }
}

type Receipts = Awaited<ReturnType<typeof fetchReceipts>>
type Read = { content: CaseContent; folder: string; receipts: Receipts }

async function make(
  session: Session,
  grant: Grant,
  choice: ExportChoice,
  signal: AbortSignal,
  show: (progress: Progress) => void,
) {
  const { request } = session
  const read: Read[] = []
  let events = 0
  for (const [index, caseId] of choice.caseIds.entries()) {
    const before = events
    const content = await readCase(session, grant, caseId, choice.withheld, signal, (count) => {
      events = before + count
      show({ stage: 'events', done: events, total: events })
    })
    const { state } = content
    const ids = [state.id, ...state.history.map((one) => one.eventId)]
    const receipts = await fetchReceipts(request, state.roomId, ids)
    read.push({ content, folder: folderOf(state.reference, index), receipts })
  }

  const writer = createPackage(signal)
  const total = read.reduce((sum, { content }) => sum + content.files.length, 0)
  const room = roomFor()
  let files = 0
  let lost = 0
  for (const { content, folder } of read) {
    lost += await addFiles(session, writer, folder, content, room, () => {
      files += 1
      show({ stage: 'files', done: files, total })
    })
    await writer.add(eventsFileOf(folder), JSON.stringify(content.events))
    await writer.add(textsFileOf(folder), JSON.stringify(content.texts))
  }

  show({ stage: 'proofs', done: 0, total: 2 })
  const servers = new Set(read.flatMap(({ content }) => [...content.servers]))
  const keys = await fetchServerKeys(request, grant.grant, [...servers])
  await writer.add(SERVERS, JSON.stringify(keys))
  const institutions = new Set(read.flatMap(({ content }) => [...content.institutions]))
  if (grant.institution !== undefined) institutions.add(grant.institution)
  const network = await collectNetwork(trustFiles(session), institutions, Date.now())
  for (const [path, bytes] of network?.files ?? []) await writer.add(NETWORK + path, bytes)
  show({ stage: 'proofs', done: 1, total: 2 })
  const now = Date.now()
  await writer.add('expediente.html', documentOf(session, grant, choice, read, now, lost))

  const manifest: Omit<Manifest, 'files'> = {
    type: MANIFEST_TYPE,
    version: 1,
    export_id: grant.export_id,
    kind: 'cases',
    made_ts: now,
    made_by: grant.user_id,
    server_name: grant.server_name,
    ...(grant.institution === undefined ? {} : { institution: grant.institution }),
    purpose: choice.purpose,
    ...(choice.recipient.trim() ? { recipient: choice.recipient.trim().slice(0, 200) } : {}),
    cases: read.map(({ content: { state }, folder }) => ({
      id: state.id,
      reference: state.reference,
      room_id: state.roomId,
      folder,
    })),
    withheld: [...choice.withheld],
  }
  let attested = false
  const { parts, manifestSha256 } = await writer.finish(manifest, async (hash) => {
    const server = await signManifest(request, grant.grant, hash)
    const about = { institution: grant.institution ?? '', exportId: grant.export_id, manifestSha256: hash }
    // Where coordinators named no list of the network, nobody could verify the institution's key.
    const institution = network && (await institutionsOf(session).attest(about))
    attested = institution !== undefined
    return { server, ...(institution ? { institution } : {}) }
  })

  const signedBy = attested ? ('institution' as const) : ('server' as const)
  for (const [index, { content }] of read.entries()) {
    show({ stage: 'record', done: index, total: read.length })
    const { state } = content
    const said = {
      export_id: grant.export_id,
      purpose: choice.purpose,
      ...(manifest.recipient === undefined ? {} : { recipient: manifest.recipient }),
      manifest_sha256: manifestSha256,
      signed_by: signedBy,
      withheld: choice.withheld,
      'm.relates_to': inThread(state.id),
    }
    await session.trust.send(state.roomId, caseExportEventType, said, `x${grant.export_id}${index}`)
  }
  const name = read.length === 1 ? read[0]!.content.state.reference : `casos-${read.length}`
  return {
    file: new Blob(parts, { type: 'application/zip' }),
    name: `${name}-exportacion.zip`,
    signedBy,
    manifestSha256,
    unreadable: read.reduce((sum, { content }) => sum + content.texts.unreadable.length, 0),
    lost,
  }
}

function documentOf(
  session: Session,
  grant: Grant,
  choice: ExportChoice,
  read: readonly Read[],
  now: number,
  lost: number,
): string {
  const known = session.cases.institutions.get()
  const institution = (key: string) => known.get(key)?.name ?? key
  const part = (language: Language): DocumentPart => {
    const words = wordsIn(language)
    const own = words.exports.document
    const purpose = exportPurposes[choice.purpose as ExportPurpose][language]
    const withheld = choice.withheld.map((one) => exportWithholdings[one][language])
    const unreadable = read.reduce((sum, { content }) => sum + content.texts.unreadable.length, 0)
    const by = `${session.people.person(grant.user_id).name} (${grant.user_id})`
    return {
      language,
      title: own.title,
      lines: [
        own.made(moment(now, language), by, grant.institution ? institution(grant.institution) : ''),
        own.purpose(purpose, choice.recipient.trim()),
        own.number(grant.export_id),
        own.times,
        withheld.length > 0 ? own.withheld(withheld.join(', ')) : own.nothingWithheld,
        ...(unreadable > 0 ? [own.unreadable(unreadable)] : []),
        ...(lost > 0 ? [own.lost(lost)] : []),
      ],
      proven: { title: own.provenTitle, points: own.proven },
      cases: read.map((one) => caseOf(one, language)),
    }
  }
  const caseOf = ({ content, receipts }: Read, language: Language): PrintedFile => {
    const { state } = content
    const words = wordsIn(language)
    const printed = printedFile({
      state,
      details: content.details,
      documents: content.documents,
      notes: content.notes,
      escalations: session.escalations.all.get().values(),
      names: { institution, person: (id) => session.people.person(id, state.roomId).title },
      words,
      language,
      by: session.people.person(session.userId, state.roomId).title,
      now,
    })
    const { document: own } = words.exports
    const measures: PrintedSection = {
      title: own.measures,
      rows: Object.entries(state.times).map(([status, at]) => [
        caseStatuses[status as keyof typeof caseStatuses][language],
        `${moment(at, language)} · ${own.after(Math.round((at - state.openedAt) / 60_000))}`,
      ]),
    }
    const delivered: PrintedSection = {
      title: own.receipts,
      rows: [...receipts].map(([id, { on_device, read: seen }]) => [id, own.receipt(on_device, seen)]),
      empty: own.noReceipts,
    }
    return { ...printed, sections: [...printed.sections, measures, delivered] }
  }
  return exportDocument([part('es'), part('en')])
}
