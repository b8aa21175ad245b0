/** A node's first configuration: ten questions, a file that never replaces another, and what is still wrong around it. */
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { faultsIn } from '@enlace/directory/both-languages'
import type { BilingualText } from '@enlace/directory/text'
import { parse as parseYaml, stringify } from 'yaml'
import { z } from 'zod'
import { ConfigError, loadConfig, parseConfig } from '../../config.ts'
import { MatrixError } from '../../errors.ts'
import { checkSurroundings, type Finding } from '../checks.ts'
import { command } from '../command.ts'
import type { Answer, Area, Here, Lang } from '../types.ts'

type Question = {
  field: keyof Answers & string
  ask: BilingualText
  /** What an answer must be, for whoever gave one that the configuration does not take. */
  limit?: BilingualText
  fallback?: (so: Partial<Record<string, string>>) => string
  hidden?: true
}

const answersSchema = z.strictObject({
  name: z.string().min(1),
  dataDir: z.string().min(1),
  institutions: z.string(),
  registry: z.string(),
  root: z.string(),
  networkToken: z.string(),
  tls: z.string(),
  database: z.string(),
  mail: z.string(),
  mailFrom: z.string(),
})
type Answers = z.output<typeof answersSchema>

const QUESTIONS: readonly Question[] = [
  {
    field: 'name',
    ask: {
      es: '1/10 Nombre público de este servidor, como enlace.institucion.hn:',
      en: '1/10 Public name of this server, such as enlace.institution.hn:',
    },
    limit: {
      es: 'El nombre público debe ser el de un servidor, sin https:// ni espacios, con puerto solo si no es 8448.',
      en: 'The public name must be that of a server, without https:// or spaces, with a port only if it is not 8448.',
    },
  },
  {
    field: 'dataDir',
    ask: { es: '2/10 Carpeta de los datos y las claves:', en: '2/10 Folder of data and keys:' },
    fallback: () => '/var/lib/enlace',
  },
  {
    field: 'institutions',
    ask: {
      es: '3/10 Claves de las instituciones que aloja, separadas por comas:',
      en: '3/10 Keys of the institutions it hosts, separated by commas:',
    },
  },
  {
    field: 'registry',
    ask: {
      es: '4/10 Dirección de la lista de la red (https://…/federation-list):',
      en: '4/10 Address of the network’s list (https://…/federation-list):',
    },
    limit: {
      es: 'La dirección de la lista debe ser completa, con https:// al comienzo.',
      en: 'The address of the list must be whole, with https:// at its beginning.',
    },
  },
  {
    field: 'root',
    ask: {
      es: '5/10 Archivo root.json que le entregó la coordinación:',
      en: '5/10 File root.json that the coordinators handed you:',
    },
    fallback: () => '/etc/enlace/root.json',
  },
  {
    field: 'networkToken',
    hidden: true,
    ask: {
      es: '6/10 Palabra secreta para el directorio, si se la dieron (vacío: ninguna):',
      en: '6/10 Secret word for the registry, if you were given one (empty: none):',
    },
    limit: {
      es: 'La palabra secreta del directorio tiene de 32 a 200 caracteres. Péguela entera, o deje vacío si no se la dieron.',
      en: 'The secret word for the registry has 32 to 200 characters. Paste all of it, or leave it empty if you were given none.',
    },
    fallback: () => '',
  },
  {
    field: 'tls',
    ask: {
      es: '7/10 Carpeta con fullchain.pem y privkey.pem, o "proxy" si TLS termina en un proxy:',
      en: '7/10 Folder with fullchain.pem and privkey.pem, or "proxy" if TLS ends at a proxy:',
    },
    fallback: ({ name }) => `/etc/letsencrypt/live/${name}`,
  },
  {
    field: 'database',
    hidden: true,
    ask: {
      es: '8/10 Dirección de MongoDB (vacío: la base incluida):',
      en: '8/10 Address of MongoDB (empty: the one included):',
    },
    limit: {
      es: 'La dirección de MongoDB comienza con mongodb:// o mongodb+srv://.',
      en: 'The address of MongoDB begins with mongodb:// or mongodb+srv://.',
    },
    fallback: () => '',
  },
  {
    field: 'mail',
    hidden: true,
    ask: {
      es: '9/10 Servidor de correo, smtps://USUARIO:CLAVE@servidor:465 (vacío: sin correo):',
      en: '9/10 Mail server, smtps://USER:PASSWORD@server:465 (empty: no mail):',
    },
    limit: {
      es: 'El servidor de correo se escribe smtps://USUARIO:CLAVE@servidor:465 o smtp://USUARIO:CLAVE@servidor:587.',
      en: 'The mail server is written smtps://USER:PASSWORD@server:465 or smtp://USER:PASSWORD@server:587.',
    },
    fallback: () => '',
  },
  {
    field: 'mailFrom',
    ask: { es: '10/10 Remitente de los correos:', en: '10/10 Sender of the mails:' },
    limit: {
      es: 'El remitente debe ser una dirección de correo, como Enlace <enlace@institucion.hn>.',
      en: 'The sender must be a mail address, such as Enlace <enlace@institution.hn>.',
    },
    fallback: ({ name }) => `Enlace <enlace@${name}>`,
  },
]

