/** Where people are signed in. */
import { z } from 'zod'
import { command } from '../command.ts'
import type { Area } from '../types.ts'
import { endSessions } from './accounts.ts'

const DAY_MS = 24 * 3_600_000
const name = z.string().min(1).max(255)

export const sessionsArea: Area = {
  name: 'sessions',
  describe: { es: 'Sesiones abiertas', en: 'Open sessions' },
  main: 'list',
  commands: [
    command({
      name: 'list',
      describe: {
        es: 'Todas las sesiones del nodo, o las de una persona',
        en: 'All sessions of the node, or those of one person',
      },
      where: 'node',
      reads: true,
      positionals: ['name'],
      options: {
        idleDays: {
          es: 'solo las que no se usan desde hace tantos días',
          en: 'only those unused for so many days',
        },
      },
      input: z.strictObject({
        name: name.optional(),
        idleDays: z.coerce.number().int().min(0).max(3_650).optional(),
      }),
      async run(ctx, input) {
        const only = input.name === undefined ? undefined : ctx.accounts.userIdFrom(input.name)
        const before = ctx.clock.now() - (input.idleDays ?? 0) * DAY_MS
        const sessions = []
        for (const { userId, deactivated } of await ctx.accounts.list()) {
          if (deactivated || (input.name !== undefined && userId !== only)) continue
          for (const one of await ctx.devices.list(userId)) {
            const seen = one.lastSeenTs ?? one.createdTs
            if (input.idleDays !== undefined && seen > before) continue
            sessions.push({
              user: userId,
              device: one.deviceId,
              called: one.displayName,
              last_seen: new Date(seen).toISOString(),
            })
          }
        }
        return { sessions }
      },
    }),
    command({
      name: 'end',
      describe: {
        es: 'Cierra las sesiones de una persona, o una sola',
        en: 'Ends the sessions of a person, or one of them',
      },
      where: 'node',
      positionals: ['name'],
      options: { device: { es: 'solo este dispositivo', en: 'this device only' } },
      confirm: {
        es: 'La persona tendrá que entrar de nuevo. ¿Seguir?',
        en: 'The person will have to sign in again. Go on?',
      },
      input: z.strictObject({ name, device: z.string().max(255).optional() }),
      run: (ctx, input) => endSessions(ctx, input.name, input.device),
    }),
  ],
}
