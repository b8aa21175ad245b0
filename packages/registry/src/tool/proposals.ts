/** Proposing a change: from what is in force, or on top of a proposal nobody signed yet. */
import { halvesOf } from '@enlace/directory/both-languages'
import { institutions as known } from '@enlace/directory/institutions'
import {
  type Appointment,
  coordinatorSchema,
  createRoot,
  delegationsContent,
  draftProposal,
  type InstitutionKeys,
  institutionKeySchema,
  type KeyHolder,
  keyId,
  type ListedServer,
  openProposal,
  type Proposal,
  type PublicKeyFile,
  type RootContent,
  type SignedInstitution,
  type VerifiedPublication,
  verifyPublication,
} from '@enlace/trust'
import { readJson, type ToolIo } from './io.ts'
import { ToolError } from './words.ts'

const day = 86_400_000
const defaultListDays = 90
const defaultRootDays = 365

/** What a change is made to. */
export interface Ground {
  base: VerifiedPublication | undefined
  /** a root that an earlier, unsigned proposal already has */
  root: RootContent | undefined
  servers: ListedServer[]
  institutions: Record<string, SignedInstitution>
  /** whose keys speak for which institution */
  delegations: Record<string, InstitutionKeys>
  /** whom coordinators appointed, by institution */
  appointments: Record<string, Appointment>
}

export interface ProposeOptions {
  server?: string | undefined
  institution?: string[] | undefined
  leave?: string[] | undefined
  key?: string[] | undefined
  'drop-earlier'?: boolean | undefined
  'case-slot'?: string | undefined
  days?: string | undefined
  add?: string[] | undefined
  remove?: string[] | undefined
  threshold?: string | undefined
  person?: string[] | undefined
  by?: string[] | undefined
  roster?: string | undefined
}

export async function openGround(file: string, io: ToolIo): Promise<Ground> {
  const raw = await readJson(file)
  if ((raw as { _type?: unknown } | null)?._type === 'enlace-trust-proposal') {
    const verdict = openProposal(raw, { now: io.now() })
    if (!verdict.ok) throw unreadable(file, verdict.detail)
    const { proposal, base, root, list, delegations, appointments } = verdict.opened
    return {
      base,
      root: proposal.root ? root.content : undefined,
      servers: list.servers,
      institutions: { ...list.institutions },
      delegations: { ...delegationsContent(delegations) },
      appointments: Object.fromEntries(appointments),
    }
  }
  const verdict = verifyPublication(raw, { now: io.now(), allowExpired: true })
  if (!verdict.ok) throw unreadable(file, verdict.detail)
  const { list, delegations, appointments } = verdict.verified
  return {
    base: verdict.verified,
    root: undefined,
    servers: [...list.servers],
    institutions: { ...list.institutions },
    delegations: { ...delegationsContent(delegations) },
    appointments: Object.fromEntries(appointments),
  }
}

const unreadable = (file: string, detail: string) =>
  new ToolError(
    `${file} no es una lista vigente ni una propuesta de esta red: ${detail}`,
    `${file} is neither a list in force nor a proposal of this network: ${detail}`,
  )

