/** What an institution says under its own key, put together and signed on the machine of whoever has the key. */

import { checkEntry, entryFaults } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import {
  createInstitutionTargets,
  createRoster,
  entryFileName,
  entryFileSchema,
  type InstitutionFile,
  type InstitutionMetadata,
  type InstitutionPublication,
  institutionKeySchema,
  institutionPublicationSchema,
  type NamedMember,
  openNames,
  parseTargetPath,
  type Roster,
  type RosterRole,
  readInstitutionFile,
  readInstitutionMetadata,
  rosterRoles,
  signMetadata,
  type TrustKey,
  targetPath,
} from '@enlace/trust'
import { fetchInstitution, readRootFile } from './fetch.ts'
import { readJson, say, type ToolIo, writeJson } from './io.ts'
import { readPublicKey } from './proposals.ts'
import { confirmSigning, makeKey, needed, openSigner, type SignerOptions, send } from './signer.ts'
import { usage } from './usage.ts'
import { fingerprint, ToolError } from './words.ts'

const day = 86_400_000
const defaultDays = 365

export interface InstitutionOptions extends SignerOptions {
  institution?: string[] | undefined
  from?: string | undefined
  out?: string | undefined
  registry?: string | undefined
  root?: string | undefined
  token?: string | undefined
  person?: string[] | undefined
  role?: string | undefined
  since?: string | undefined
  /** the names were sealed with a key that is lost: the roster begins with those named now */
  anew?: boolean | undefined
  until?: string | undefined
  entry?: string[] | undefined
  add?: string[] | undefined
  days?: string | undefined
}

export async function institutionCommand(
  [what = '', action = '']: readonly string[],
  options: InstitutionOptions,
  io: ToolIo,
): Promise<number> {
  switch (`${what} ${action}`.trim()) {
    case 'key new':
      return makeKey(needed(options.out, 'out'), { name: keyOf(options) }, io)
    case 'fetch': {
      const institution = keyOf(options)
      const root = await readRootFile(needed(options.root, 'root'))
      const about = { registry: needed(options.registry, 'registry'), root, token: options.token }
      await writeJson(needed(options.out, 'out'), await fetchInstitution(institution, about, io))
      say(io, {
        es: `Lo que ${institution} tiene publicado está verificado y guardado en ${options.out}.`,
        en: `What ${institution} has published is verified and saved in ${options.out}.`,
      })
      return 0
    }
    case 'roster show': {
      const said = await openSaid(options)
      const { key } = await openSigner(options, io)
      showRoster(said, membersOf(said, key), io)
      return 0
    }
    case 'roster add':
    case 'roster role':
    case 'roster strike':
      return roster(action, options, io)
    case 'entry sign':
      return entry(options, io)
    case 'duty-key':
      return dutyKey(options, io)
    default:
      if (what === 'publish') return publish(action, options, io)
      say(io, usage)
      return 2
  }
}

function keyOf({ institution }: InstitutionOptions): string {
  const [key = '', ...more] = institution ?? []
  if (more.length === 0 && institutionKeySchema.safeParse(key).success) return key
  throw new ToolError(
    'Diga una institución con --institution, por ejemplo gt-renap.',
    'Name one institution with --institution, such as gt-renap.',
  )
}

/** What the institution said last, or nothing yet. */
interface Said {
  institution: string
  metadata: InstitutionMetadata | undefined
  files: ReadonlyMap<InstitutionFile, string>
}

async function openSaid(options: InstitutionOptions): Promise<Said> {
  if (!options.from) return { institution: keyOf(options), metadata: undefined, files: new Map() }
  const publication = await readSaid(options.from)
  const read = readInstitutionMetadata(publication.role, Buffer.from(publication.metadata))
  if (!read.ok) throw unreadable(options.from)
  const files = new Map<InstitutionFile, string>()
  for (const [path, text] of Object.entries(publication.targets)) {
    const parsed = parseTargetPath(path)
    if (parsed) files.set(parsed.file, text)
  }
  return { institution: publication.role, metadata: read.metadata, files }
}

