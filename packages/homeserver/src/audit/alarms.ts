/** Signs that a log was changed, here or at a partner: kept with what shows it, for coordinators, like the alarms about the list. */
import type { BilingualText } from '@enlace/directory/text'
import type { Context } from '../context.ts'
import type { AuditAlarm, AuditAlarmKind, AuditModels } from './types.ts'

const SHOWN_MS = 30 * 24 * 3_600_000
const MAX_EVIDENCE = 4

const WORDS: Record<AuditAlarmKind, (server: string, seq: number) => BilingualText> = {
  fork: (server, seq) => ({
    es: `El registro de actividad de ${server} ya no es el que este nodo había firmado hasta la entrada ${seq}: alguien lo cambió. Avise a la coordinación de ese nodo y guarde su último archivo exportado.`,
    en: `The activity log of ${server} is no longer the one this node had countersigned up to entry ${seq}: somebody changed it. Tell that node’s coordinators, and keep its last exported file.`,
  }),
  rollback: (server, seq) => ({
    es: `El registro de actividad de ${server} termina antes de la entrada ${seq}, que este nodo ya había firmado: se borró una parte, o el servidor volvió a un respaldo sin decirlo. Pregunte a la coordinación de ese nodo.`,
    en: `The activity log of ${server} ends before entry ${seq}, which this node had countersigned: a part was deleted, or the server went back to a backup without saying so. Ask that node’s coordinators.`,
  }),
  restarted: (server, seq) => ({
    es: `${server} dice que fue restaurado de un respaldo: de su registro de actividad puede faltar lo último antes de la entrada ${seq}. Confirme por teléfono que así fue.`,
    en: `${server} says that it was restored from a backup: its activity log may lack the last entries up to ${seq}. Confirm by telephone that this is so.`,
  }),
  'own-fork': (server, seq) => ({
    es: `El registro de actividad de este servidor no es el que ${server} había firmado hasta la entrada ${seq}: alguien lo cambió en la base de datos. Avise a quien administra el servidor y guarde una exportación.`,
    en: `The activity log of this server is not the one that ${server} had countersigned up to entry ${seq}: somebody changed it in the database. Tell the server’s operator, and keep an export.`,
  }),
  'own-rollback': (server, seq) => ({
    es: `Al registro de actividad de este servidor le falta lo que ${server} había firmado hasta la entrada ${seq}. Si se restauró de un respaldo, quien administra el servidor debe declararlo; si no, alguien borró una parte.`,
    en: `The activity log of this server lacks what ${server} had countersigned up to entry ${seq}. If it was restored from a backup, its operator has to say so; otherwise somebody deleted a part.`,
  }),
  broken: (_server, seq) => ({
    es: `El registro de actividad de este servidor está roto en la entrada ${seq}: alguien cambió la base de datos. Avise a quien administra el servidor y guarde una exportación.`,
    en: `The activity log of this server is broken at entry ${seq}: somebody changed the database. Tell the server’s operator, and keep an export.`,
  }),
}

export interface AuditAlarms {
  raise(kind: AuditAlarmKind, server: string, seq: number, evidence?: readonly string[]): Promise<void>
  /** Of the last month, newest first. */
  list(): Promise<AuditAlarm[]>
}

export function createAuditAlarms(
  ctx: Pick<Context, 'clock' | 'log'>,
  { Alarm }: Pick<AuditModels, 'Alarm'>,
  onNew: (alarm: { kind: AuditAlarmKind; server: string; seq: number }) => Promise<void>,
): AuditAlarms {
  return {
    async raise(kind, server, seq, evidence = []) {
      const now = ctx.clock.now()
      const before = await Alarm.findOneAndUpdate(
        { _id: `${kind}|${server}|${seq}` },
        {
          $set: { last_ts: now },
          $setOnInsert: { kind, server, seq, since_ts: now, evidence: evidence.slice(0, MAX_EVIDENCE) },
        },
        { upsert: true, returnDocument: 'before' },
      ).lean()
      if (before) return
      ctx.log.error({ alarm: kind, server, seq }, WORDS[kind](server, seq).en)
      await onNew({ kind, server, seq })
    },
    async list() {
      const docs = await Alarm.find({}).sort({ _id: 1 }).limit(500).lean()
      return docs
        .filter(({ last_ts }) => ctx.clock.now() - last_ts < SHOWN_MS)
        .sort((a, b) => b.last_ts - a.last_ts)
        .map(({ kind, server, seq, since_ts, last_ts }) => ({
          kind,
          server,
          seq,
          since_ts,
          last_ts,
          message: WORDS[kind](server, seq),
        }))
    },
  }
}
