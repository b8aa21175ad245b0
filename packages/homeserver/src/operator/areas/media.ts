/** Stored files: what is there, and what must not be handed out. */
import { z } from 'zod'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

const media = z.string().startsWith('mxc://').max(600)

export const mediaArea: Area = {
  name: 'media',
  describe: { es: 'Archivos guardados', en: 'Stored files' },
  main: 'list',
  commands: [
    command({
      name: 'list',
      describe: {
        es: 'Los archivos más nuevos; el contenido está cifrado y no se muestra',
        en: 'The newest files; what is in them is encrypted and not shown',
      },
      where: 'node',
      reads: true,
      options: {
        by: { es: 'de esta persona (@nombre:servidor)', en: 'of this person (@name:server)' },
        room: { es: 'de este canal (!id)', en: 'of this channel (!id)' },
        quarantined: { es: 'solo los que están en cuarentena', en: 'only those in quarantine' },
        limit: { es: 'cuántos (100)', en: 'how many (100)' },
      },
      input: z.strictObject({
        by: z.string().max(255).optional(),
        room: z.string().max(255).optional(),
        quarantined: z.boolean().optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
      }),
      run: async (ctx, input) => ({ files: await ctx.media.operator.list(input) }),
    }),
    command({
      name: 'quarantine',
      describe: {
        es: 'Nadie recibe el archivo, ni otro con el mismo contenido, tampoco los demás servidores',
        en: 'Nobody is given the file, nor another with the same content, other servers included',
      },
      where: 'node',
      positionals: ['media'],
      options: { reason: { es: 'para qué, en pocas palabras', en: 'what for, in a few words' } },
      input: z.strictObject({ media, reason: z.string().max(200).optional() }),
      run: async (ctx, input) => ({ ...(await ctx.media.operator.quarantine(input.media, input.reason)) }),
    }),
    command({
      name: 'release',
      describe: { es: 'Levanta la cuarentena', en: 'Lifts the quarantine' },
      where: 'node',
      positionals: ['media'],
      input: z.strictObject({ media }),
      run: async (ctx, input) => ({ ...(await ctx.media.operator.release(input.media)) }),
    }),
    command({
      name: 'remove',
      describe: {
        es: 'Borra el archivo aquí y en los servidores que lo copiaron',
        en: 'Deletes the file here and at the servers that copied it',
      },
      where: 'node',
      positionals: ['media'],
      confirm: {
        es: 'El archivo se borra para siempre. ¿Seguir?',
        en: 'The file is deleted for good. Go on?',
      },
      input: z.strictObject({ media }),
      run: (ctx, input) => ctx.media.operator.remove(input.media),
    }),
  ],
}
