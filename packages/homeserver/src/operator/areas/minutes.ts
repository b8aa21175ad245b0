/** Signed minutes of a meeting: verified anywhere, by anybody who has the file. */
import { readFile, stat } from 'node:fs/promises'
import type { BilingualText } from '@enlace/directory/text'
import type { MinutesVerdict, SignatureWord } from '@enlace/evidence/verify'
import { z } from 'zod'
import { invalidParam } from '../../errors.ts'
import { command } from '../command.ts'
import type { Answer, Area, Lang } from '../types.ts'

const MAX_ROOT_BYTES = 64 * 1024

const signatureWords: Record<SignatureWord, BilingualText> = {
  proven: {
    es: 'firmó exactamente esta acta, con una clave que la red le reconoce',
    en: 'signed exactly these minutes, with a key the network knows as its own',
  },
  changed: {
    es: 'NO firmó esta acta: su firma es de otra versión',
    en: 'did NOT sign these minutes: its signature is of another version',
  },
  not_its_key: {
    es: 'NO está probado: la firma no es de una clave que la red le reconoce',
    en: 'NOT proven: the signature is of no key the network knows as its own',
  },
  account: {
    es: 'firmó en Enlace con la cuenta de su coordinación, sin la clave de la institución: el archivo no lo puede probar',
    en: 'signed in Enlace with the account of its coordination, without the institution’s key: the file cannot prove it',
  },
  absent: { es: 'participa y no ha firmado', en: 'takes part and has not signed' },
  outsider: {
    es: 'NO participa en la reunión, y hay una firma a su nombre',
    en: 'takes NO part in the meeting, and there is a signature in its name',
  },
}

const faultWords: Record<NonNullable<MinutesVerdict['fault']>['kind'], (what: string) => BilingualText> = {
  unreadable: (what) => ({
    es: `El archivo no es un acta guardada por Enlace, o está dañado: ${what}.`,
    en: `The file is no minutes saved by Enlace, or it is damaged: ${what}.`,
  }),
  not_canonical: () => ({
    es: 'El texto del acta no está escrito como se firma: alguien lo cambió.',
    en: 'The text of the minutes is not written as it is signed: somebody changed it.',
  }),
  not_yet: (what) => ({
    es: `El archivo dice haberse guardado en el futuro (${what}). Revise el reloj de esta computadora.`,
    en: `The file says it was saved in the future (${what}). Check the clock of this computer.`,
  }),
  no_network: () => ({
    es: 'El archivo no trae la lista de la red: no se puede saber de quién son las claves. Guárdelo de nuevo desde la página de la reunión.',
    en: 'The file does not bring the network’s list: whose keys they are cannot be known. Save it again from the meeting’s page.',
  }),
  bad_network: (what) => ({
    es: `La lista de la red que trae el archivo no sigue la raíz, o está cambiada: ${what}.`,
    en: `The network’s list in the file does not follow the root, or was changed: ${what}.`,
  }),
}

/** A name in the minutes is whatever was written: no control characters reach a terminal. */
const plain = (text: string) => text.replaceAll(/\p{C}+/gu, ' ').slice(0, 300)

export function minutesSaid(verdict: MinutesVerdict, lang: Lang): string {
  const pick = (words: BilingualText) => words[lang]
  const { fault, counts } = verdict
  if (fault) return `NO: ${pick(faultWords[fault.kind](plain(fault.what)))}`
  const day = (ts: number | undefined) => new Date(ts ?? 0).toISOString()
  const about = [verdict.title, verdict.place].flatMap((text) => (text ? [plain(text)] : [])).join(', ')
  const lines = [
    `${pick({ es: 'Acta', en: 'Minutes' })}: ${about || plain(verdict.meeting ?? '')}`,
    pick({
      es: `Reunión del ${day(verdict.startsTs)}; párrafos: ${counts?.paragraphs}, decisiones: ${counts?.decisions}, compromisos: ${counts?.commitments}; huella ${verdict.sha256}.`,
      en: `Meeting of ${day(verdict.startsTs)}; paragraphs: ${counts?.paragraphs}, decisions: ${counts?.decisions}, commitments: ${counts?.commitments}; digest ${verdict.sha256}.`,
    }),
    ...verdict.signatures.map(
      ({ institution, word, keyid }) =>
        `  ${institution}: ${pick(signatureWords[word])}${keyid ? ` (${keyid.slice(0, 16)})` : ''}.`,
    ),
    verdict.ok
      ? pick({
          es: 'Bien: ninguna firma falla. Solo está probado lo que arriba se dice firmado con clave.',
          en: 'Good: no signature fails. Only what is said above to be signed with a key is proven.',
        })
      : pick({
          es: 'NO: una firma falla, o ninguna está probada.',
          en: 'NO: a signature fails, or none is proven.',
        }),
    pick({
      es: `Las claves son las de la lista de la red del archivo, vigente hasta ${day(verdict.listUntil)}: si después se retiró una, el archivo no lo dice.`,
      en: `The keys are those of the network’s list in the file, in force until ${day(verdict.listUntil)}: whether one was withdrawn later the file does not say.`,
    }),
  ]
  if (!verdict.rootGiven)
    lines.push(
      pick({
        es: `Atención: la lista viene del mismo archivo. Su código es ${verdict.rootCode}: compárelo con el de la página Red de una institución, o dé la raíz con --root.`,
        en: `Mind: the list comes from the file itself. Its code is ${verdict.rootCode}: compare it with the one on an institution’s page Network, or give the root with --root.`,
      }),
    )
  return lines.join('\n')
}

async function read(file: string, most: number): Promise<Uint8Array> {
  if ((await stat(file)).size > most)
    throw invalidParam(
      `${file} es mayor de ${most} bytes: no es lo que se pide. / ${file} is larger than ${most} bytes: it is not what is asked for.`,
    )
  return readFile(file)
}

export const minutesArea: Area = {
  name: 'minutes',
  describe: { es: 'Actas firmadas de reuniones: comprobar', en: 'Signed minutes of meetings: verify' },
  main: 'verify',
  commands: [
    command({
      name: 'verify',
      describe: {
        es: 'Comprueba un acta guardada (JSON), sin nodo y sin red, y dice de cada institución si la firmó',
        en: 'Verifies saved minutes (JSON), without a node or a network, and says of each institution whether it signed them',
      },
      where: 'here',
      reads: true,
      alone: true,
      positionals: ['file'],
      options: {
        root: {
          es: 'root.json de la red, que usted tiene por otro camino',
          en: 'root.json of the network, which you had another way',
        },
      },
      input: z.strictObject({ file: z.string().min(1), root: z.string().optional() }),
      async run(_here, input) {
        const { MAX_MINUTES_FILE, verifyMinutes } = await import('@enlace/evidence/verify')
        const root = input.root === undefined ? undefined : await read(input.root, MAX_ROOT_BYTES)
        const verdict = await verifyMinutes(await read(input.file, MAX_MINUTES_FILE), { root })
        return { ...verdict, problems: verdict.ok ? 0 : 1 }
      },
      show: (answer: Answer, lang) => minutesSaid(answer as unknown as MinutesVerdict, lang),
    }),
  ],
}
