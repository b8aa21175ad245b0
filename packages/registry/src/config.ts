import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Institution, institutionsFileSchema, maxInstitutions } from '@enlace/directory'
import { faultsIn, inBoth } from '@enlace/directory/both-languages'
import { checkEntry, entryFaults } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { institutions as shippedInstitutions } from '@enlace/directory/institutions'
import type { BilingualText } from '@enlace/directory/text'
import {
  institutionKeySchema,
  type ListedServer,
  listedServerSchema,
  listedServersSchema,
  maxInstitutionKeys,
  maxTimestampLifetimeMs,
} from '@enlace/trust'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'

const maxHours = maxTimestampLifetimeMs / 3_600_000

const onOff = z.union([
  z.enum(['on', 'off']),
  // YAML 1.1 tools write the words as booleans.
  z.boolean().transform((on): 'on' | 'off' => (on ? 'on' : 'off')),
])

/** The registry's configuration file. Paths are relative to the file's folder. */
const configSchema = z.strictObject({
  port: z.int().min(0).max(65_535).default(7700),
  bind: z.string().min(1).default('127.0.0.1'),
  data_dir: z.string().min(1),
  database: z.strictObject({ uri: z.string().startsWith('mongodb').optional() }).default({}),
  /** a JSON file of institutions in the shape of the shipped one, which it replaces */
  institutions_file: z.string().min(1).optional(),
  /** a JSON file of institutions' own entries, and of institutions besides those of the other file */
  entries_file: z.string().min(1).optional(),
  /** who gets what is for the network only: nodes send one of these, at least 32 characters, as their bearer token */
  network_tokens: z.array(z.string().min(32).max(200)).max(1000).default([]),
  /** who is on the federation list: an operator's decision, signed by the registry's key */
  servers: z
    .array(listedServerSchema.extend({ status: listedServerSchema.shape.status.default('active') }).strict())
    .pipe(listedServersSchema)
    .default([]),
  /** with `servers`: whose keys speak for an institution, each as 64 hexadecimal digits; any one of them may sign */
  institution_keys: z
    .record(
      institutionKeySchema,
      z
        .array(
          z
            .string()
            .regex(
              /^[0-9a-f]{64}$/,
              inBoth(
                'debe ser una llave pública Ed25519, 64 dígitos hexadecimales',
                'must be an Ed25519 public key, 64 hexadecimal digits',
              ),
            ),
        )
        .min(1)
        .max(maxInstitutionKeys),
    )
    .default({}),
  /** who is on the federation list: what coordinators decided and signed with their own keys, instead of `servers` */
  trust: z
    .strictObject({
      /** what `npm run trust -- publish` wrote; later ones may also be sent to the running registry */
      publication: z.string().min(1),
    })
    .optional(),
  /** with `trust`: the other registry that gives out the same; its key stands in the root too */
  mirrors: z.array(z.url()).max(1).default([]),
  list: z
    .strictObject({
      /** how long nodes can go on without the registry; signed anew at half of it */
      valid_hours: z
        .number()
        .min(1)
        .max(
          maxHours,
          inBoth(
            `los nodos no aceptan una lista que dure más de ${maxHours} horas`,
            `nodes take no list that lives longer than ${maxHours} hours`,
          ),
        )
        .default(maxHours),
    })
    .default({ valid_hours: maxHours }),
  /** pages for anybody at /publico: who helps, where and when */
  public_site: onOff.default('on'),
  rate_limits: onOff.default('on'),
  /** addresses or networks of reverse proxies whose X-Forwarded-For is believed */
  trusted_proxies: z.array(z.string().min(1)).max(20).default([]),
  log_level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type RegistryConfig = z.output<typeof configSchema>
export type RegistryConfigInput = z.input<typeof configSchema>

/** A configuration a person has to correct; the message names the key, in Spanish and, after a slash, in English. */
export class ConfigError extends Error {}

/** What a failed reading says: the operating system's code, which is in no language. */
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message

/** Reads and validates a YAML file. @throws ConfigError naming each bad or unknown key */
export async function loadConfig(file: string): Promise<RegistryConfig> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw new ConfigError(
      `No se puede leer la configuración ${file}: ¿existe, y es de este usuario? / Cannot read the configuration file ${file}: is it there, and this user’s?`,
    )
  }
  let raw: unknown
  try {
    raw = parseYaml(text)
  } catch (error) {
    throw new ConfigError(`${file} no es YAML válido / is not valid YAML: ${(error as Error).message}`)
  }
  return parseConfig(raw, dirname(resolve(file)))
}

const notAccepted = ({ es, en }: BilingualText) =>
  new ConfigError(`Configuración no aceptada. ${es} / Configuration not accepted. ${en}`)

/** What is wrong in one of the files that a key names. */
const faultAt = (key: string, { es, en }: BilingualText) => new ConfigError(`${key}: ${es} / ${key}: ${en}`)

