/** What is said where a node does not delete by itself (`retention: off`). */
import type { BilingualText } from '@enlace/directory/text'
import type { Context } from '../context.ts'

/** Asked each time: it is changed without a restart. */
export const deletes = (ctx: Pick<Context, 'config'>): boolean => ctx.config.retention === 'on'

export const DOES_NOT_DELETE: BilingualText = {
  es: 'Este servidor todavía no borra por sí mismo: está apagado en su configuración (retention: off). Lo vencido sigue guardado y no se pide a nadie que lo borre.',
  en: 'This server does not delete by itself yet: it is off in its configuration (retention: off). What is due is still kept, and nobody is asked to delete it.',
}
