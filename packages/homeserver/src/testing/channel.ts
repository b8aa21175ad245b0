/** For tests of membership: a node with institutions, a list that can be changed, and a topic channel. */
import type { Role, TopicPolicy } from '@enlace/coordination'
import { policyRefusal } from '../errors.ts'
import type { NodeOverrides } from '../index.ts'
import { foundChannel, foundCorridor } from './channels.ts'
import type { FakePartner } from './fake-partner.ts'
import { directoryOf, PASSWORD } from './node.ts'
import type { FederatedNode } from './world.ts'

type Kinds = Parameters<typeof directoryOf>[0]
export type TestPerson = { userId: string; token: string }

/** What a registry would say: which institutions there are, whom servers host, who is suspended. */
export class TestNetwork {
  readonly suspended = new Set<string>()
  /** Institutions by server; servers that are not named host nothing. */
  readonly hosts = new Map<string, Set<string>>()
  readonly #listeners = new Set<() => void>()
  /** Kind and country as the list signs them. */
  readonly signed: Record<string, { kind: string; country: string }>
  /** What the directory answers, which nobody signs. */
  readonly #directory: Kinds

  constructor(signed: Kinds, directory: Kinds = signed) {
    this.signed = { ...signed }
    this.#directory = directory
  }

  /** As if the registry had given out a new list. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** For a node that hosts these institutions itself. */
  overrides(own: readonly string[]): NodeOverrides {
    return {
      directory: () => directoryOf(this.#directory),
      federationList: async (ctx, standard) => ({
        ...(await standard()),
        check: (server) => {
          if (!this.suspended.has(server)) return
          throw policyRefusal('federation-list.suspended', 'registro.example', {
            es: `El servidor ${server} está suspendido en la red.`,
            en: `The server ${server} is suspended from the network.`,
          })
        },
        allows: (server) => !this.suspended.has(server),
        cutOff: (server) => this.suspended.has(server),
        institution: (key) => {
          const signed = this.signed[key]
          return signed && { key, ...signed }
        },
        institutionsAt: (server) => (server === ctx.serverName ? own : [...(this.hosts.get(server) ?? [])]),
        hosts: (server, key) =>
          server === ctx.serverName ? own.includes(key) : this.hosts.get(server)?.has(key) === true,
        onChange: (listener) => void this.#listeners.add(listener),
      }),
    }
  }
}

/** An account with its place in the network, signed in. */
export async function person(
  node: FederatedNode,
  localpart: string,
  institution?: string,
  role?: Role,
): Promise<TestPerson> {
  await node.ctx.accounts.create({
    localpart,
    password: PASSWORD,
    ...(institution === undefined ? {} : { institution }),
    ...(role === undefined ? {} : { role }),
  })
  const answer = await node.call('POST', '/login', {
    body: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: localpart },
      password: PASSWORD,
    },
  })
  return { userId: String(answer['user_id']), token: String(answer['access_token']) }
}

/** A channel whose policy admits these. `by` has the power of its creator, `coordinators` that of coordinators. */
export async function channel(
  node: FederatedNode,
  by: TestPerson,
  admits: TopicPolicy['admits'],
  more: { coordinators?: readonly string[]; joinRule?: string; historyVisibility?: string } = {},
): Promise<string> {
  const founder = {
    userId: by.userId,
    ask: (method: string, path: string, body: object) => node.call(method, path, { token: by.token, body }),
  }
  const contact = { user_id: by.userId, text: { es: 'la coordinación', en: 'the coordination' } }
  const corridor = await foundCorridor(founder)
  return foundChannel(
    founder,
    corridor,
    { topic: 'minors', corridor, admits, contact },
    {
      coordinators: more.coordinators ?? [],
      state: {
        'm.room.join_rules': { join_rule: more.joinRule ?? 'invite' },
        'm.room.history_visibility': { history_visibility: more.historyVisibility ?? 'joined' },
      },
    },
  )
}

/** What a partner says of its people when it is asked; who is not named does not exist there. */
export function profilesOf(
  partner: FakePartner,
  people: Map<string, { institution?: string; role?: string }>,
): void {
  partner.answers.set('GET /_matrix/federation/v1/query/profile', (_body, url) => {
    const said = people.get(url.searchParams.get('user_id') ?? '')
    return said && { 'org.enlace.institution': said.institution, 'org.enlace.role': said.role }
  })
}