export async function propose(
  action: string,
  ground: Ground,
  options: ProposeOptions,
  io: ToolIo,
): Promise<Proposal> {
  const { servers, institutions } = ground
  const name = options.server
  const index = servers.findIndex(({ server_name }) => server_name === name)
  const listed = (): ListedServer => {
    if (name === undefined)
      throw new ToolError('Diga el servidor con --server.', 'Name the server with --server.')
    const server = servers[index]
    if (!server)
      throw new ToolError(
        `El servidor ${name} no está en la lista. Revise el nombre.`,
        `The server ${name} is not on the list. Check the name.`,
      )
    return server
  }
  const put = (server: ListedServer): void => {
    servers[index] = server
  }
  const place = (server: ListedServer): ListedServer => {
    const keys = (options.institution ?? []).map((text) => describe(text, institutions))
    for (const other of servers)
      for (const key of keys)
        if (other.server_name !== server.server_name && other.institutions.includes(key))
          throw new ToolError(
            `${key} ya está en ${other.server_name}. Propóngala primero fuera de allí (--leave ${key}).`,
            `${key} is already on ${other.server_name}. First propose that it leaves there (--leave ${key}).`,
          )
    const kept = server.institutions.filter((key) => !options.leave?.includes(key))
    return { ...server, institutions: [...new Set([...kept, ...keys])] }
  }
  switch (action) {
    case 'admit': {
      if (name === undefined)
        throw new ToolError('Diga el servidor con --server.', 'Name the server with --server.')
      if (index >= 0)
        throw new ToolError(
          `El servidor ${name} ya está en la lista. Para otra institución: propose institution.`,
          `The server ${name} is on the list already. For another institution: propose institution.`,
        )
      const slot = options['case-slot']
      const fresh: ListedServer = { server_name: name, institutions: [], status: 'active' }
      servers.push(place(slot === undefined ? fresh : { ...fresh, case_slot: number(slot, 'case-slot') }))
      break
    }
    case 'suspend':
      put({ ...listed(), status: 'suspended' })
      break
    case 'readmit':
      put({ ...listed(), status: 'active' })
      break
    case 'remove':
      listed()
      servers.splice(index, 1)
      break
    case 'keys': {
      const server = listed()
      const given = Object.fromEntries((options.key ?? []).map(matrixKey))
      if (Object.keys(given).length === 0)
        throw new ToolError(
          'Diga la clave nueva con --key ed25519:ID=BASE64.',
          'Name the new key with --key ed25519:ID=BASE64.',
        )
      // Earlier keys go on vouching for old messages, unless somebody else may have them.
      const earlier = options['drop-earlier'] ? {} : server.verify_keys
      put({ ...server, verify_keys: { ...earlier, ...given } })
      break
    }
    case 'institution':
      if (options.add || options.remove || options.threshold) await giveKeys(ground, options)
      else put(place(listed()))
      break
    case 'renew':
      break
    default:
      throw new ToolError(
        `No se conoce la propuesta «${action}». Vea la ayuda: npm run trust -- help`,
        `The proposal “${action}” is not known. See the help: npm run trust -- help`,
      )
  }
  // What is placed nowhere any more is described no more.
  const placed = new Set(servers.flatMap((server) => server.institutions))
  for (const key of Object.keys(institutions)) if (!placed.has(key)) delete institutions[key]
  return draft(ground, options.days, io)
}

/** Which keys speak for an institution, and how many of them must. */
async function giveKeys(ground: Ground, options: ProposeOptions): Promise<void> {
  const [institution, ...more] = options.institution ?? []
  if (institution === undefined || more.length > 0 || !institutionKeySchema.safeParse(institution).success)
    throw new ToolError(
      'Diga una institución con --institution, por ejemplo gt-renap.',
      'Name one institution with --institution, such as gt-renap.',
    )
  const before = ground.delegations[institution]
  const keys = new Map((before?.keys ?? []).map((record) => [keyId(record), record]))
  for (const gone of options.remove ?? []) {
    const plain = gone.replaceAll(/\s/g, '')
    const matches = [...keys.keys()].filter((id) => plain.length >= 8 && id.startsWith(plain))
    if (matches.length !== 1)
      throw new ToolError(
        `«${gone}» no es la huella de una sola llave de ${institution}. Use la que muestra «show».`,
        `“${gone}” is not the fingerprint of exactly one key of ${institution}. Use the one that “show” prints.`,
      )
    keys.delete(matches[0]!)
  }
  for (const path of options.add ?? []) {
    const { keyid, record } = await readPublicKey(path, false)
    keys.set(keyid, record)
  }
  const threshold = number(options.threshold ?? String(before?.threshold ?? 1), 'threshold')
  if (keys.size === 0) delete ground.delegations[institution]
  else if (threshold > keys.size)
    throw new ToolError(
      `Se piden ${threshold} firmas y ${institution} tiene ${keys.size} llaves.`,
      `${threshold} signatures are asked for, and ${institution} has ${keys.size} keys.`,
    )
  else ground.delegations[institution] = { keys: [...keys.values()], threshold }
  // Whose key it was is not whose it is: an appointment stands as long as its key.
  const appointed = ground.appointments[institution]
  if (appointed && !keys.has(appointed.keyid)) delete ground.appointments[institution]
}

