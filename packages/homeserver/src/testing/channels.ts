/** A corridor and its channels as a coordinator founds them: the space, the room, and each naming the other. */
import {
  corridorSpaceRequest,
  spaceChild,
  type TopicPolicy,
  type TopicWithPolicy,
  topicChannelRequest,
} from '@enlace/coordination'
import type { FederatedNode } from './world.ts'

/** A request of the founder. @returns the body of the answer; @throws where it is refused */
export type Founder = {
  userId: string
  ask(method: string, path: string, body: object): Promise<Record<string, unknown>>
}

const enc = encodeURIComponent

/** A new coordinator's account of an institution on a node. */
export async function coordinatorOf(
  node: FederatedNode,
  localpart: string,
  institution: string,
): Promise<Founder & { token: string }> {
  const password = 'una contraseña larga'
  await node.ctx.accounts.create({ localpart, password, institution, role: 'coordinator' })
  const identifier = { type: 'm.id.user', user: localpart }
  const { user_id, access_token } = await node.call('POST', '/login', {
    body: { type: 'm.login.password', identifier, password },
  })
  const token = String(access_token)
  return {
    userId: String(user_id),
    token,
    ask: (method, path, body) => node.call(method, path, { token, body }),
  }
}

export async function foundCorridor(founder: Founder, more: Record<string, unknown> = {}): Promise<string> {
  const request = corridorSpaceRequest({ creator: founder.userId, coordinators: [], name: 'Corredor' })
  const made = await founder.ask('POST', '/createRoom', { ...request, ...more })
  return String(made['room_id'])
}

/** `more` is merged into the body of createRoom; `state` into its `initial_state`, by type. */
export async function foundChannel(
  founder: Founder,
  corridor: string,
  topic: TopicWithPolicy | TopicPolicy,
  options: {
    more?: Record<string, unknown>
    state?: Record<string, object>
    roomVersion?: string
    coordinators?: readonly string[]
  } = {},
): Promise<string> {
  const via = [founder.userId.slice(founder.userId.indexOf(':') + 1)]
  const request = topicChannelRequest(topic, {
    creator: founder.userId,
    coordinators: options.coordinators ?? [],
    corridor,
    via,
    ...(options.roomVersion ? { roomVersion: options.roomVersion } : {}),
  })
  const initial_state = request.initial_state.map((event) => ({
    ...event,
    content: options.state?.[event.type] ?? event.content,
  }))
  const made = await founder.ask('POST', '/createRoom', { ...request, initial_state, ...options.more })
  const roomId = String(made['room_id'])
  const child = spaceChild(roomId, via)
  await founder.ask('PUT', `/rooms/${enc(corridor)}/state/${child.type}/${enc(roomId)}`, child.content)
  return roomId
}
