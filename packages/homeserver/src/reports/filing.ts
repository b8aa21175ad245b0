/** Making a report: to whom it goes, limits, and that the same one twice is one. */
import { randomUUID } from 'node:crypto'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { limitExceeded, notFound, policyRefusal } from '../errors.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { otherCoordinators } from '../people/last-coordinator.ts'
import { KEPT_MS } from './decisions.ts'
import { keepEvidence } from './evidence.ts'
import { deskId, READERS_PATH, readersSchema, sendReport } from './partners.ts'
import type { Desk, FiledDoc, FiledReport, NewReport, ReportDoc, ReportModels, Reports } from './types.ts'

const DAY_MS = 24 * 3_600_000
const MAX_PER_DAY = 30
const MAX_SHOWN = 200
const READERS_TIMEOUT_MS = 5_000

export const filedView = ({
  _id,
  reporter: _r,
  key: _k,
  waits: _w,
  forget_ts: _f,
  ...rest
}: FiledDoc): FiledReport => ({
  id: _id,
  ...rest,
})

export function createFiling(ctx: Context, { Filed, Report }: ReportModels) {
  const inTurn = createKeyedQueue()
  const institutionOf = async (userId: string) => (await ctx.policy.placeOf(userId)).institution

  /** Those of an institution who read a report: not whom it is about. */
  const coordinatorsOf = (institution: string, about: string | undefined) =>
    otherCoordinators(ctx, institution, about ?? '')

  /** The own coordination always; that of whoever it is about as well. */
  async function desksFor(reporter: string, about: string | undefined): Promise<Desk[]> {
    const desks: Desk[] = []
    const own = await institutionOf(reporter)
    if (own !== undefined) desks.push({ server: ctx.serverName, institution: own })
    if (about === undefined) return desks
    if (!ctx.accounts.isLocal(about)) {
      const server = serverNameOf(about)
      if (server !== undefined && !ctx.federation.cutOff(server)) desks.push({ server })
      return desks
    }
    const theirs = await institutionOf(about)
    if (theirs !== undefined && theirs !== own) desks.push({ server: ctx.serverName, institution: theirs })
    return desks
  }

  /** A desk of this node: its report, and that its coordinators are told. Both may be done again. */
  async function putOn(
    institution: string,
    doc: Omit<ReportDoc, '_id' | 'institution' | 'state' | 'received_ts' | 'evidence'>,
  ): Promise<void> {
    const _id = deskId(doc.origin, doc.ref, institution)
    const evidence = doc.event_id === undefined ? [] : await keepEvidence(ctx, doc.event_id)
    await Report.updateOne(
      { _id },
      {
        $setOnInsert: {
          ...doc,
          institution,
          state: 'new',
          received_ts: ctx.clock.now(),
          ...(evidence.length > 0 ? { evidence } : {}),
        },
      },
      { upsert: true },
    )
    const urgent = doc.reason === 'child_data' || doc.reason === 'threats'
    for (const userId of await coordinatorsOf(institution, doc.about))
      await ctx.alerts.raise({
        key: `report/${_id}/${userId}`,
        userId,
        urgent,
        kind: 'report',
        roomId: '',
        eventId: '',
      })
  }

  async function toDesks(filed: FiledDoc): Promise<void> {
    const { reporter, named, desks, kind, reason, room_id, event_id, about, filed_ts, disclosed } = filed
    const own = await institutionOf(reporter)
    const event = event_id === undefined ? undefined : await ctx.rooms.event(event_id)
    for (const { server, institution } of desks) {
      if (server !== ctx.serverName) {
        await sendReport(ctx, filed, server, own)
        continue
      }
      const known = named || institution === own
      await putOn(institution!, {
        ref: filed._id,
        origin: ctx.serverName,
        kind,
        reason,
        filed_ts,
        disclosed: disclosed && known,
        ...(known ? { reporter } : {}),
        ...(own === undefined ? {} : { reporter_institution: own }),
        ...(room_id === undefined ? {} : { room_id }),
        ...(event_id === undefined ? {} : { event_id }),
        ...(about === undefined ? {} : { about }),
        ...(event === undefined ? {} : { sent_ts: event.pdu.origin_server_ts }),
      })
    }
    await Filed.updateOne({ _id: filed._id }, { $unset: { waits: 1 } })
  }

  /** Only what the reporter can see, and of whom they know. @throws M_NOT_FOUND, alike for what is not there and not theirs */
  async function target(reporter: string, report: NewReport): Promise<string | undefined> {
    if (report.kind !== 'message') return report.about
    const event = await ctx.rooms.accessEvent(reporter, report.eventId!)
    if (event?.roomId !== report.roomId)
      throw notFound('Ese mensaje no está en este canal. / There is no such event in this room.')
    return event!.pdu.sender
  }

  async function file(reporter: string, report: NewReport): Promise<FiledReport> {
    const about = await target(reporter, report)
    const { kind, reason, roomId, eventId, named, disclosed } = report
    const key = [reporter, kind, eventId ?? roomId ?? about].join('\n')
    const before = await Filed.findOne({ key }).lean()
    if (before) return filedView(before)
    const since = ctx.clock.now() - DAY_MS
    // Index {reporter, filed_ts}.
    if ((await Filed.countDocuments({ reporter, filed_ts: { $gt: since } })) >= MAX_PER_DAY)
      throw limitExceeded(DAY_MS)
    const desks = await desksFor(reporter, about)
    const read = await Promise.all(
      desks.map(
        async ({ server, institution }) =>
          server !== ctx.serverName || (await coordinatorsOf(institution!, about)).length > 0,
      ),
    )
    if (!read.some(Boolean))
      throw policyRefusal('report.nobody', '', {
        es: 'En su institución no hay otra persona que coordine y pueda leer este aviso. Hable con la coordinación de la red.',
        en: 'Your institution has no other coordinator who could read this report. Talk to the network’s coordination.',
      })
    const filed_ts = ctx.clock.now()
    const doc: FiledDoc = {
      _id: randomUUID(),
      reporter,
      key,
      kind,
      reason,
      filed_ts,
      named,
      disclosed,
      desks,
      waits: true,
      forget_ts: filed_ts + KEPT_MS,
      ...(roomId === undefined ? {} : { room_id: roomId }),
      ...(eventId === undefined ? {} : { event_id: eventId }),
      ...(about === undefined ? {} : { about }),
    }
    // Not about whom: their coordination sees this entry, and may not know who reported; nor may they, if they coordinate.
    await ctx.audit.record({
      act: 'report.filed',
      by: reporter,
      facts: { report: doc._id, kind, reason, disclosed },
    })
    try {
      await Filed.create(doc)
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      return filedView((await Filed.findOne({ key }).lean())!)
    }
    await toDesks(doc)
    return filedView(doc)
  }

  const readers: Reports['readers'] = async (reporter, about) =>
    Promise.all(
      (await desksFor(reporter, about)).map(async (desk) => {
        if (desk.server === ctx.serverName)
          return { ...desk, coordinators: await coordinatorsOf(desk.institution!, about) }
        const answer = await ctx.federation
          .request(
            desk.server,
            {
              entryPoint: 'report',
              method: 'GET',
              path: `${READERS_PATH}/${encodeURIComponent(about!)}`,
              timeoutMs: READERS_TIMEOUT_MS,
            },
            readersSchema,
          )
          .catch(() => undefined)
        // It speaks for its own people alone.
        const coordinators = (answer?.coordinators ?? []).filter((one) => serverNameOf(one) === desk.server)
        const { institution } = answer ?? {}
        return institution !== undefined && ctx.federation.hosts(desk.server, institution)
          ? { ...desk, institution, coordinators }
          : { ...desk, coordinators }
      }),
    )

  return {
    readers,
    // Limits are counted one after the other, however many come at once.
    file: (reporter: string, report: NewReport) => inTurn(reporter, () => file(reporter, report)),
    putOn,
    coordinatorsOf,
    async resume(): Promise<void> {
      // Index {waits}. Where it has been already, nothing happens.
      for (const doc of await Filed.find({ waits: true }).limit(MAX_SHOWN).lean()) await toDesks(doc)
    },
    async filedBy(userId: string): Promise<FiledReport[]> {
      // Index {reporter, filed_ts}.
      const docs = await Filed.find({ reporter: userId }).sort({ filed_ts: -1 }).limit(MAX_SHOWN).lean()
      return docs.map(filedView)
    },
  }
}
