/** One's own data: what the node keeps of the account, and what this device can read of what one has written. */
import { createPackage, MANIFEST_TYPE, SERVERS } from '@enlace/evidence'
import { failureOf } from '../../lib/failure.ts'
import {
  EXPORTS,
  exportLines,
  fetchServerKeys,
  type Grant,
  grantSchema,
  signManifest,
} from '../../model/exports/exports-api.ts'
import type { Session } from '../../model/session/types.ts'
import { moment } from '../../words/format.ts'
import { loadAllWords, wordsIn } from '../../words/language.ts'
import { askWithProof, type Proof, type ProofOutcome } from '../session/with-proof.ts'
import { exportDocument } from './export-document.ts'
import { type ExportOutcome, MAX_PACKAGE_BYTES, type Progress, TooMuch } from './types.ts'

export async function beginOwnExport(
  session: Session,
  proof: Proof,
): Promise<{ grant: Grant } | { problem: Exclude<ProofOutcome, undefined> }> {
  const { answer, problem } = await askWithProof(session, 'POST', `${EXPORTS}/own`, {}, proof)
  if (problem) return { problem }
  const parsed = grantSchema.safeParse(answer)
  return parsed.success ? { grant: parsed.data } : { problem: { kind: 'server' } }
}

export async function makeOwnExport(
  session: Session,
  grant: Grant,
  signal: AbortSignal,
  show: (progress: Progress) => void,
): Promise<ExportOutcome> {
  try {
    await Promise.all([loadAllWords('es'), loadAllWords('en')])
    return { made: await make(session, grant, signal, show) }
  } catch (error) {
    if (error instanceof TooMuch) return { problem: 'too_much' }
    if (error instanceof Error && error.name === 'ExportStopped') return { problem: { kind: 'cancelled' } }
    return { problem: failureOf(error) }
  }
}

async function make(session: Session, grant: Grant, signal: AbortSignal, show: (progress: Progress) => void) {
  const lines: string[] = []
  let bytes = 0
  for await (const line of exportLines(session, '/own-data', { grant: grant.grant }, signal)) {
    const text = JSON.stringify(line)
    bytes += text.length
    if (bytes > MAX_PACKAGE_BYTES) throw new TooMuch()
    lines.push(text)
    show({ stage: 'events', done: lines.length, total: lines.length })
  }
  const messages = ownMessages(session)
  const writer = createPackage(signal)
  await writer.add('account.jsonl', `${lines.join('\n')}\n`)
  await writer.add('messages.json', JSON.stringify(messages, undefined, 1))
  show({ stage: 'proofs', done: 0, total: 1 })
  await writer.add(SERVERS, JSON.stringify(await fetchServerKeys(session.request, grant.grant, [])))
  const now = Date.now()
  const part = (language: 'es' | 'en') => {
    const own = wordsIn(language).exports.ownDocument
    return {
      language,
      title: own.title,
      lines: [
        own.made(moment(now, language), grant.user_id),
        own.account(lines.length),
        own.messages(messages.length),
      ],
      proven: { title: own.limitsTitle, points: own.limits },
      cases: [],
    }
  }
  await writer.add('expediente.html', exportDocument([part('es'), part('en')]))
  const { parts, manifestSha256 } = await writer.finish(
    {
      type: MANIFEST_TYPE,
      version: 1,
      export_id: grant.export_id,
      kind: 'person',
      made_ts: now,
      made_by: grant.user_id,
      server_name: grant.server_name,
      ...(grant.institution === undefined ? {} : { institution: grant.institution }),
      purpose: 'person',
      cases: [],
      withheld: [],
    },
    async (hash) => ({ server: await signManifest(session.request, grant.grant, hash) }),
  )
  return {
    file: new Blob(parts, { type: 'application/zip' }),
    name: 'mis-datos-enlace.zip',
    signedBy: 'server' as const,
    manifestSha256,
    unreadable: 0,
    lost: 0,
  }
}

/** What this account has sent, as far as this device holds it opened. */
function ownMessages(session: Session) {
  return session.client.getRooms().flatMap((room) =>
    room
      .getLiveTimeline()
      .getEvents()
      .filter((event) => event.getSender() === session.userId && !event.isState() && event.status === null)
      .map((event) => ({
        event_id: event.getId(),
        room_id: room.roomId,
        room: room.name,
        ts: event.getTs(),
        type: event.getType(),
        ...(event.isDecryptionFailure() ? { unreadable: true } : { content: event.getContent() }),
      })),
  )
}
