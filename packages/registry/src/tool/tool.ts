/** The coordinators' tool: keys, proposals in words, signatures on each one's own machine, publishing. */
import { parseArgs } from 'node:util'
import {
  addSignatures,
  changesOf,
  type OpenedProposal,
  openProposal,
  type Proposal,
  publicationOf,
  publicKeyFile,
  signatureFileSchema,
  signProposal,
  statusOf,
  verifyPublication,
} from '@enlace/trust'
import { openRegistryKey } from '../signing.ts'
import { appoint, sayAppointed } from './appoint.ts'
import { fetchCurrent, readRootFile } from './fetch.ts'
import { institutionCommand } from './institution.ts'
import { readJson, say, type ToolIo, terminal, writeJson } from './io.ts'
import { firstRoot, nextRootProposal, openGround, propose } from './proposals.ts'
import { confirmSigning, makeKey, needed, openSigner, send } from './signer.ts'
import { usage } from './usage.ts'
import { changeWords, fingerprint, type Language, neededWords, ToolError } from './words.ts'

const options = {
  lang: { type: 'string' },
  out: { type: 'string' },
  from: { type: 'string' },
  root: { type: 'string' },
  name: { type: 'string' },
  country: { type: 'string' },
  'data-dir': { type: 'string' },
  registry: { type: 'string' },
  coordinator: { type: 'string', multiple: true },
  add: { type: 'string', multiple: true },
  remove: { type: 'string', multiple: true },
  threshold: { type: 'string' },
  days: { type: 'string' },
  'root-days': { type: 'string' },
  server: { type: 'string' },
  institution: { type: 'string', multiple: true },
  leave: { type: 'string', multiple: true },
  key: { type: 'string', multiple: true },
  'drop-earlier': { type: 'boolean' },
  'case-slot': { type: 'string' },
  person: { type: 'string', multiple: true },
  role: { type: 'string' },
  since: { type: 'string' },
  anew: { type: 'boolean' },
  until: { type: 'string' },
  entry: { type: 'string', multiple: true },
  token: { type: 'string' },
  by: { type: 'string', multiple: true },
  roster: { type: 'string' },
  yes: { type: 'boolean' },
} as const

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true })
}
type Values = ReturnType<typeof parse>['values']

/** @returns the exit code: 0 done, 1 a person has to do something otherwise, 2 not understood, 3 signatures are missing */
export async function runTrustTool(argv: readonly string[], given?: ToolIo): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(argv)
  } catch (error) {
    const [language, said] = argv.some(
      (one, at) => one === '--lang=en' || (one === 'en' && argv[at - 1] === '--lang'),
    )
      ? (['en', 'Not understood'] as const)
      : (['es', 'No se entiende'] as const)
    console.error(`${said}: ${(error as Error).message}\n\n${usage[language]}`)
    return 2
  }
  const { values, positionals } = parsed
  const language: Language = values.lang === 'en' ? 'en' : 'es'
  const io = given ? { ...given, language } : terminal(language)
  const [command = 'help', ...rest] = positionals
  try {
    return await run(command, rest, values, io)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    say(io, error.text)
    return 1
  }
}

