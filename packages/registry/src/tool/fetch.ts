/** What a registry has in force, fetched and verified as a node would. */
import {
  FederationListKeeper,
  type InstitutionFileRequest,
  type InstitutionPublication,
  InstitutionsKeeper,
  institutionPublicationOf,
  type Publication,
  parseRoot,
  type TrustedRoot,
} from '@enlace/trust'
import { readJson, type ToolIo } from './io.ts'
import { ToolError } from './words.ts'

/** The root a person was handed: what is fetched, or signed, must follow it. */
export async function readRootFile(path: string): Promise<TrustedRoot> {
  const verdict = parseRoot(JSON.stringify(await readJson(path)))
  if (verdict.ok) return verdict.root
  throw new ToolError(
    `${path} no es una raíz de la red: ${verdict.detail}`,
    `${path} is no root of the network: ${verdict.detail}`,
  )
}

function fileOf(registry: string, io: ToolIo, token?: string) {
  const base = new URL('trust/', registry.endsWith('/') ? registry : `${registry}/`)
  return async ({ path, networkOnly }: Partial<InstitutionFileRequest> & { path: string }) => {
    const headers = networkOnly && token ? { authorization: `Bearer ${token}` } : {}
    const answer = await io.fetch(new URL(path, base), { headers }).catch(() => undefined)
    if (answer && [401, 403].includes(answer.status))
      throw new ToolError(
        'El directorio no conoce esa clave de la red. Revise --token.',
        'The registry does not know that network token. Check --token.',
      )
    if (!answer || (!answer.ok && answer.status !== 404))
      throw new ToolError(
        `El directorio ${registry} no responde. Revise la dirección y la conexión.`,
        `The registry ${registry} does not answer. Check the address and the connection.`,
      )
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined
  }
}

async function fetchList(registry: string, root: TrustedRoot, io: ToolIo): Promise<FederationListKeeper> {
  const keeper = new FederationListKeeper(root)
  const file = fileOf(registry, io)
  const steps = keeper.update(io.now())
  let step = steps.next()
  while (!step.done) step = steps.next(await file(step.value))
  if (step.value.ok) return keeper
  throw new ToolError(
    `Lo que entrega ${registry} no se puede verificar: ${step.value.detail} Avise a las demás coordinaciones.`,
    `What ${registry} gives out cannot be verified: ${step.value.detail} Tell the other coordinators.`,
  )
}

/** What coordinators signed. */
export async function fetchCurrent(registry: string, root: TrustedRoot, io: ToolIo): Promise<Publication> {
  return (await fetchList(registry, root, io)).publication!
}

/** What an institution said last. Without a token: but for what is for the network only. */
export async function fetchInstitution(
  institution: string,
  {
    registry,
    root,
    token,
  }: {
    registry: string
    root: TrustedRoot
    token?: string | undefined
  },
  io: ToolIo,
): Promise<InstitutionPublication> {
  const { ground } = await fetchList(registry, root, io)
  const keeper = new InstitutionsKeeper({ network: token !== undefined })
  if (ground) keeper.follow(ground)
  if (!keeper.delegation(institution))
    throw new ToolError(
      `${institution} no tiene llave en la red. Haga una (institution key new) y entréguela a las coordinaciones.`,
      `${institution} has no key in the network. Make one (institution key new) and hand it to the coordinators.`,
    )
  const file = fileOf(registry, io, token)
  const steps = keeper.update(institution, io.now())
  let step = steps.next()
  while (!step.done) step = steps.next(await file(step.value))
  const { problem } = step.value
  const published = keeper.published(institution)
  if (published) return institutionPublicationOf(published)
  throw problem
    ? new ToolError(
        `Lo que entrega ${registry} de ${institution} no se puede verificar: ${problem.detail}`,
        `What ${registry} gives out of ${institution} cannot be verified: ${problem.detail}`,
      )
    : new ToolError(
        `${institution} no ha publicado nada todavía: empiece con --institution ${institution} en lugar de --from.`,
        `${institution} has published nothing yet: begin with --institution ${institution} instead of --from.`,
      )
}
