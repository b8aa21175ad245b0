/** Retention: what is due, deleting it now, and who has confirmed. */
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { policyRefusal } from '../../errors.ts'
import { erasureView } from '../../retention/views.ts'
import { command } from '../command.ts'
import { plain } from '../plain.ts'
import type { Answer, Area, Lang } from '../types.ts'

const MAX_SHOWN = 200
const day = (ts: number) => new Date(ts).toISOString().slice(0, 10)

/** What is due now: cases, then the channels with messages that are. */
async function dueNow(ctx: Context) {
  const [cases, messages] = [await ctx.retention.due(), await ctx.retention.dueMessages()]
  return [
    ...cases.map(({ row, standing }) => ({
      what: row.reference,
      kind: row.kind as string,
      due: day(standing.due_ts),
      days: standing.period.days,
      from: standing.period.from as string,
    })),
    ...messages.map(({ room_id, until_ts }) => ({ what: room_id, kind: 'messages', before: day(until_ts) })),
  ]
}

/** In words first where the node does not delete by itself; then a line for each thing. */
function show(answer: Answer, lang: Lang): string {
  const { due, message, waiting } = answer
  const off = message as Record<Lang, string> | undefined
  const lines = (rows: unknown) => (Array.isArray(rows) && rows.length > 0 ? [plain({ rows }, lang)] : [])
  const heading = { es: 'Se borraría ahora:', en: 'Would be deleted now:' }[lang]
  const would = lines(due)
  return [
    ...(off ? [off[lang]] : []),
    ...(off && would.length > 0 ? [heading] : []),
    ...would,
    ...lines(waiting),
  ].join('\n')
}

export const retentionArea: Area = {
  name: 'retention',
  describe: {
    es: 'Conservación: qué se borra, cuándo, y quién lo ha confirmado',
    en: 'Retention: what is deleted, when, and who has confirmed',
  },
  main: 'status',
  commands: [
    command({
      name: 'due',
      describe: {
        es: 'Los casos y mensajes que se borrarían ahora. No cambia nada.',
        en: 'The cases and messages that would be deleted now. Changes nothing.',
      },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      async run(ctx) {
        const mode = ctx.retention.mode()
        return { ...(mode.deletes ? {} : { message: mode.message }), due: await dueNow(ctx) }
      },
      show,
    }),
    command({
      name: 'run',
      describe: {
        es: 'Borra ahora todo lo que venció y pide a los demás servidores que confirmen. Con «retention: on» el servidor lo hace solo cada diez minutos, desde el día que anunció; con «off» no se borra nada.',
        en: 'Deletes all that is due now and asks the other servers to confirm. With “retention: on” the server does so by itself every ten minutes, from the day it announced; with “off” nothing is deleted.',
      },
      where: 'node',
      confirm: {
        es: 'Lo que se borra no se puede recuperar. ¿Seguir?',
        en: 'What is deleted cannot be brought back. Go on?',
      },
      input: z.strictObject({}),
      async run(ctx) {
        const mode = ctx.retention.mode()
        if (!mode.deletes) throw policyRefusal('retention.off', '', mode.message)
        const done = await ctx.retention.run()
        return {
          deleted: done.map(({ about, subject, counts }) => ({
            what: about?.reference ?? subject,
            ...counts,
          })),
        }
      },
    }),
    command({
      name: 'status',
      describe: {
        es: 'Si el servidor borra por sí mismo; si no, lo que se borraría. Lo que se borró y falta confirmar: por qué servidor o dispositivo, y desde cuándo',
        en: 'Whether the server deletes by itself; if not, what would be deleted. What was deleted and is not confirmed: by which server or device, and since when',
      },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      async run(ctx) {
        const open = await ctx.retention.erasures({ open: true }, MAX_SHOWN)
        const mode = ctx.retention.mode()
        return {
          ...mode,
          ...(mode.deletes ? {} : { due: await dueNow(ctx) }),
          waiting: open.map((one) => {
            const { unconfirmed, devices, state } = erasureView(ctx, one, one.devices)
            return {
              what: one.about?.reference ?? one.subject,
              room: one.room_id,
              state,
              servers: unconfirmed.map(({ server, since, why }) => ({ server, since: day(since), why })),
              devices: (devices.list ?? [])
                .filter((device) => device.confirmed_ts === undefined)
                .map(({ user_id, device_id, last_seen_ts }) => ({
                  user_id,
                  device_id,
                  ...(last_seen_ts === undefined ? {} : { last_seen: day(last_seen_ts) }),
                })),
            }
          }),
        }
      },
      show,
    }),
  ],
}