async function readSaid(path: string): Promise<InstitutionPublication> {
  const parsed = institutionPublicationSchema.safeParse(await readJson(path))
  if (!parsed.success || parsed.data.role.endsWith('.duty')) throw unreadable(path)
  return parsed.data
}

const unreadable = (path: string) =>
  new ToolError(
    `${path} no es lo que publica una institución. Tráigalo con: institution fetch.`,
    `${path} is not what an institution publishes. Fetch it with: institution fetch.`,
  )

function rosterIn({ institution, files }: Said): Roster | undefined {
  const text = files.get('roster.json')
  const read = text === undefined ? undefined : readInstitutionFile(institution, 'roster.json', text)
  if (read && !read.ok)
    throw new ToolError(`La lista de personas no se puede leer: ${read.detail}`, `The roster: ${read.detail}`)
  return read?.content.file === 'roster.json' ? read.content.roster : undefined
}

/** @throws ToolError when the names cannot be opened: people would be lost */
function membersOf(said: Said, key: TrustKey): NamedMember[] {
  const before = rosterIn(said)
  if (!before || before.members.length === 0) return []
  const names = before.sealed === undefined ? undefined : openNames(key, said.institution, before.sealed)
  return before.members.map(({ id, ...member }) => {
    const userId = names?.[id]
    if (userId === undefined)
      throw new ToolError(
        'Esta llave no abre los nombres de la lista: se guardaron con otra llave de la institución. Use aquella; si se perdió, empiece la lista de nuevo con: roster add --anew.',
        'This key does not open the names on the roster: they were sealed with another key of the institution. Use that one; if it is lost, begin the roster anew with: roster add --anew.',
      )
    return { userId, ...member }
  })
}

const date = (time: number) => new Date(time).toISOString().slice(0, 10)

const roleWords: Record<RosterRole, { es: string; en: string }> = {
  staff: { es: 'personal', en: 'staff' },
  coordinator: { es: 'coordinación', en: 'coordinator' },
  official: { es: 'autoridad', en: 'official' },
}

function lineOf({ userId, role, since, until }: NamedMember, io: ToolIo): string {
  const ends =
    until === undefined ? '' : io.language === 'es' ? `, hasta ${date(until)}` : `, until ${date(until)}`
  const begins = io.language === 'es' ? `desde ${date(since)}` : `since ${date(since)}`
  return `${userId}: ${roleWords[role][io.language]}, ${begins}${ends}`
}

function showRoster({ institution, metadata }: Said, members: readonly NamedMember[], io: ToolIo): void {
  say(io, {
    es: `Por ${institution} hablan ${members.length} personas${metadata ? ` (versión ${metadata.read.version}, firmada hasta ${date(metadata.read.expiresAt)})` : ''}:`,
    en: `${members.length} people speak for ${institution}${metadata ? ` (version ${metadata.read.version}, signed until ${date(metadata.read.expiresAt)})` : ''}:`,
  })
  for (const member of members) io.print(`  · ${lineOf(member, io)}`)
}

