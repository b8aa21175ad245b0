/**
 * The demo's corridor and channels, made through the public client-server API by the accounts that would make them:
 * a coordinator creates and invites, everyone invited joins. Run again, it does only what is missing.
 */
import {
  admission,
  corridorMark,
  corridorSpaceRequest,
  corridorTopics,
  defaultPolicy,
  type Role,
  spaceChild,
  topicChannelRequest,
} from '@enlace/coordination'
import { institutions } from '@enlace/directory/institutions'
import { DEMO_PASSWORD, type DemoAccount, demoSpaceAlias } from './demo.ts'
import { call, callAcross, login, MatrixRequestError, type Session } from './matrix.ts'

export type SeedNode = { serverName: string; baseUrl: string; accounts: readonly DemoAccount[] }

type Person = { userId: string; account: DemoAccount; node: SeedNode }

export async function seedChannels(nodes: readonly SeedNode[], say: (line: string) => void): Promise<void> {
  const home = nodes[0]!
  const people: Person[] = nodes.flatMap((node) =>
    node.accounts.map((account) => ({ userId: `@${account.localpart}:${node.serverName}`, account, node })),
  )
  const sessions = new Map<string, Session>()
  const sessionOf = async (person: Person) => {
    const session =
      sessions.get(person.userId) ??
      (await login(person.node.baseUrl, person.account.localpart, DEMO_PASSWORD))
    sessions.set(person.userId, session)
    return session
  }
  const coordinators = people.filter((person) => person.account.role === 'coordinator')
  const creator = coordinators.find((person) => person.node === home)!
  const team = {
    creator: creator.userId,
    coordinators: coordinators.map((person) => person.userId),
  }
  const via = nodes.map((node) => node.serverName)
  const session = await sessionOf(creator)
  try {
    const space = await ensureRoom(session, demoSpaceAlias, home.serverName, () =>
      corridorSpaceRequest({
        ...team,
        alias: demoSpaceAlias,
        name: 'Puerto Barrios - Corinto',
        description: 'Corredor fronterizo Guatemala - Honduras',
      }),
    )
    // Spaces made before corridors had a mark get it now; where it is, nothing changes.
    const mark = corridorMark()
    await call(session, 'PUT', `/rooms/${encodeURIComponent(space)}/state/${mark.type}`, mark.content)
    await gather(session, space, people, creator, sessionOf, say)
    for (const [index, topic] of corridorTopics().entries()) {
      say(`Canal #${topic} ...`)
      const room = await ensureRoom(session, topic, home.serverName, () =>
        topicChannelRequest(topic, { ...team, corridor: space, via, alias: topic }),
      )
      const child = spaceChild(room, via, String(index + 1))
      await call(
        session,
        'PUT',
        `/rooms/${encodeURIComponent(space)}/state/${child.type}/${encodeURIComponent(room)}`,
        child.content,
      )
      const policy = defaultPolicy(topic, { corridor: space })
      const admitted = people.filter((person) => {
        const institution = institutions.find((one) => one.key === person.account.institution)!
        return admission(policy, { institution, role: person.account.role as Role }).admitted
      })
      await gather(session, room, admitted, creator, sessionOf, say)
    }
  } finally {
    // The accounts start without any device: people sign in fresh.
    for (const open of sessions.values()) await call(open, 'POST', '/logout', {}).catch(() => undefined)
  }
}

async function ensureRoom(
  session: Session,
  alias: string,
  serverName: string,
  request: () => object,
): Promise<string> {
  const full = encodeURIComponent(`#${alias}:${serverName}`)
  try {
    return String((await call(session, 'GET', `/directory/room/${full}`))['room_id'])
  } catch (error) {
    if (!(error instanceof MatrixRequestError && error.status === 404)) throw error
  }
  return String((await call(session, 'POST', '/createRoom', request()))['room_id'])
}

/** Invites whoever is not in the room yet and lets them join. */
async function gather(
  inviter: Session,
  roomId: string,
  people: readonly Person[],
  creator: Person,
  sessionOf: (person: Person) => Promise<Session>,
  say: (line: string) => void,
): Promise<void> {
  const room = encodeURIComponent(roomId)
  const { chunk } = await call(inviter, 'GET', `/rooms/${room}/members`)
  const membership = new Map(
    (chunk as { state_key: string; content: { membership: string } }[]).map((event) => [
      event.state_key,
      event.content.membership,
    ]),
  )
  for (const person of people) {
    const now = membership.get(person.userId)
    if (person === creator || now === 'join' || now === 'ban') continue
    try {
      if (now !== 'invite')
        await callAcross(inviter, 'POST', `/rooms/${room}/invite`, { user_id: person.userId })
      await callAcross(await sessionOf(person), 'POST', `/rooms/${room}/join`, {})
    } catch (error) {
      // Whom coordinators suspended, or an institution struck, stays out through a restart.
      if (!(error instanceof MatrixRequestError && error.status === 403)) throw error
      say(`${person.userId}: ${error.message}`)
    }
  }
}
