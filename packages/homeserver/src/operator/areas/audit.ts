/** The audit log: what happened on this node, and whether anybody changed the record of it. */
import { open, readFile } from 'node:fs/promises'
import { verifyBytes } from '@enlace/room-model'
import {
  type AuditKeys,
  type AuditVerdict,
  auditWitnessSchema,
  createAuditVerifier,
} from '@enlace/trust/audit'
import { z } from 'zod'
import { ACT_GROUPS, ACTS, type ActGroup, isAct } from '../../audit/acts.ts'
import { nodeHashing } from '../../audit/entry.ts'
import { notFound } from '../../errors.ts'
import { linesOfFile } from '../../lib/file-lines.ts'
import { command } from '../command.ts'
import type { Answer, Area, Lang } from '../types.ts'

const whole = z.coerce.number().int().min(0)
const keysFile = z.record(z.string(), z.record(z.string(), z.string()))

/**
 * It holds a piece of the file at a time. `npm run bench -- audit` measures a million entries.
 * @param more keys that were had another way than from the file, and countersigned heads the file must reach
 */
export async function verifyAuditFile(
  file: string,
  more: { keys?: AuditKeys; against?: z.output<typeof auditWitnessSchema>[] } = {},
): Promise<AuditVerdict> {
  const verifier = createAuditVerifier({
    hashing: nodeHashing,
    verify: (text, signature, key) => verifyBytes(Buffer.from(text), signature, key),
    ...more,
  })
  for await (const lines of linesOfFile(file)) if (!lines.every((line) => verifier.push(line))) break
  return verifier.finish()
}

function said(answer: Answer, lang: Lang): string {
  const verdict = answer as unknown as AuditVerdict & { problems: number }
  const es = lang === 'es'
  if (verdict.fault)
    return `${es ? 'NO' : 'NO'}: ${verdict.fault[lang]} (${es ? 'línea' : 'line'} ${verdict.fault.line})`
  const lines = [
    es
      ? `Bien: ${verdict.server}, entradas ${verdict.from} a ${verdict.to}, ${verdict.heads} firmas del servidor.`
      : `Good: ${verdict.server}, entries ${verdict.from} to ${verdict.to}, ${verdict.heads} signatures of the server.`,
    ...verdict.witnesses.map(({ server, seq, ts }) =>
      es
        ? `Firmado también por ${server} hasta la entrada ${seq}, ${new Date(ts).toISOString()}.`
        : `Countersigned by ${server} up to entry ${seq}, ${new Date(ts).toISOString()}.`,
    ),
  ]
  if (verdict.keysFromFile.length > 0)
    lines.push(
      es
        ? `Atención: las claves de ${verdict.keysFromFile.join(', ')} vienen del mismo archivo. Con --keys se comprueba quién lo firmó.`
        : `Mind: the keys of ${verdict.keysFromFile.join(', ')} come from the file itself. With --keys it is verified who signed it.`,
    )
  return lines.join('\n')
}