function draft(ground: Ground, days: string | undefined, io: ToolIo): Proposal {
  const lasts = number(days ?? String(defaultListDays), 'days')
  try {
    return draftProposal({ ...ground, expires: new Date(io.now() + lasts * day) })
  } catch (error) {
    const issues = (error as { issues?: { message: string }[] }).issues
    const detail = issues?.[0]?.message ?? (error as Error).message
    const said = halvesOf(detail) ?? { es: detail, en: detail }
    throw new ToolError(
      `La lista propuesta no es válida: ${said.es}`,
      `The proposed list is not valid: ${said.en}`,
    )
  }
}

export interface RootOptions {
  coordinator?: string[] | undefined
  registry?: string | undefined
  threshold?: string | undefined
  days?: string | undefined
  'root-days'?: string | undefined
  add?: string[] | undefined
  remove?: string[] | undefined
}

/** The ceremony: who signs, and how many must. `ground`: what it follows, where nodes already trust something. */
export async function firstRoot(
  options: RootOptions,
  ground: Ground | undefined,
  io: ToolIo,
): Promise<Proposal> {
  const coordinators = await Promise.all((options.coordinator ?? []).map((path) => readPublicKey(path, true)))
  if (!options.registry || coordinators.length === 0)
    throw new ToolError(
      'Diga quiénes firman (--coordinator, uno por llave) y la clave del directorio (--registry).',
      'Name who signs (--coordinator, one for each key) and the registry’s key (--registry).',
    )
  const countries = new Set(coordinators.map(({ country }) => country))
  const registry = await readPublicKey(options.registry, false)
  return rooted(
    ground ?? {
      base: undefined,
      root: undefined,
      servers: [],
      institutions: {},
      delegations: {},
      appointments: {},
    },
    coordinators,
    [registry],
    number(options.threshold ?? String(Math.max(2, countries.size)), 'threshold'),
    options,
    io,
  )
}

/** The next root: a coordinator's key lost, replaced or added, the number of signatures, the registry's key. */
export async function nextRootProposal(options: RootOptions, ground: Ground, io: ToolIo): Promise<Proposal> {
  const current = ground.root ?? ground.base?.root.content
  if (!current) throw new ToolError('No hay todavía una raíz: use init.', 'There is no root yet: use init.')
  let coordinators = holdersOf(current, current.roles.targets.keyids)
  for (const gone of options.remove ?? []) {
    const plain = gone.replaceAll(/\s/g, '')
    const matches = coordinators.filter(
      ({ keyid, name }) => name === gone || (plain.length >= 8 && keyid.startsWith(plain)),
    )
    if (matches.length !== 1)
      throw new ToolError(
        `«${gone}» no nombra a una sola coordinación. Use la huella que muestra «show».`,
        `“${gone}” does not name exactly one coordinator. Use the fingerprint that “show” prints.`,
      )
    coordinators = coordinators.filter((one) => one !== matches[0])
  }
  for (const path of options.add ?? []) coordinators.push(await readPublicKey(path, true))
  const online = options.registry
    ? [await readPublicKey(options.registry, false)]
    : holdersOf(current, current.roles.timestamp.keyids)
  const threshold = number(options.threshold ?? String(current.roles.targets.threshold), 'threshold')
  return rooted(ground, coordinators, online, threshold, options, io)
}

