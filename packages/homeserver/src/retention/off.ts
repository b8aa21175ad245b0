/** When a node deletes by itself, and what is said while it does not: off in its configuration, or before its first day. */
import { DAY_MS } from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import type { Context } from '../context.ts'
import type { RetentionMode, RetentionModels } from './types.ts'

/** From when a node first finds itself switched on. People see meanwhile what will go, and place their holds. */
export const GRACE_DAYS = 14
const ID = 'announced'

export const DOES_NOT_DELETE: BilingualText = {
  es: 'Este servidor no borra por sí mismo: está apagado en su configuración (retention: off). Lo vencido sigue guardado y no se pide a nadie que lo borre.',
  en: 'This server does not delete by itself: it is off in its configuration (retention: off). What is due is still kept, and nobody is asked to delete it.',
}

const deletesFrom = (ts: number): BilingualText => {
  const day = new Date(ts).toISOString().slice(0, 10)
  return {
    es: `Este servidor empieza a borrar por sí mismo el ${day} (UTC). Hasta entonces no se borra nada: aquí se ve lo que ya venció, y lo que deba quedar se puede retener.`,
    en: `This server begins to delete by itself on ${day} (UTC). Until then nothing is deleted: what is due already is shown here, and a hold keeps what has to stay.`,
  }
}

/** The node's first day, written down when it is first seen switched on; switched off, it is forgotten. */
export async function createFirstDay(ctx: Pick<Context, 'config' | 'clock'>, { FirstDay }: RetentionModels) {
  let begins_ts = (await FirstDay.findById(ID).lean())?.begins_ts

  const mode = (): RetentionMode => {
    // Asked each time: it is changed without a restart.
    if (ctx.config.retention !== 'on') return { deletes: false, message: DOES_NOT_DELETE }
    const from = begins_ts ?? ctx.clock.now() + GRACE_DAYS * DAY_MS
    if (ctx.clock.now() >= from) return { deletes: true }
    return { deletes: false, begins_ts: from, message: deletesFrom(from) }
  }

  return {
    mode,
    /** Before each run. */
    async look(): Promise<void> {
      if (ctx.config.retention === 'on') {
        if (begins_ts !== undefined) return
        const from = ctx.clock.now() + GRACE_DAYS * DAY_MS
        await FirstDay.updateOne({ _id: ID }, { $set: { begins_ts: from } }, { upsert: true })
        begins_ts = from
      } else if (begins_ts !== undefined) {
        await FirstDay.deleteOne({ _id: ID })
        begins_ts = undefined
      }
    },
  }
}
