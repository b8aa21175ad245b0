/** The coordinators' tool: keys, proposals in words, signatures on each one's own machine, publishing. */
import { parseArgs } from 'node:util'
import {
  addSignatures,
  changesOf,
  generateTrustKey,
  type OpenedProposal,
  openKey,
  openProposal,
  type Proposal,
  publicationOf,
  publicKeyFile,
  sealKey,
  signatureFileSchema,
  signProposal,
  statusOf,
  type TrustKey,
  verifyPublication,
} from '@enlace/trust'
import { openRegistryKey } from '../signing.ts'
import { readJson, say, type ToolIo, terminal, writeJson } from './io.ts'
import { fetchCurrent, firstRoot, nextRootProposal, openGround, propose, readRootFile } from './proposals.ts'
import { changeWords, fingerprint, type Language, neededWords, ToolError, usage } from './words.ts'

const shortestPassphrase = 14

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
    console.error(`${(error as Error).message}\n\n${usage.es}`)
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
      return proposed(propose(rest[0] ?? '', ground, values, io), values, io)
    }
    case 'rotate': {
      const ground = await openGround(needed(values.from, 'from'), io)
      return proposed(await nextRootProposal(values, ground, io), values, io)
    }
    case 'show': {
      const opened = await collect(rest, values, io)
      show(opened, io)
      return status(opened, io) ? 0 : 3
    }
    case 'status':
      return status(await collect(rest, values, io), io) ? 0 : 3
    case 'sign':
      return sign(rest, values, io)
    case 'publish':
      return publish(rest, values, io)
    case 'help':
      say(io, usage)
      return 0
    default:
      say(io, usage)
      return 2
  }
}

function needed(value: string | undefined, option: string): string {
  if (value !== undefined) return value
  throw new ToolError(
    `Falta --${option}. Vea la ayuda: npm run trust -- help`,
    `--${option} is missing. See the help: npm run trust -- help`,
  )
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
  say(io, {
    es: `Se hace la llave de «${owner.name}» (${owner.country}). Elija una frase de paso de al menos ${shortestPassphrase} letras: sin ella la llave no sirve, y nadie puede recuperarla.`,
    en: `Making the key of “${owner.name}” (${owner.country}). Choose a passphrase of at least ${shortestPassphrase} letters: without it the key is of no use, and nobody can recover it.`,
  })
  const passphrase = await io.ask(io.language === 'es' ? 'Frase de paso: ' : 'Passphrase: ', true)
  if (passphrase.length < shortestPassphrase)
    throw new ToolError(
      `La frase es muy corta: use al menos ${shortestPassphrase} letras, por ejemplo cinco palabras.`,
      `The passphrase is too short: use at least ${shortestPassphrase} letters, such as five words.`,
    )
  const again = await io.ask(io.language === 'es' ? 'Otra vez: ' : 'Once more: ', true)
  if (again !== passphrase)
    throw new ToolError(
      'Las dos frases no son iguales. Empiece de nuevo.',
      'The two passphrases differ. Begin again.',
    )
  const key = generateTrustKey()
  await writeJson(`${out}.llave.json`, sealKey(key, owner, passphrase), { secret: true })
  await writeJson(`${out}.publica.json`, publicKeyFile(key, owner.name, owner.country))
  say(io, {
    es: `Listo. Guarde ${out}.llave.json (y una copia en otro lugar cerrado). Entregue ${out}.publica.json, y diga por teléfono su huella: ${fingerprint(key.keyid)}`,
    en: `Done. Keep ${out}.llave.json (and a copy in another locked place). Hand over ${out}.publica.json, and say its fingerprint by telephone: ${fingerprint(key.keyid)}`,
  })
  return 0
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
  if (!values.yes) {
    const word = io.language === 'es' ? 'firmar' : 'sign'
    const answer = await io.ask(
      io.language === 'es'
        ? `\nEscriba «${word}» para firmar lo de arriba: `
        : `\nType “${word}” to sign the above: `,
    )
    if (answer.trim().toLowerCase() !== word) throw new ToolError('No se firmó nada.', 'Nothing was signed.')
  }
  const out = values.out ?? `${files[0]!.replace(/\.json$/, '')}.firma-${key.keyid.slice(0, 8)}.json`
  await writeJson(out, signatures)
  say(io, {
    es: `Firmado. Devuelva ${out} a quien reúne las firmas.`,
    en: `Signed. Give ${out} back to whoever collects the signatures.`,
  })
  return 0
}

async function openSigner(values: Values, io: ToolIo): Promise<{ key: TrustKey; name?: string }> {
  // The registry signs once with its own key: when coordinators take over from a list it signed itself.
  if (values['data-dir']) return { key: await openRegistryKey(values['data-dir']) }
  const path = needed(values.key?.[0], 'key')
  const file = await readJson(path)
  const passphrase = await io.ask(
    io.language === 'es' ? `Frase de paso de ${path}: ` : `Passphrase of ${path}: `,
    true,
  )
  const verdict = openKey(file, passphrase)
  if (verdict.ok) return { key: verdict.key, name: verdict.owner.name }
  if (verdict.reason === 'malformed')
    throw new ToolError(`${path} no es una llave de esta herramienta.`, `${path} is no key of this tool.`)
  throw new ToolError('La frase de paso no es la de esta llave.', 'That is not the passphrase of this key.')
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
  if (values.registry) await send(values.registry, publication, io)
  return 0
}

async function send(registry: string, publication: unknown, io: ToolIo): Promise<void> {
  const url = new URL('trust/publish', registry.endsWith('/') ? registry : `${registry}/`)
  const body = JSON.stringify(publication)
  const answer = await io
    .fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    .catch(() => undefined)
  if (!answer)
    throw new ToolError(
      `El directorio ${registry} no responde. Revise la dirección y la conexión, y repita: nada se perdió.`,
      `The registry ${registry} does not answer. Check the address and the connection, and repeat: nothing is lost.`,
    )
  const said = (await answer.json().catch(() => ({}))) as {
    version?: number
    message?: { es: string; en: string }
  }
  if (!answer.ok)
    throw new ToolError(
      said.message?.es ?? `El directorio respondió ${answer.status}.`,
      said.message?.en ?? `The registry answered ${answer.status}.`,
    )
  say(io, {
    es: `Publicado: versión ${said.version}. Los nodos la toman en menos de un minuto.`,
    en: `Published: version ${said.version}. Nodes take it within a minute.`,
  })
}