async function roster(action: string, options: InstitutionOptions, io: ToolIo): Promise<number> {
  const said = await openSaid(options)
  const people = options.person ?? []
  for (const person of people)
    if (!/^@[^\s:]{1,200}:[^\s]{1,230}$/.test(person))
      throw new ToolError(
        `«${person}» no es una cuenta: se escribe @nombre:servidor.`,
        `“${person}” is no account: it is written @name:server.`,
      )
  if (people.length === 0)
    throw new ToolError(
      'Diga la cuenta con --person @nombre:servidor.',
      'Name the account with --person @name:server.',
    )
  // What was mistyped is said before the passphrase is asked for.
  const role = action === 'strike' ? undefined : roleOf(options)
  const times = {
    since: options.since === undefined ? undefined : timeOf(options.since, 'since'),
    until: options.until === undefined ? undefined : timeOf(options.until, 'until'),
  }
  checkDays(options)
  const { key } = await openSigner(options, io)
  const before = options.anew && action === 'add' ? [] : membersOf(said, key)
  const members = new Map(before.map((member) => [member.userId, member]))
  const changes: string[] = []
  const note = (es: string, en: string) => changes.push(io.language === 'es' ? es : en)
  for (const person of people) {
    const before = members.get(person)
    if (action === 'strike' || action === 'role') {
      if (!before) throw new ToolError(`${person} no está en la lista.`, `${person} is not on the roster.`)
    } else if (before)
      throw new ToolError(
        `${person} ya está en la lista. Para cambiar su papel: institution roster role.`,
        `${person} is on the roster already. To change the role: institution roster role.`,
      )
    if (role === undefined) {
      members.delete(person)
      note(
        `SALE: ${person} deja de hablar por ${said.institution} en el acto.`,
        `STRUCK: ${person} speaks for ${said.institution} no more, at once.`,
      )
      continue
    }
    const until = times.until ?? before?.until
    const since = times.since ?? before?.since ?? io.now()
    const member = { userId: person, role, since, ...(until === undefined ? {} : { until }) }
    members.set(person, member)
    note(
      `${before ? 'CAMBIA' : 'ENTRA'}: ${lineOf(member, io)}`,
      `${before ? 'CHANGES' : 'ADDED'}: ${lineOf(member, io)}`,
    )
  }
  const salt = rosterIn(said)?.salt
  const text = await createRoster({
    institution: said.institution,
    ...(salt === undefined ? {} : { salt }),
    members: [...members.values()],
    key,
  }).catch((error: Error) => {
    throw new ToolError(
      `La lista no es válida: ${error.message}`,
      `The roster is not valid: ${error.message}`,
    )
  })
  return finish(said, { 'roster.json': text }, { changes, key }, options, io)
}

function roleOf({ role }: InstitutionOptions): RosterRole {
  const found = rosterRoles.find((one) => one === role)
  if (found) return found
  throw new ToolError(
    'Diga el papel con --role: staff (personal), coordinator (coordinación) u official (autoridad).',
    'Name the role with --role: staff, coordinator or official.',
  )
}

function timeOf(text: string, option: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new ToolError(
    `--${option}: se espera una fecha como 2026-12-31.`,
    `--${option}: a date such as 2026-12-31 is expected.`,
  )
}

function checkDays({ days = String(defaultDays) }: InstitutionOptions): number {
  const value = Number(days)
  if (!Number.isInteger(value) || value < 1 || value > 400)
    throw new ToolError('--days: de 1 a 400.', '--days: from 1 to 400.')
  return value
}

async function entry(options: InstitutionOptions, io: ToolIo): Promise<number> {
  const said = await openSaid(options)
  const files: Partial<Record<InstitutionFile, string>> = {}
  const changes: string[] = []
  for (const path of options.entry ?? []) {
    const raw = await readJson(path)
    const parsed = entryFileSchema.safeParse(raw)
    if (!parsed.success || parsed.data.institution !== said.institution)
      throw new ToolError(
        `${path} no es la ficha de ${said.institution}.`,
        `${path} is not the entry of ${said.institution}.`,
      )
    const check = checkEntry(parsed.data.entry)
    const [fault] = check.ok ? [] : check.faults
    if (fault)
      throw new ToolError(
        `${path}: ${fault.table} ${fault.id} ${fault.field}: ${entryFaults[fault.fault].es}`,
        `${path}: ${fault.table} ${fault.id} ${fault.field}: ${entryFaults[fault.fault].en}`,
      )
    const file = entryFileName(parsed.data.view)
    files[file] = `${JSON.stringify(parsed.data)}\n`
    const count = rowsOf(parsed.data.entry)
    changes.push(
      io.language === 'es'
        ? `FICHA ${parsed.data.view === 'public' ? 'pública' : 'para la red'}, revisión ${parsed.data.revision}: ${count} registros.`
        : `ENTRY, ${parsed.data.view === 'public' ? 'public' : 'for the network'}, revision ${parsed.data.revision}: ${count} records.`,
    )
  }
  if (changes.length === 0)
    throw new ToolError('Diga la ficha con --entry ARCHIVO.', 'Name the entry with --entry FILE.')
  const { key } = await openSigner(options, io)
  return finish(said, files, { changes, key }, options, io)
}