/** Validates a configuration and resolves its paths against `base`. @throws ConfigError naming each bad or unknown key */
export function parseConfig(raw: unknown, base = process.cwd()): RegistryConfig {
  const parsed = configSchema.safeParse(raw ?? {})
  if (!parsed.success) throw notAccepted(faultsIn(configSchema, raw ?? {}))
  const config = parsed.data
  if (config.trust && config.servers.length > 0)
    throw notAccepted({
      es: 'servers: con trust, la lista es la que firmaron las coordinaciones; quite servers',
      en: 'servers: with trust, the list is what coordinators signed; remove servers',
    })
  if (config.trust && Object.keys(config.institution_keys).length > 0)
    throw notAccepted({
      es: 'institution_keys: con trust, las coordinaciones firman las llaves de las instituciones; quite institution_keys',
      en: 'institution_keys: with trust, coordinators sign institutions’ keys; remove institution_keys',
    })
  if (!config.trust && config.mirrors.length > 0)
    throw notAccepted({
      es: 'mirrors: solo donde las coordinaciones firman la lista (trust), cuya raíz nombra las llaves de ambos directorios',
      en: 'mirrors: only where coordinators sign the list (trust), whose root names both registries’ keys',
    })
  return {
    ...config,
    data_dir: resolve(base, config.data_dir),
    ...(config.trust ? { trust: { publication: resolve(base, config.trust.publication) } } : {}),
    ...(config.institutions_file ? { institutions_file: resolve(base, config.institutions_file) } : {}),
    ...(config.entries_file ? { entries_file: resolve(base, config.entries_file) } : {}),
  }
}

/** What the registry serves: who there is, and the entries of those who have one. */
export interface DirectoryFiles {
  institutions: readonly Institution[]
  /** by registry key */
  entries: ReadonlyMap<string, DirectoryEntry>
}

/** Reads the configured files, or takes the institutions shipped. @throws ConfigError naming what is wrong where */
export async function loadDirectory(config: RegistryConfig): Promise<DirectoryFiles> {
  const listed = config.institutions_file
    ? institutionsIn(await readJson('institutions_file', config.institutions_file), 'institutions_file')
    : shippedInstitutions
  if (!config.entries_file) return { institutions: listed, entries: new Map() }
  const raw = await readJson('entries_file', config.entries_file)
  const parsed = entriesFileSchema.safeParse(raw)
  if (!parsed.success) throw faultAt('entries_file', faultsIn(entriesFileSchema, raw))
  // Checked together: a key must not come twice, whichever file it is in.
  const institutions = institutionsIn(
    { institutions: [...listed, ...parsed.data.institutions] },
    'entries_file',
  )
  const known = new Set(institutions.map(({ key }) => key))
  const entries = new Map<string, DirectoryEntry>()
  for (const [index, each] of parsed.data.entries.entries()) {
    const check = checkEntry(each)
    if (!check.ok) {
      const [fault] = check.faults
      const place = `entries.${index}.${fault?.table ? `records.${fault.table} ${fault.id}, ` : ''}${fault?.field}`
      const { es, en } = fault ? entryFaults[fault.fault] : { es: '', en: '' }
      throw faultAt('entries_file', { es: `${place}: ${es}`, en: `${place}: ${en}` })
    }
    const { key } = check.entry
    if (!known.has(key))
      throw faultAt(`entries_file: entries.${index}`, {
        es: `no hay institución ${key}.`,
        en: `no institution ${key}.`,
      })
    if (entries.has(key))
      throw faultAt(`entries_file: entries.${index}`, {
        es: `${key} ya tiene una ficha.`,
        en: `${key} has an entry already.`,
      })
    entries.set(key, check.entry)
  }
  return { institutions, entries }
}

const entriesFileSchema = z.object({
  institutions: z.array(z.unknown()).max(maxInstitutions).default([]),
  entries: z.array(z.unknown()).max(maxInstitutions),
})

async function readJson(name: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw faultAt(name, {
      es: `no se puede leer ${file} (${codeOf(error)})`,
      en: `cannot read ${file} (${codeOf(error)})`,
    })
  }
}

function institutionsIn(raw: unknown, name: string): readonly Institution[] {
  const parsed = institutionsFileSchema.safeParse(raw)
  if (parsed.success) return parsed.data.institutions
  throw faultAt(name, faultsIn(institutionsFileSchema, raw))
}

/** Every institution placed on a server must be one the directory knows and confirms. @throws ConfigError */
export function checkPlaces(servers: readonly ListedServer[], institutions: readonly Institution[]): void {
  const known = new Map(institutions.map((institution) => [institution.key, institution]))
  for (const [index, server] of servers.entries()) {
    for (const key of server.institutions) {
      const institution = known.get(key)
      const where = `servers.${index}.institutions`
      if (!institution)
        throw faultAt(where, {
          es: `el directorio no tiene la institución ${key}.`,
          en: `the directory has no institution ${key}.`,
        })
      if (!institution.confirmed)
        throw faultAt(where, {
          es: `${key} está sin confirmar; confirme que existe antes de que un servidor la aloje.`,
          en: `${key} is a placeholder; confirm that it exists before a server hosts it.`,
        })
    }
  }
}

export function databasePath(config: RegistryConfig): string {
  return join(config.data_dir, 'db')
}
