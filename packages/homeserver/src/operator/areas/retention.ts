/** Retention: what is due, deleting it now, and who has confirmed. */
import { z } from 'zod'
import { erasureView } from '../../retention/views.ts'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

const MAX_SHOWN = 200
const day = (ts: number) => new Date(ts).toISOString().slice(0, 10)

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
        es: 'Los casos que se borrarían ahora. No cambia nada.',
        en: 'The cases that would be deleted now. Changes nothing.',
      },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      async run(ctx) {
        const due = await ctx.retention.due()
        return {
          cases: due.map(({ row, standing }) => ({
            reference: row.reference,
            kind: row.kind,
            due: day(standing.due_ts),
            days: standing.period.days,
            from: standing.period.from,
          })),
        }
      },
    }),
    command({
      name: 'run',
      describe: {
        es: 'Borra ahora todo lo que venció y pide a los demás servidores que confirmen. El servidor lo hace solo cada diez minutos.',
        en: 'Deletes all that is due now and asks the other servers to confirm. The server does so by itself every ten minutes.',
      },
      where: 'node',
      confirm: {
        es: 'Lo que se borra no se puede recuperar. ¿Seguir?',
        en: 'What is deleted cannot be brought back. Go on?',
      },
      input: z.strictObject({}),
      async run(ctx) {
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
        es: 'Lo que se borró y falta confirmar: por qué servidor o dispositivo, y desde cuándo',
        en: 'What was deleted and is not confirmed: by which server or device, and since when',
      },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      async run(ctx) {
        const open = await ctx.retention.erasures({ open: true }, MAX_SHOWN)
        return {
          waiting: open.map((one) => {
            const { unconfirmed, devices, state } = erasureView(ctx, one, true)
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
    }),
  ],
}
