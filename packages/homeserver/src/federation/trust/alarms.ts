/** Signs that somebody tells nodes different things, or old ones: kept, so that operators and coordinators see them. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import type { InstitutionProblem, TrustAlarm, TrustAlarmKind } from '../types.ts'
import { institutionWords } from './institution-words.ts'

/** Seen for so long after it last happened. */
const SHOWN_MS = 30 * 24 * 3_600_000
/** Called recent, for operators' figures. */
const RECENT_MS = 24 * 3_600_000
const MAX_KEPT = 50

const alarmSchema = z.object({
  kind: z.enum(['fork', 'rollback', 'unsigned', 'behind']),
  from: z.string(),
  institution: z.string().optional(),
  proven: z.boolean(),
  detail: z.string(),
  since_ts: z.int(),
  last_ts: z.int(),
})

const WORDS: Record<TrustAlarmKind, (from: string) => BilingualText> = {
  fork: (from) => ({
    es: `Hay dos listas distintas de la red con la misma versión (${from}). Alguien dice cosas distintas a distintos nodos: avise a las coordinaciones y no admita a nadie nuevo hasta aclararlo.`,
    en: `There are two different lists of the network with one version (${from}). Somebody tells nodes different things: tell the coordinators, and admit nobody new until it is clear why.`,
  }),
  rollback: (from) => ({
    es: `${from} entregó una lista de la red más antigua que la que este nodo ya tiene. Se sigue con la más nueva; avise a quien opera el directorio.`,
    en: `${from} gave out a list of the network that is older than the one this node has. The newer one stays in force; tell the registry’s operator.`,
  }),
  unsigned: (from) => ({
    es: `${from} entregó una lista de la red sin las firmas necesarias de las coordinaciones. No se tomó; avise a las coordinaciones.`,
    en: `${from} gave out a list of the network without the coordinators’ signatures it needs. It was not taken; tell the coordinators.`,
  }),
  behind: (from) => ({
    es: `${from} tiene una lista de la red más nueva que la que el directorio entrega a este nodo. Puede que alguien la retenga; avise a quien opera el directorio.`,
    en: `${from} has a newer list of the network than the registry gives this node. Somebody may be holding it back; tell the registry’s operator.`,
  }),
}

const OF_INSTITUTIONS: Record<TrustAlarmKind, InstitutionProblem['reason']> = {
  fork: 'fork',
  rollback: 'rollback',
  unsigned: 'bad-signature',
  behind: 'missing',
}

const wordsOf = ({ kind, from, institution }: Pick<TrustAlarm, 'kind' | 'from' | 'institution'>) =>
  institution === undefined ? WORDS[kind](from) : institutionWords(OF_INSTITUTIONS[kind], institution)

export interface TrustAlarms {
  raise(alarm: Pick<TrustAlarm, 'kind' | 'from' | 'institution' | 'proven' | 'detail'>): Promise<void>
  /** Newest first. */
  list(): TrustAlarm[]
  /** Of the last day. */
  recent(kind: TrustAlarmKind): number
}

export async function openTrustAlarms(ctx: Pick<Context, 'config' | 'log'>): Promise<TrustAlarms> {
  const file = join(ctx.config.data_dir, 'trust-alarms.json')
  let alarms: z.output<typeof alarmSchema>[] = []
  try {
    alarms = z.array(alarmSchema).parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      ctx.log.warn({ err: error }, 'the kept alarms about the federation list cannot be read')
  }
  const shown = () => alarms.filter(({ last_ts }) => Date.now() - last_ts < SHOWN_MS)

  return {
    async raise({ kind, from, institution, proven, detail }) {
      const now = Date.now()
      const known = alarms.find((one) => one.kind === kind && one.from === from && one.detail === detail)
      if (known) {
        known.last_ts = now
        known.proven ||= proven
        return
      }
      const alarm = { kind, from, ...(institution === undefined ? {} : { institution }), proven, detail }
      ctx.log.error({ ...alarm, alarm: kind }, wordsOf(alarm).en)
      alarms = [{ ...alarm, since_ts: now, last_ts: now }, ...shown()].slice(0, MAX_KEPT)
      await writeFile(`${file}.new`, JSON.stringify(alarms), { mode: 0o600 })
      await rename(`${file}.new`, file)
    },
    list: () =>
      shown()
        .sort((a, b) => b.last_ts - a.last_ts)
        .map((alarm) => ({ ...alarm, message: wordsOf(alarm) })),
    recent: (kind) =>
      alarms.filter((one) => one.kind === kind && Date.now() - one.last_ts < RECENT_MS).length,
  }
}
