/** What was exported for a court or for a person: verified anywhere, by anybody who has the file. */
import { readFile } from 'node:fs/promises'
import type { PackageVerdict } from '@enlace/evidence/verify'
import { z } from 'zod'
import { command } from '../command.ts'
import type { Answer, Area, Lang } from '../types.ts'

const keysFile = z.record(z.string(), z.record(z.string(), z.string()))

type Words = { es: string; en: string }
const purposeWords: Record<NonNullable<PackageVerdict['purpose']>, Words> = {
  court: { es: 'un juzgado', en: 'a court' },
  person: { es: 'la persona', en: 'the person' },
  other: { es: 'otro destinatario', en: 'another recipient' },
}

/** What was proven, then what was not. */
export function packageSaid(verdict: PackageVerdict, lang: Lang): string {
  const pick = (words: Words) => words[lang]
  if (verdict.fault) return `NO: ${verdict.fault[lang]}`
  const at = new Date(verdict.madeTs ?? 0).toISOString()
  const { server, institution } = verdict.signedBy!
  const lines = [
    pick({
      es: `Bien: ${verdict.files} archivos, como se exportaron el ${at} para ${purposeWords[verdict.purpose!].es}, por ${verdict.madeBy}.`,
      en: `Good: ${verdict.files} files, as they were exported on ${at} for ${purposeWords[verdict.purpose!].en}, by ${verdict.madeBy}.`,
    }),
    institution === undefined
      ? pick({
          es: `Firma la lista de archivos el servidor ${server}; la institución no la firmó con su clave.`,
          en: `The server ${server} signs the list of files; the institution did not sign it with its key.`,
        })
      : pick({
          es: `Firman la lista de archivos la institución ${institution}, con su clave, y el servidor ${server}.`,
          en: `The institution ${institution}, with its key, and the server ${server} sign the list of files.`,
        }),
  ]
  for (const one of verdict.cases) {
    lines.push(
      pick({
        es: `${one.reference}: ${one.events} registros, cada uno con la firma del servidor de quien lo envió; ${one.encrypted} cifrados: ${one.texts} con su texto, ${one.withheld} reservados, ${one.unreadable} que el dispositivo no pudo abrir; ${one.attachments} adjuntos.`,
        en: `${one.reference}: ${one.events} events, each signed by its sender’s server; ${one.encrypted} encrypted: ${one.texts} with their text, ${one.withheld} withheld, ${one.unreadable} that the device could not open; ${one.attachments} attachments.`,
      }),
    )
    if (one.redacted > 0)
      lines.push(
        pick({
          es: `  Contenido borrado en el propio caso: ${one.redacted}. Que se enviaron sigue probado.`,
          en: `  Content deleted in the case itself: ${one.redacted}. That they were sent is still proven.`,
        }),
      )
    for (const id of one.missing)
      lines.push(
        pick({
          es: `  Atención: otro registro nombra a ${id}, que no está.`,
          en: `  Mind: another event names ${id}, which is not here.`,
        }),
      )
  }
  for (const { userId, institution: its, onRoster } of verdict.people)
    lines.push(
      `  ${userId}${its ? ` (${its})` : ''}: ${pick(
        {
          yes: { es: 'en la lista firmada de su institución', en: 'on the signed list of their institution' },
          no: {
            es: 'NO está en la lista firmada de su institución para ese momento',
            en: 'NOT on the signed list of their institution for that moment',
          },
          unknown: { es: 'sin lista firmada en el paquete', en: 'no signed list in the package' },
        }[onRoster],
      )}`,
    )
  lines.push(
    pick({
      es: 'Los textos los declara quien exporta: el cifrado no permite a nadie más comprobarlos. Quién envió qué mensaje cifrado y cuándo sí está probado.',
      en: 'The texts are the exporter’s statement: encryption lets nobody else check them. Who sent which encrypted message, and when, is proven.',
    }),
  )
  const loose = Object.entries(verdict.grounds).filter(([, ground]) => ground === 'package')
  if (loose.length > 0)
    lines.push(
      pick({
        es: `Atención: las claves de ${loose.map(([name]) => name).join(', ')} vienen del mismo paquete. Con --keys o --root se comprueba de quién son.`,
        en: `Mind: the keys of ${loose.map(([name]) => name).join(', ')} come from the package itself. With --keys or --root it is verified whose they are.`,
      }),
    )
  if (verdict.rootCode !== undefined && !verdict.rootGiven)
    lines.push(
      pick({
        es: `La lista de la red es la del código ${verdict.rootCode}: compárelo con el de la página Red de una institución.`,
        en: `The network’s list is the one with the code ${verdict.rootCode}: compare it with the one on an institution’s page Network.`,
      }),
    )
  return lines.join('\n')
}

export const exportsArea: Area = {
  name: 'exports',
  describe: {
    es: 'Exportaciones para un juzgado o para una persona: comprobar',
    en: 'Exports for a court or for a person: verify',
  },
  main: 'verify',
  commands: [
    command({
      name: 'verify',
      describe: {
        es: 'Comprueba un paquete exportado (ZIP), sin nodo y sin red, y nombra lo primero que no está bien',
        en: 'Verifies an exported package (ZIP), without a node or a network, and names the first thing that is wrong',
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
        root: {
          es: 'root.json de la red, que usted tiene por otro camino',
          en: 'root.json of the network, which you had another way',
        },
      },
      input: z.strictObject({
        file: z.string().min(1),
        keys: z.string().optional(),
        root: z.string().optional(),
      }),
      async run(_here, input) {
        const { verifyPackage } = await import('@enlace/evidence/verify')
        const keys = input.keys && keysFile.parse(JSON.parse(await readFile(input.keys, 'utf8')))
        const root = input.root && (await readFile(input.root))
        const verdict = await verifyPackage(await readFile(input.file), {
          ...(keys ? { keys } : {}),
          ...(root ? { root } : {}),
        })
        return { ...verdict, problems: verdict.ok ? 0 : 1 }
      },
      show: (answer: Answer, lang) => packageSaid(answer as unknown as PackageVerdict, lang),
    }),
  ],
}
