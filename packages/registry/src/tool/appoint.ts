/** Succession: coordinators of the corridor, one of each country, appoint who coordinates an institution that has nobody left. */
import { createHash, randomBytes } from 'node:crypto'
import {
  institutionKeySchema,
  institutionPublicationSchema,
  type OpenedProposal,
  rosterId,
} from '@enlace/trust'
import { readJson, say, type ToolIo } from './io.ts'
import { type Ground, type ProposeOptions, readPublicKey } from './proposals.ts'
import { ToolError } from './words.ts'

export async function appoint(ground: Ground, options: ProposeOptions, io: ToolIo): Promise<void> {
  const [institution, ...more] = options.institution ?? []
  const [person, ...others] = options.person ?? []
  const [path, ...keys] = options.add ?? []
  if (institution === undefined || more.length > 0 || !institutionKeySchema.safeParse(institution).success)
    throw new ToolError(
      'Diga una institución con --institution, por ejemplo gt-renap.',
      'Name one institution with --institution, such as gt-renap.',
    )
  if (person === undefined || others.length > 0 || !/^@[^:\s]+:\S+$/.test(person))
    throw new ToolError(
      'Diga a quién se nombra con --person @cuenta:servidor, una sola persona.',
      'Name who is appointed with --person @account:server, one person alone.',
    )
  const server = ground.servers.find((one) => one.institutions.includes(institution))
  if (server?.server_name !== person.slice(person.indexOf(':') + 1))
    throw new ToolError(
      `${person} no tiene su cuenta en el servidor de ${institution} (${server?.server_name ?? 'ninguno'}).`,
      `${person} has no account on the server of ${institution} (${server?.server_name ?? 'none'}).`,
    )
  if (path === undefined || keys.length > 0)
    throw new ToolError(
      'Diga la llave pública que esa persona hizo en su dispositivo, con --add llave.publica.json.',
      'Name the public key that the person made on their device, with --add key.publica.json.',
    )
  const { keyid, record } = await readPublicKey(path, false)
  if (ground.delegations[institution]?.keys.some((one) => one.keyval.public === record.keyval.public))
    throw new ToolError(
      `Esa llave ya firma por ${institution}: la sucesión necesita una llave nueva.`,
      `That key signs for ${institution} already: succession takes a new key.`,
    )
  const salt = randomBytes(32).toString('hex')
  const keeps = options.roster === undefined ? undefined : await inForce(options.roster, institution)
  ground.delegations[institution] = { keys: [record], threshold: 1 }
  ground.appointments[institution] = {
    id: await rosterId(salt, person),
    salt,
    keyid,
    at: io.now(),
    by: deciding(ground, options.by ?? []),
    ...(keeps === undefined ? {} : { keeps }),
  }
}

/** The hash of what the institution has in force, so that it stays so for the time being. */
async function inForce(path: string, institution: string): Promise<string> {
  const parsed = institutionPublicationSchema.safeParse(await readJson(path))
  if (!parsed.success || parsed.data.role !== institution)
    throw new ToolError(
      `${path} no es lo que publica ${institution}. Tráigalo con: institution fetch`,
      `${path} is not what ${institution} publishes. Fetch it with: institution fetch`,
    )
  return createHash('sha256').update(parsed.data.metadata).digest('hex')
}

/** Two coordinators, and one of each country: that is the network's rule. */
function deciding({ base, root }: Ground, named: readonly string[]): string[] {
  const content = root ?? base?.root.content
  const keyids = content?.roles.targets.keyids ?? []
  const names = content?.['x-enlace']?.names ?? {}
  const found = named.map((text) => {
    const plain = text.replaceAll(/\s/g, '')
    const matches = keyids.filter((id) => names[id] === text || (plain.length >= 8 && id.startsWith(plain)))
    if (matches.length !== 1)
      throw new ToolError(
        `«${text}» no nombra a una sola coordinación de la red. Use la huella que muestra «show».`,
        `“${text}” does not name exactly one coordinator of the network. Use the fingerprint that “show” prints.`,
      )
    return matches[0]!
  })
  const countries = Object.entries(content?.['x-enlace']?.countries ?? {})
  const lacking = countries.filter(([, ids]) => !found.some((id) => ids.includes(id))).map(([key]) => key)
  if (new Set(found).size < Math.min(2, keyids.length) || lacking.length > 0)
    throw new ToolError(
      `Deciden dos coordinaciones, una de cada país (--by, dos veces)${lacking.length > 0 ? `: falta ${lacking.join(', ')}` : ''}.`,
      `Two coordinators decide, one of each country (--by, twice)${lacking.length > 0 ? `: ${lacking.join(', ')} is missing` : ''}.`,
    )
  return [...new Set(found)]
}

/** Whether the person is who the proposal appoints: the list itself names nobody in clear. */
export async function sayAppointed(
  { appointments }: Pick<OpenedProposal, 'appointments'>,
  person: string,
  io: ToolIo,
): Promise<void> {
  const of: string[] = []
  for (const [institution, { id, salt }] of appointments)
    if ((await rosterId(salt, person)) === id) of.push(institution)
  say(
    io,
    of.length > 0
      ? {
          es: `  ${person} es la persona nombrada para ${of.join(', ')}.`,
          en: `  ${person} is the person appointed for ${of.join(', ')}.`,
        }
      : {
          es: `  ATENCIÓN: ${person} no es la persona nombrada.`,
          en: `  ATTENTION: ${person} is not the person appointed.`,
        },
  )
}