const rowsOf = (entry: Record<string, unknown>): number =>
  Object.values((entry as unknown as DirectoryEntry).records).reduce(
    (sum, rows) => sum + (rows?.length ?? 0),
    0,
  )

async function dutyKey(options: InstitutionOptions, io: ToolIo): Promise<number> {
  const said = await openSaid(options)
  const given = await Promise.all((options.add ?? []).map((path) => readPublicKey(path, false)))
  const changes = given.map(({ keyid }) =>
    io.language === 'es'
      ? `FIRMA LOS TURNOS desde ahora la llave ${fingerprint(keyid)}, y nada más.`
      : `SIGNS DUTY POSITIONS from now on: the key ${fingerprint(keyid)}, and nothing else.`,
  )
  if (given.length === 0)
    changes.push(
      io.language === 'es' ? 'Ninguna otra llave firma los turnos.' : 'No other key signs duty positions.',
    )
  const { key } = await openSigner(options, io)
  const duty = given.length > 0 ? { keys: given.map(({ record }) => record), threshold: 1 } : undefined
  return finish(said, {}, { changes, key, duty: { keys: duty } }, options, io)
}

interface Signing {
  changes: readonly string[]
  key: TrustKey
  /** limited keys from now on; absent: as before */
  duty?: { keys: Parameters<typeof createInstitutionTargets>[0]['duty'] }
}

/** Shows the change, asks, signs, writes. What is not touched stands as it was. */
async function finish(
  { institution, metadata, files }: Said,
  changed: Partial<Record<InstitutionFile, string>>,
  { changes, key, duty }: Signing,
  options: InstitutionOptions,
  io: ToolIo,
): Promise<number> {
  const out = needed(options.out, 'out')
  const days = checkDays(options)
  // What the lost key published last may not be at hand: a gap stands above it.
  const version = (metadata?.read.version ?? 0) + (options.anew ? 1_000 : 1)
  const expires = new Date(io.now() + days * day)
  const before = metadata?.duty && { keys: [...metadata.duty.keys], threshold: metadata.duty.threshold }
  const signed = createInstitutionTargets({
    institution,
    version,
    expires,
    files: changed,
    keep: metadata?.files ?? new Map(),
    duty: duty ? duty.keys : before,
  })
  say(io, {
    es: `\n${institution}, versión ${version}, firmada hasta ${date(expires.getTime())}:`,
    en: `\n${institution}, version ${version}, signed until ${date(expires.getTime())}:`,
  })
  for (const change of changes) io.print(`  · ${change}`)
  await confirmSigning(options, io)
  const texts = { ...Object.fromEntries(files), ...changed }
  const targets = Object.fromEntries(
    Object.entries(texts).map(([file, text]) => [targetPath(institution, file as InstitutionFile), text]),
  )
  await writeJson(out, {
    _type: 'enlace-institution-publication',
    role: institution,
    metadata: JSON.stringify(signMetadata(signed, [key])),
    targets,
  })
  say(io, {
    es: `Firmado: ${out}. Publíquelo con: npm run trust -- institution publish ${out} --registry URL`,
    en: `Signed: ${out}. Publish it with: npm run trust -- institution publish ${out} --registry URL`,
  })
  return 0
}

async function publish(file: string, options: InstitutionOptions, io: ToolIo): Promise<number> {
  if (file === '') throw new ToolError('Diga el archivo firmado.', 'Name the signed file.')
  const publication = await readSaid(file)
  const path = `trust/institutions/${publication.role}`
  await send(needed(options.registry, 'registry'), path, publication, io)
  return 0
}