export const auditArea: Area = {
  name: 'audit',
  describe: {
    es: 'Registro de actividad: ver, exportar, comprobar',
    en: 'Activity log: see, export, verify',
  },
  main: 'list',
  commands: [
    command({
      name: 'list',
      describe: { es: 'Los actos más recientes', en: 'The latest acts' },
      where: 'node',
      reads: true,
      options: {
        group: { es: 'solo este grupo de actos', en: 'only this group of acts' },
        person: { es: 'solo esta persona (@usuario:servidor)', en: 'only this person (@user:server)' },
        case: { es: 'solo este caso', en: 'only this case' },
        outcome: { es: 'done | refused', en: 'done | refused' },
        before: { es: 'anteriores a este número', en: 'before this number' },
        limit: { es: 'cuántos, hasta 200', en: 'how many, up to 200' },
      },
      input: z.strictObject({
        group: z.enum(Object.keys(ACT_GROUPS) as [ActGroup, ...ActGroup[]]).optional(),
        person: z.string().max(255).optional(),
        case: z.string().max(255).optional(),
        outcome: z.enum(['done', 'refused']).optional(),
        before: whole.optional(),
        limit: whole.default(50),
      }),
      run: async (ctx, input) => ({ ...(await ctx.audit.find(input)) }),
      show: (answer, lang) =>
        (
          answer['entries'] as {
            seq: number
            ts: number
            act: string
            by: string
            on?: string
            outcome: string
          }[]
        )
          .map(({ seq, ts, act, by, on, outcome }) =>
            [
              seq,
              new Date(ts).toISOString(),
              isAct(act) ? ACTS[act][lang] : act,
              by,
              ...(on === undefined ? [] : [`→ ${on}`]),
              ...(outcome === 'refused' ? [lang === 'es' ? '(rechazado)' : '(refused)'] : []),
            ].join('  '),
          )
          .join('\n'),
    }),
    command({
      name: 'status',
      describe: {
        es: 'Hasta dónde llega, qué nodos socios lo firmaron, y qué no está bien',
        en: 'How far it goes, which partners have countersigned it, and what is wrong',
      },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      async run(ctx) {
        const alarms = await ctx.audit.alarms()
        return { ...(await ctx.audit.status()), alarms, problems: alarms.length }
      },
    }),
    command({
      name: 'check',
      describe: { es: 'Comprueba el registro de la base de datos', en: 'Verifies the log in the database' },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      async run(ctx) {
        const result = await ctx.audit.check()
        return { ...result, problems: result.fault ? 1 : 0 }
      },
    }),
    command({
      name: 'exchange',
      describe: {
        es: 'Pide ahora la firma de los nodos socios',
        en: 'Asks partners for their signatures now',
      },
      where: 'running',
      reads: true,
      input: z.strictObject({}),
      async run(ctx) {
        await ctx.audit.exchange(true)
        return { ...(await ctx.audit.status()) }
      },
    }),
    command({
      name: 'given',
      describe: {
        es: 'La última firma que este nodo dio sobre el registro de otro: contra ella se comprueba un archivo suyo',
        en: 'The last signature this node gave on another’s log: what a file of theirs is verified against',
      },
      where: 'node',
      reads: true,
      positionals: ['server'],
      input: z.strictObject({ server: z.string().max(255) }),
      async run(ctx, { server }) {
        const witness = await ctx.audit.given(server)
        if (!witness)
          throw notFound(
            `Este nodo no firmó nada de ${server}. / This node has countersigned nothing of ${server}.`,
          )
        return { ...witness }
      },
      show: (answer) => JSON.stringify(answer),
    }),
    command({
      name: 'restarted',
      describe: {
        es: 'Declara que el nodo se restauró de un respaldo: los nodos socios lo ven como alarma y vuelven a firmar',
        en: 'Says that the node was restored from a backup: partners see it as an alarm and sign again',
      },
      where: 'running',
      confirm: {
        es: 'Los nodos socios verán que falta una parte del registro. ¿Se restauró este nodo de un respaldo?',
        en: 'Partners will see that a part of the log is missing. Was this node restored from a backup?',
      },
      input: z.strictObject({}),
      async run(ctx) {
        await ctx.audit.restarted()
        await ctx.audit.exchange(true)
        return { ...(await ctx.audit.status()) }
      },
    }),
    command({
      name: 'verify',
      describe: {
        es: 'Comprueba un archivo exportado, sin nodo, y nombra lo primero que no está bien',
        en: 'Verifies an exported file, without a node, and names the first thing that is wrong',
      },
      where: 'here',
      reads: true,
      alone: true,
      positionals: ['file'],
      options: {
        keys: {
          es: 'archivo JSON con claves que usted tiene por otro camino: {"servidor": {"ed25519:x": "clave"}}',
          en: 'JSON file of keys you had another way: {"server": {"ed25519:x": "key"}}',
        },
        against: {
          es: 'archivo con firmas de nodos socios (`audit given`), una por línea: el archivo debe llegar hasta ahí',
          en: 'file of partners’ signatures (`audit given`), one a line: the file has to reach them',
        },
      },
      input: z.strictObject({
        file: z.string().min(1),
        keys: z.string().optional(),
        against: z.string().optional(),
      }),
      async run(_here, input) {
        const keys = input.keys && keysFile.parse(JSON.parse(await readFile(input.keys, 'utf8')))
        const lines = input.against ? (await readFile(input.against, 'utf8')).split('\n') : []
        const against = lines.filter(Boolean).map((line) => auditWitnessSchema.parse(JSON.parse(line)))
        const verdict = await verifyAuditFile(input.file, { ...(keys ? { keys } : {}), against })
        return { ...verdict, problems: verdict.ok ? 0 : 1 }
      },
      show: said,
    }),
    command({
      name: 'export',
      describe: {
        es: 'Escribe el registro entero, verificable, en un archivo del servidor',
        en: 'Writes the whole log, verifiable, to a file on the server',
      },
      where: 'node',
      positionals: ['file'],
      input: z.strictObject({ file: z.string().min(1) }),
      async run(ctx, { file }) {
        const out = await open(file, 'wx', 0o600)
        let lines = 0
        try {
          for await (const line of ctx.audit.exportLines({})) {
            await out.appendFile(`${line}\n`)
            lines += 1
          }
          await out.sync()
        } finally {
          await out.close()
        }
        return { file, lines }
      },
    }),
  ],
}