async function run(command: string, rest: string[], values: Values, io: ToolIo): Promise<number> {
  switch (command) {
    case 'key':
      return keyCommand(rest[0], values, io)
    case 'init': {
      const ground = values.from ? await openGround(values.from, io) : undefined
      return proposed(await firstRoot(values, ground, io), values, io)
    }
    case 'fetch': {
      const root = await readRootFile(needed(values.root, 'root'))
      const current = await fetchCurrent(needed(values.registry, 'registry'), root, io)
      await writeJson(needed(values.out, 'out'), current)
      say(io, {
        es: `Lo vigente está verificado y guardado en ${values.out}.`,
        en: `What is in force is verified and saved in ${values.out}.`,
      })
      return 0
    }
    case 'propose': {
      const ground = await openGround(needed(values.from, 'from'), io)
      if (rest[0] === 'appoint') await appoint(ground, values, io)
      const action = rest[0] === 'appoint' ? 'renew' : (rest[0] ?? '')
      return proposed(await propose(action, ground, values, io), values, io)
    }
    case 'rotate': {
      const ground = await openGround(needed(values.from, 'from'), io)
      return proposed(await nextRootProposal(values, ground, io), values, io)
    }
    case 'show': {
      const opened = await collect(rest, values, io)
      show(opened, io)
      for (const person of values.person ?? []) await sayAppointed(opened, person, io)
      return status(opened, io) ? 0 : 3
    }
    case 'status':
      return status(await collect(rest, values, io), io) ? 0 : 3
    case 'sign':
      return sign(rest, values, io)
    case 'publish':
      return publish(rest, values, io)
    case 'institution':
      return institutionCommand(rest, values, io)
    case 'help':
      say(io, usage)
      return 0
    default:
      say(io, usage)
      return 2
  }
}

async function keyCommand(what: string | undefined, values: Values, io: ToolIo): Promise<number> {
  const out = needed(values.out, 'out')
  if (what === 'registry') {
    const key = await openRegistryKey(needed(values['data-dir'], 'data-dir'))
    await writeJson(out, publicKeyFile(key, values.name ?? 'Directorio / registry'))
    say(io, {
      es: `Clave pública del directorio en ${out}. Huella: ${fingerprint(key.keyid)}`,
      en: `The registry’s public key is in ${out}. Fingerprint: ${fingerprint(key.keyid)}`,
    })
    return 0
  }
  if (what !== 'new') {
    say(io, usage)
    return 2
  }
  const owner = {
    name: needed(values.name, 'name'),
    country: needed(values.country, 'country').toUpperCase(),
  }
  if (!/^[A-Z]{2}$/.test(owner.country))
    throw new ToolError('--country: dos letras, como HN o GT.', '--country: two letters, such as HN or GT.')
  return makeKey(out, owner, io)
}

async function proposed(proposal: Proposal, values: Values, io: ToolIo): Promise<number> {
  const out = needed(values.out, 'out')
  await writeJson(out, proposal)
  show(open(proposal, out, io), io)
  say(io, {
    es: `\nLa propuesta está en ${out}. Envíela a cada coordinación para que la lea y la firme: npm run trust -- sign ${out} --key SU.llave.json`,
    en: `\nThe proposal is in ${out}. Send it to each coordinator, to read and sign: npm run trust -- sign ${out} --key YOUR.llave.json`,
  })
  return 0
}

function open(
  raw: unknown,
  file: string,
  io: ToolIo,
  pinned?: Awaited<ReturnType<typeof readRootFile>>,
): OpenedProposal {
  const verdict = openProposal(raw, { now: io.now(), pinned })
  if (verdict.ok) return verdict.opened
  throw new ToolError(
    `${file} no es una propuesta que se pueda firmar: ${verdict.detail}. No firme; pregunte a quien la envió.`,
    `${file} is no proposal that can be signed: ${verdict.detail}. Do not sign; ask who sent it.`,
  )
}

/** A proposal with the signatures in further files. */
async function collect(files: readonly string[], values: Values, io: ToolIo): Promise<OpenedProposal> {
  const [file, ...signatures] = files
  if (file === undefined)
    throw new ToolError('Diga el archivo de la propuesta.', 'Name the file of the proposal.')
  const pinned = values.root ? await readRootFile(values.root) : undefined
  let opened = open(await readJson(file), file, io, pinned)
  for (const path of signatures) {
    const parsed = signatureFileSchema.safeParse(await readJson(path))
    const next = parsed.success ? addSignatures(opened, parsed.data) : undefined
    if (!next)
      throw new ToolError(
        `${path} no es una firma de esta propuesta: se firmó otra, o cambió después. Pida que la firmen de nuevo.`,
        `${path} is no signature of this proposal: another one was signed, or it was changed since. Ask them to sign again.`,
      )
    opened = open(next, file, io, pinned)
  }
  return opened
}

