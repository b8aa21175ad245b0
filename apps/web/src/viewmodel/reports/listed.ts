import type { Readers } from '../../model/reports/reports-api.ts'
import type { Session } from '../../model/session/types.ts'
import type { Institutions } from '../institution/types.ts'

/**
 * Servers say who coordinates, and could name anybody. What is sealed for a coordination goes to those alone whom its signed
 * roster names; where no network signs any, servers are all there is.
 */
export async function listedOf(
  { institution, coordinators }: Readers[number],
  { rosterRole, check, network }: Pick<Institutions, 'rosterRole' | 'check' | 'network'>,
): Promise<string[]> {
  let unsigned: boolean | undefined
  const isUnsigned = async () => {
    await check().catch(() => undefined)
    return network.get().kind === 'absent'
  }
  const listed: string[] = []
  for (const userId of coordinators) {
    const role = institution === undefined ? 'unknown' : await rosterRole(userId, institution)
    if (role === 'unknown') unsigned ??= await isUnsigned()
    if (role === 'coordinator' || (role === 'unknown' && unsigned)) listed.push(userId)
  }
  return listed
}

/** What reads rosters is fetched when it is needed. */
export async function listedIn(session: Session, desk: Readers[number]): Promise<string[]> {
  const { institutionsOf } = await import('../institution/institutions.ts')
  return listedOf(desk, institutionsOf(session))
}