export const setupArea: Area = {
  name: 'setup',
  describe: {
    es: 'Primera configuración: diez preguntas, y qué falta alrededor del nodo',
    en: 'First configuration: ten questions, and what is missing around the node',
  },
  main: 'start',
  commands: [
    command({
      name: 'start',
      describe: {
        es: 'Pregunta, escribe la configuración (nunca encima de otra) y revisa DNS, TLS, puertos, hora, correo, directorio y disco',
        en: 'Asks, writes the configuration (never over another one) and checks DNS, TLS, ports, time, mail, registry and disk',
      },
      where: 'here',
      founds: true,
      options: {
        answers: {
          es: 'archivo YAML con las respuestas, para no preguntar',
          en: 'YAML file with the answers, so that nothing is asked',
        },
        noChecks: { es: 'solo escribe el archivo', en: 'only writes the file' },
      },
      input: z.strictObject({ answers: z.string().optional(), noChecks: z.boolean().optional() }),
      async run(here, input) {
        const file = resolve(here.configFile)
        // Before ten questions are answered for nothing.
        if (existsSync(file)) throw isThere(file)
        await tryFolder(file)
        const answers = input.answers === undefined ? await askAll(here) : await readAnswers(input.answers)
        const raw = configurationOf(answers)
        // Not one that a node would refuse.
        parseConfig(structuredClone(raw), dirname(file))
        await writeNew(file, textOf(raw)).catch((error: unknown) => {
          // What was answered is not lost: whoever sees the terminal keeps it by hand.
          if (here.ask) here.say(`${instead(file)[here.lang]}\n\n${textOf(raw)}`)
          throw error
        })
        here.say(`${file} ✓`)
        const config = await loadConfig(file)
        const findings = input.noChecks ? [] : await checkSurroundings(config)
        return { file, ...report(findings), next: nextStep(file) }
      },
      show: shown,
    }),
    command({
      name: 'check',
      describe: {
        es: 'Repite las revisiones con la configuración que hay',
        en: 'Repeats the checks with the configuration there is',
      },
      where: 'here',
      reads: true,
      options: {
        testMail: {
          es: 'envía un correo de prueba a esta dirección',
          en: 'sends a test mail to this address',
        },
      },
      input: z.strictObject({ testMail: z.email().optional() }),
      async run(here, input) {
        const config = await loadConfig(here.configFile)
        return report(
          await checkSurroundings(config, input.testMail === undefined ? {} : { testMailTo: input.testMail }),
        )
      },
      show: shown,
    }),
  ],
}

const report = (checks: Finding[]) => ({
  checks,
  problems: checks.filter(({ state }) => state === 'wrong').length,
})

function shown(answer: Answer, lang: Lang): string {
  const signs = { good: '✓', wrong: '✗', skipped: '–' }
  const next = answer['next'] as BilingualText | undefined
  return [
    ...(answer['checks'] as Finding[]).map(({ state, words }) => `${signs[state]} ${words[lang]}`),
    ...(next ? ['', next[lang]] : []),
  ].join('\n')
}

const nextStep = (file: string): BilingualText => ({
  es: `Ahora: corrija lo marcado con ✗, inicie el nodo, cree la primera cuenta de coordinación (enlace --config ${file} accounts add NOMBRE --institution CLAVE --role coordinator) y repita "enlace setup check".`,
  en: `Now: mend what is marked ✗, start the node, make the first coordinator’s account (enlace --config ${file} accounts add NAME --institution KEY --role coordinator) and repeat "enlace setup check".`,
})

async function askAll(here: Here): Promise<Answers> {
  if (!here.ask)
    throw new MatrixError(
      400,
      'M_MISSING_PARAM',
      'No hay quien conteste: use --answers ARCHIVO. / Nobody is there to answer: use --answers FILE.',
    )
  const so: Partial<Record<string, string>> = {}
  for (const question of QUESTIONS) {
    const { field, ask, fallback, hidden } = question
    if (field === 'mailFrom' && so['mail'] === '') {
      so[field] = ''
      continue
    }
    const given = fallback?.(so)
    for (;;) {
      so[field] = await here.ask(ask[here.lang], {
        ...(given === undefined ? {} : { fallback: given }),
        ...(hidden ? { hidden } : {}),
      })
      const fault = faultOf(question, so)
      if (!fault) break
      here.say(fault[here.lang])
    }
  }
  return answersSchema.parse(so)
}