function show(opened: OpenedProposal, io: ToolIo): void {
  const { proposal, base, root } = opened
  const changes = changesOf(opened)
  const date = (text: unknown) => String(text).slice(0, 10)
  say(io, {
    es: `\nLista ${base ? `${base.targets.version} → ` : ''}${proposal.targets.version}, válida hasta ${date(proposal.targets['expires'])}. Raíz ${root.version}, hasta ${date(root.content.expires)}.`,
    en: `\nList ${base ? `${base.targets.version} → ` : ''}${proposal.targets.version}, good until ${date(proposal.targets['expires'])}. Root ${root.version}, until ${date(root.content.expires)}.`,
  })
  for (const change of changes) io.print(`  · ${changeWords(change)[io.language]}`)
  if (changes.length === 0)
    say(io, {
      es: '  · Nada cambia: solo se firma de nuevo, con otra fecha.',
      en: '  · Nothing changes: it is only signed anew, with another date.',
    })
}

/** @returns whether everything is signed */
function status(opened: OpenedProposal, io: ToolIo): boolean {
  const list = statusOf(opened)
  for (const one of list) for (const line of neededWords(one, io.language)) io.print(line)
  const complete = list.every(({ ok }) => ok)
  say(
    io,
    complete
      ? { es: 'Se puede publicar.', en: 'It can be published.' }
      : { es: 'Todavía no se puede publicar.', en: 'It cannot be published yet.' },
  )
  return complete
}

async function sign(files: readonly string[], values: Values, io: ToolIo): Promise<number> {
  const opened = await collect(files, values, io)
  show(opened, io)
  if (!values.root && opened.base)
    say(io, {
      es: `\nSin --root no se comprueba que siga a la raíz que usted conoce. Huella de la raíz de partida: ${fingerprint(opened.base.roots[0]!.digest)}`,
      en: `\nWithout --root it is not checked that it follows the root you know. Fingerprint of the root it begins with: ${fingerprint(opened.base.roots[0]!.digest)}`,
    })
  const { key, name } = await openSigner(values, io)
  const signatures = signProposal(opened, key, name)
  if (!signatures)
    throw new ToolError(
      'Esta llave no firma nada en esta propuesta: no está entre las coordinaciones de la raíz.',
      'This key signs nothing in this proposal: it is not among the coordinators of the root.',
    )
  await confirmSigning(values, io)
  const out = values.out ?? `${files[0]!.replace(/\.json$/, '')}.firma-${key.keyid.slice(0, 8)}.json`
  await writeJson(out, signatures)
  say(io, {
    es: `Firmado. Devuelva ${out} a quien reúne las firmas.`,
    en: `Signed. Give ${out} back to whoever collects the signatures.`,
  })
  return 0
}

async function publish(files: readonly string[], values: Values, io: ToolIo): Promise<number> {
  const opened = await collect(files, values, io)
  if (!status(opened, io)) return 3
  const publication = publicationOf(opened)
  const verdict = verifyPublication(publication, { now: io.now(), before: opened.base })
  if (!verdict.ok)
    throw new ToolError(
      `No se puede publicar: ${verdict.detail} Proponga de nuevo.`,
      `It cannot be published: ${verdict.detail} Propose it anew.`,
    )
  if (!values.out && !values.registry)
    throw new ToolError(
      'Diga adónde: --registry URL (lo envía) o --out ARCHIVO (para la clave trust.publication del directorio).',
      'Say where to: --registry URL (sends it) or --out FILE (for the key trust.publication of the registry).',
    )
  if (values.out) {
    await writeJson(values.out, publication)
    say(io, { es: `Guardado en ${values.out}.`, en: `Saved in ${values.out}.` })
  }
  if (values.registry) await send(values.registry, 'trust/publish', publication, io)
  return 0
}