function rooted(
  ground: Ground,
  coordinators: readonly KeyHolder[],
  online: readonly KeyHolder[],
  threshold: number,
  options: RootOptions,
  io: ToolIo,
): Proposal {
  if (new Set(coordinators.map(({ keyid }) => keyid)).size !== coordinators.length)
    throw new ToolError('Una llave está dos veces.', 'A key stands there twice.')
  if (threshold > coordinators.length)
    throw new ToolError(
      `Se piden ${threshold} firmas y solo hay ${coordinators.length} llaves.`,
      `${threshold} signatures are asked for, and there are only ${coordinators.length} keys.`,
    )
  // A country that falls out of the rule altogether would be outvoted from then on.
  const lost = Object.keys(ground.base?.root.content['x-enlace']?.countries ?? {}).filter(
    (country) => !coordinators.some((one) => one.country === country),
  )
  if (lost.length > 0)
    throw new ToolError(
      `${lost.join(', ')} quedaría sin quien firme. Agregue su llave nueva con --add.`,
      `${lost.join(', ')} would have nobody who signs. Add its new key with --add.`,
    )
  const root = createRoot({
    version: (ground.base?.root.version ?? 0) + 1,
    expires: new Date(io.now() + number(options['root-days'] ?? String(defaultRootDays), 'root-days') * day),
    coordinators,
    threshold,
    online,
  })
  return draft({ ...ground, root }, options.days, io)
}

function holdersOf(root: RootContent, keyids: readonly string[]): KeyHolder[] {
  const { countries = {}, names = {} } = root['x-enlace'] ?? {}
  return keyids.map((keyid) => {
    const country = Object.entries(countries).find(([, ids]) => ids.includes(keyid))?.[0]
    const name = names[keyid]
    return {
      keyid,
      record: root.keys[keyid]!,
      ...(name === undefined ? {} : { name }),
      ...(country === undefined ? {} : { country }),
    }
  })
}

export async function readPublicKey(path: string, ofCoordinator: boolean): Promise<KeyHolder> {
  const parsed = coordinatorSchema.safeParse(await readJson(path))
  if (!parsed.success || (ofCoordinator && parsed.data.country === undefined))
    throw new ToolError(
      `${path} no es una llave pública de ${ofCoordinator ? 'una coordinación' : 'un directorio'} (….publica.json).`,
      `${path} is not the public key of ${ofCoordinator ? 'a coordinator' : 'a registry'} (….publica.json).`,
    )
  return holderOf(parsed.data)
}

function holderOf({ keyid, key, name, country }: PublicKeyFile): KeyHolder {
  return { keyid, record: key, name, ...(country === undefined ? {} : { country }) }
}

/** `gt-renap`, described by the directory, or `gt-renap=civil_registry,GT`. @returns the key */
function describe(text: string, institutions: Record<string, SignedInstitution>): string {
  const [key = '', said] = text.split('=')
  const [kind, country] = said?.split(',') ?? []
  const entry = known.find((one) => one.key === key)
  const described =
    kind !== undefined && country !== undefined
      ? { kind, country }
      : entry && { kind: entry.kind, country: entry.country }
  const before = institutions[key]
  if (!described && !before)
    throw new ToolError(
      `El directorio no conoce ${key}. Escriba qué es y de qué país: ${key}=tipo,PAÍS`,
      `The directory does not know ${key}. Write what it is and of which country: ${key}=kind,COUNTRY`,
    )
  if (described) institutions[key] = described
  return key
}

function matrixKey(text: string): [string, string] {
  const match = /^(ed25519:[A-Za-z0-9_]+)=([A-Za-z0-9+/]{43})=?$/.exec(text)
  if (!match)
    throw new ToolError(
      `«${text}» no es una clave: se escribe ed25519:ID=BASE64, como la muestra /_matrix/key/v2/server.`,
      `“${text}” is no key: it is written ed25519:ID=BASE64, as /_matrix/key/v2/server shows it.`,
    )
  return [match[1]!, match[2]!]
}

function number(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new ToolError(
      `--${option}: se espera un número entero.`,
      `--${option}: a whole number is expected.`,
    )
  return value
}
