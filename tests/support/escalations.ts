/** People of two real nodes who call and answer each other, as clients do it: over HTTP, signing in again when they must. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import {
  type Actor,
  afterHeads,
  type CaseContent,
  caseEventType,
  deadlinesFor,
  type EscalationAction,
  type EscalationStage,
  escalationAcknowledgementContent,
  escalationAcknowledgementEventType,
  escalationContent,
  escalationEventType,
  escalationStepEventType,
  escalationUpdateEventType,
} from '@enlace/coordination'
import type { RunningNode } from '@enlace/dev-network'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { login, MatrixRequestError, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import { eventually } from './network.ts'

const CLIENT = '/_matrix/client/v3'
const ENLACE = '/_enlace/client/v1'

export type Entry = {
  event_id: string
  sender: string
  what: string
  step?: number
  because?: string
  unreachable?: string[]
  persons?: string[]
}
export type View = {
  id: string
  state: string
  step: number
  about_event_id: string
  next_step_ts?: number
  acknowledged_by?: string
  resolved_by?: string
  handed_to?: string
  cause: string
  reference?: string
  called: boolean
  alerted: { step: number; persons: string[] }[]
  history: Entry[]
  refused: { event_id: string; sender: string; reason: string }[]
  alerts: { user_id: string; channel: string; state: string }[]
  only_here: string[]
}
type RawEvent = { type: string; content: Record<string, unknown>; event_id: string }

export class Someone {
  readonly node: RunningNode
  readonly localpart: string
  readonly by: Actor
  #session: Session | undefined
  #sent = 0

  constructor(node: RunningNode, localpart: string) {
    this.node = node
    this.localpart = localpart
    const { institution, role } = node.demo.accounts.find((one) => one.localpart === localpart)!
    this.by = { institution, role }
  }

  get userId(): string {
    return `@${this.localpart}:${this.node.serverName}`
  }

  /** Clocks jump, and tokens end with them: whoever is turned away signs in again. */
  async request(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const attempt = async () => {
      this.#session ??= await login(this.node.baseUrl, this.localpart, DEMO_PASSWORD)
      return matrixRequest(this.node.baseUrl, method, path, body, this.#session.accessToken)
    }
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof MatrixRequestError && error.status === 401)) throw error
      this.#session = undefined
      return attempt()
    }
  }

  matrix = (method: string, path: string, body?: unknown) => this.request(method, `${CLIENT}${path}`, body)
  enlace = (method: string, path: string, body?: unknown) => this.request(method, `${ENLACE}${path}`, body)

  async send(room: string, type: string, content: object): Promise<string> {
    this.#sent += 1
    const txn = `${this.localpart}-${this.#sent}`
    const answer = await this.matrix('PUT', `/rooms/${encodeURIComponent(room)}/send/${type}/${txn}`, content)
    return String(answer['event_id'])
  }

  raise(room: string, about: string, chain: EscalationStage[]): Promise<string> {
    return this.send(
      room,
      escalationEventType,
      escalationContent(about, { cause: 'person', chain, by: this.by }),
    )
  }

  /** The escalation as this person's node shows it; undefined: it is not there (yet). */
  async view(id: string): Promise<View | undefined> {
    try {
      return (await this.enlace('GET', `/escalations/${encodeURIComponent(id)}`)) as unknown as View
    } catch (error) {
      if (error instanceof MatrixRequestError && error.status === 404) return undefined
      throw error
    }
  }

  async acknowledge(room: string, id: string): Promise<string> {
    const heads = await this.#heads(id)
    const content = escalationAcknowledgementContent(id, { ...heads, by: this.by })
    return this.send(room, escalationAcknowledgementEventType, content)
  }

  async act(room: string, id: string, action: EscalationAction, more: object = {}): Promise<string> {
    return this.send(room, escalationUpdateEventType, {
      'm.relates_to': { rel_type: 'm.reference', event_id: id },
      ...(await this.#heads(id)),
      action,
      by: this.by,
      ...more,
    })
  }

  /** What this person has seen of it: the newest entry. */
  async #heads(id: string): Promise<{ after?: string[] }> {
    const last = (await this.view(id))?.history.at(-1)?.event_id
    return afterHeads({ id, heads: last === undefined ? [] : [last] })
  }

  /** Every event of the room of a type, as this person's node has it, oldest first. */
  async log(room: string, type: string): Promise<RawEvent[]> {
    const found: RawEvent[] = []
    const filter = encodeURIComponent(JSON.stringify({ types: [type] }))
    for (let from = ''; ; ) {
      const page = await this.matrix(
        'GET',
        `/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=200&filter=${filter}${from}`,
      )
      found.unshift(...(page['chunk'] as RawEvent[]).reverse())
      if (!page['end']) return found
      from = `&from=${encodeURIComponent(String(page['end']))}`
    }
  }

  /** Steps of an escalation in the log of this person's node, as they were sent. */
  async steps(room: string, id: string): Promise<number[]> {
    const events = await this.log(room, escalationStepEventType)
    return events
      .filter((one) => (one.content['m.relates_to'] as { event_id?: string })?.event_id === id)
      .map((one) => Number(one.content['step']))
  }

  /** Opens a case as a client does: a reference, deadlines by the channel's targets, the envelope. */
  async openCase(room: string, responsible: string, now: number, targets: object): Promise<string> {
    const reference = await this.enlace('POST', '/cases/reference', {
      kind: 'birth_certificate',
      room_id: room,
    })
    const args = { kind: 'birth_certificate', priority: 'high', country: 'HN' } as const
    const content: CaseContent = {
      reference: String(reference['reference']),
      kind: args.kind,
      priority: args.priority,
      requesting: this.by.institution,
      responsible,
      ...deadlinesFor(args, now, { general: targets }),
      by: this.by,
    }
    return this.send(room, caseEventType, content)
  }

  /** The escalation of a case, once there is one. */
  async escalationAbout(caseId: string): Promise<View | undefined> {
    const { escalations } = (await this.enlace('GET', '/escalations')) as unknown as { escalations: View[] }
    return escalations.find((one) => one.about_event_id === caseId)
  }

  /** Alerts about an escalation that this person got. */
  async alerts(id: string): Promise<{ state: string; deliveries: { channel: string; state: string }[] }[]> {
    const { alerts } = (await this.enlace('GET', '/alerts')) as {
      alerts: { event_id: string; state: string; deliveries: { channel: string; state: string }[] }[]
    }
    return alerts.filter((one) => one.event_id === id)
  }
}

/** What everyone must see alike. */
export function shared(view: View | undefined) {
  if (!view) return undefined
  const { state, step, acknowledged_by, resolved_by, handed_to, alerted, history, refused } = view
  return { state, step, acknowledged_by, resolved_by, handed_to, alerted, history, refused }
}

/** Sets the wall clock of a node, so many milliseconds off; of one that is not running, for its next start. */
export async function setClock(node: RunningNode, offsetMs: number): Promise<void> {
  const file = `${node.configFile}.clock`
  await writeFile(`${file}.new`, String(offsetMs))
  await rename(`${file}.new`, file)
  if (!node.process.running) return
  await eventually(
    'the clock to be taken',
    async () => Number(await readFile(`${file}.taken`, 'utf8')) === offsetMs,
  )
}