/** Answers that no configuration refuses, for the questions still to come. */
const UNASKED: Answers = {
  name: 'enlace.example',
  dataDir: '/var/lib/enlace',
  institutions: '',
  registry: '',
  root: '/etc/enlace/root.json',
  networkToken: '',
  tls: 'proxy',
  database: '',
  mail: '',
  mailFrom: 'enlace@enlace.example',
}

/** What the configuration has against the answer just given: those before it were taken, those after it are not given yet. */
function faultOf({ field, limit }: Question, so: Partial<Record<string, string>>): BilingualText | undefined {
  if (!answersSchema.shape[field].safeParse(so[field]).success)
    return { es: 'Esto hace falta: no puede quedar vacío.', en: 'This is needed: it cannot stay empty.' }
  try {
    parseConfig(configurationOf({ ...UNASKED, ...so }))
    return undefined
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return limit ?? { es: error.message, en: error.message }
  }
}

/** What is not answered is as if one had pressed Enter. */
async function readAnswers(file: string): Promise<Answers> {
  const whole = z.record(z.string(), z.string())
  const read: unknown = parseYaml(await readFile(file, 'utf8'))
  const given = whole.safeParse(read)
  if (!given.success) throw badAnswers(file, faultsIn(whole, read))
  const so: Partial<Record<string, string>> = { institutions: '', registry: '', ...given.data }
  for (const { field, fallback } of QUESTIONS) so[field] ??= fallback?.(so) ?? ''
  const parsed = answersSchema.safeParse(so)
  if (parsed.success) return parsed.data
  throw badAnswers(file, faultsIn(answersSchema, so))
}

const badAnswers = (file: string, { es, en }: BilingualText) =>
  new MatrixError(400, 'M_BAD_JSON', `${file}: ${es} / ${en}`)

function configurationOf(answers: Answers): Record<string, unknown> {
  const { name, tls } = answers
  const proxy = tls === 'proxy'
  const files = { cert: `${tls}/fullchain.pem`, key: `${tls}/privkey.pem` }
  return {
    server_name: name,
    data_dir: answers.dataDir,
    listeners: proxy
      ? [
          { port: 8008, bind: '127.0.0.1', serves: ['client', 'web'] },
          { port: 8449, bind: '127.0.0.1', serves: ['federation'] },
        ]
      : [
          { port: 443, bind: '::', serves: ['client', 'web'], tls: files },
          { port: 8448, bind: '::', serves: ['federation'], tls: files },
        ],
    ...(answers.database === '' ? {} : { database: { uri: answers.database } }),
    federation: {
      list:
        answers.registry === '' || answers.registry === 'open'
          ? 'open'
          : {
              url: answers.registry,
              root: answers.root,
              ...(answers.networkToken === '' ? {} : { network_token: answers.networkToken }),
            },
    },
    registration: 'closed',
    institutions: answers.institutions.split(/[\s,]+/).filter((key) => key !== ''),
    public_base_url: `https://${name}`,
    ...(answers.mail === '' ? {} : { alerts: { smtp: { url: answers.mail, from: answers.mailFrom } } }),
  }
}

const textOf = (raw: Record<string, unknown>) =>
  `# Enlace. Cada clave está explicada en ARCHITECTURE.md. / Every key is explained in ARCHITECTURE.md.\n${stringify(raw)}`

const isThere = (file: string) =>
  new MatrixError(
    409,
    'M_BAD_STATE',
    `Ya hay una configuración en ${file} y no se toca. Use otro nombre, o "enlace setup check" para revisarla. / There is a configuration at ${file} already, and it is left alone. Use another name, or "enlace setup check" to check it.`,
  )

/** Where it cannot be written, that is said before ten questions are answered. @throws MatrixError */
async function tryFolder(file: string): Promise<void> {
  const trial = `${file}.${process.pid}.trial`
  try {
    await writeNew(trial, '')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    throw new MatrixError(
      403,
      'M_FORBIDDEN',
      `No se puede escribir ${file} (${code}): ${SETUP_ELSEWHERE.es} / ${file} cannot be written (${code}): ${SETUP_ELSEWHERE.en}`,
    )
  } finally {
    await rm(trial, { force: true }).catch(() => undefined)
  }
}

const SETUP_ELSEWHERE: BilingualText = {
  es: 'use sudo, o un archivo de una carpeta suya con --config ARCHIVO, y póngalo después en su lugar. Todavía no se preguntó nada.',
  en: 'use sudo, or a file in a folder of your own with --config FILE, and put it in its place afterwards. Nothing has been asked yet.',
}

const instead = (file: string): BilingualText => ({
  es: `No se pudo escribir ${file}. Esta es la configuración, con sus contraseñas: guárdela ahora en otro lugar que solo usted lea, y póngala ahí cuando se pueda. Con --config ARCHIVO se puede indicar otro.`,
  en: `${file} could not be written. This is the configuration, with its passwords: keep it now in another place that you alone can read, and put it there when that works. --config FILE names another one.`,
})

/** It holds passwords: for its owner alone. Never over another one. */
async function writeNew(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? isThere(file) : error
  })
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
