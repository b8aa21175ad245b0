import type { BilingualText } from '@enlace/directory/text'
import { caseTargetsEventType } from '../cases/case-targets.ts'
import { escalationChainEventType } from '../escalations/escalation-chain.ts'
import { escalationAcknowledgementEventType, escalationEventType } from '../escalations/escalation-events.ts'
import { corridorEventType } from './channel-recognition.ts'
import { defaultPolicy, type TopicPolicy, topicPolicyEventType } from './policy.ts'
import { isGuarded, type TopicWithPolicy, topicLabel, type topics } from './topics.ts'
import type { TopicTable } from './types.ts'

/**
 * Bodies for `POST /_matrix/client/v3/createRoom`: a corridor (a space) and its topic channels, made through the
 * public API like any room. A channel is encrypted and has its policy before the first invitation goes out, because
 * `initial_state` is applied before `invite`.
 */

export interface StateEventContent {
  type: string
  state_key: string
  content: Record<string, unknown>
}

export interface PowerLevelContent {
  users: Record<string, number>
  users_default: number
  events: Record<string, number>
  events_default: number
  state_default: number
  invite: number
  kick: number
  ban: number
  redact: number
  notifications: { room: number }
}

export interface CreateRoomRequest {
  room_version: string
  visibility: 'private'
  preset: 'private_chat'
  room_alias_name?: string
  name: string
  topic?: string
  creation_content?: Record<string, unknown>
  initial_state: StateEventContent[]
  power_level_content_override: PowerLevelContent
  invite?: string[]
}

export interface ChannelTeam {
  /** whoever calls createRoom */
  creator: string
  /** who may invite and remove members; the creator need not be repeated */
  coordinators: readonly string[]
  /** room version 12 and later: further owners of the same rank as the creator, e.g. the other country's coordination */
  additionalCreators?: readonly string[]
  roomVersion?: string
}

const defaultRoomVersion = '12'
const coordinatorLevel = 50
const ownerLevel = 100

/** From version 12 creators hold infinite power and must not appear in the power levels ("Room version 12"). */
function creatorsAreImplicit(roomVersion: string): boolean {
  const number = Number(roomVersion)
  return !Number.isInteger(number) || number >= 12
}

function teamLevels({
  creator,
  coordinators,
  additionalCreators = [],
  roomVersion = defaultRoomVersion,
}: ChannelTeam) {
  const users: Record<string, number> = {}
  for (const coordinator of coordinators) users[coordinator] = coordinatorLevel
  for (const owner of [creator, ...additionalCreators]) {
    if (creatorsAreImplicit(roomVersion)) delete users[owner]
    else users[owner] = ownerLevel
  }
  return users
}

/**
 * Power levels of a topic channel. Coordinators invite, remove and redact; staff do not invite; anyone may raise
 * an escalation, and the reducer decides who may answer it; policy, encryption and access rules are the owners' alone.
 */
export function topicChannelPowerLevels(team: ChannelTeam): PowerLevelContent {
  return {
    users: teamLevels(team),
    users_default: 0,
    events_default: 0,
    state_default: ownerLevel,
    events: {
      'm.room.name': coordinatorLevel,
      'm.room.topic': coordinatorLevel,
      'm.room.avatar': coordinatorLevel,
      'm.room.pinned_events': coordinatorLevel,
      // Who may remove every member of a server may shut it out: a suspension does.
      'm.room.server_acl': coordinatorLevel,
      'm.room.tombstone': ownerLevel + 50,
      'm.room.encryption': ownerLevel,
      [topicPolicyEventType]: ownerLevel,
      [caseTargetsEventType]: coordinatorLevel,
      [escalationChainEventType]: coordinatorLevel,
      [escalationEventType]: 0,
      [escalationAcknowledgementEventType]: 0,
    },
    invite: coordinatorLevel,
    kick: coordinatorLevel,
    ban: coordinatorLevel,
    redact: coordinatorLevel,
    notifications: { room: coordinatorLevel },
  }
}

function accessState(historyVisibility: 'shared' | 'joined'): StateEventContent[] {
  return [
    { type: 'm.room.join_rules', state_key: '', content: { join_rule: 'invite' } },
    { type: 'm.room.guest_access', state_key: '', content: { guest_access: 'forbidden' } },
    { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: historyVisibility } },
  ]
}

function creation(
  team: ChannelTeam,
  extra: Record<string, unknown> = {},
): Record<string, unknown> | undefined {
  const owners = team.additionalCreators ?? []
  const content = {
    ...extra,
    ...(owners.length > 0 && creatorsAreImplicit(team.roomVersion ?? defaultRoomVersion)
      ? { additional_creators: [...owners] }
      : {}),
  }
  return Object.keys(content).length > 0 ? content : undefined
}

export interface CorridorSpaceOptions extends ChannelTeam {
  /** local part of the alias, e.g. `puerto-barrios-corinto` */
  alias?: string
  name: string
  description?: string
  invite?: readonly string[]
}

/** A corridor: a space whose members see which channels there are. Nobody talks in it. */
export function corridorSpaceRequest(options: CorridorSpaceOptions): CreateRoomRequest {
  const content = creation(options, { type: 'm.space' })
  const levels = topicChannelPowerLevels(options)
  return {
    room_version: options.roomVersion ?? defaultRoomVersion,
    visibility: 'private',
    preset: 'private_chat',
    ...(options.alias ? { room_alias_name: options.alias } : {}),
    name: options.name,
    ...(options.description ? { topic: options.description } : {}),
    ...(content ? { creation_content: content } : {}),
    initial_state: [corridorMark(), ...accessState('shared')],
    power_level_content_override: {
      ...levels,
      events_default: ownerLevel,
      events: { ...levels.events, 'm.space.child': coordinatorLevel },
    },
    ...(options.invite?.length ? { invite: [...options.invite] } : {}),
  }
}

/** The state event that makes a space a corridor. */
export const corridorMark = (): StateEventContent => ({
  type: corridorEventType,
  state_key: '',
  content: { version: 1 },
})

export interface TopicChannelOptions extends ChannelTeam {
  /** the corridor's space, and servers through which it can be joined */
  corridor: string
  via: readonly string[]
  /** local part of the alias, e.g. `documentation` */
  alias?: string
  invite?: readonly string[]
}

/**
 * A topic channel. Takes a topic that has a default policy, or a whole policy for any other. After creating it, its coordinator adds
 * it to the corridor with `spaceChild`.
 */
export function topicChannelRequest<Table extends TopicTable = typeof topics>(
  topicOrPolicy: NoInfer<TopicWithPolicy<Table>> | TopicPolicy,
  options: TopicChannelOptions,
  table?: Table,
): CreateRoomRequest {
  const policy: TopicPolicy =
    typeof topicOrPolicy === 'string'
      ? defaultPolicy(topicOrPolicy, { corridor: options.corridor }, table)
      : { ...topicOrPolicy, corridor: options.corridor }
  const label: BilingualText = topicLabel(policy.topic, table)
  const content = creation(options)
  const guarded = isGuarded(policy.topic, table)
  return {
    room_version: options.roomVersion ?? defaultRoomVersion,
    visibility: 'private',
    preset: 'private_chat',
    ...(options.alias ? { room_alias_name: options.alias } : {}),
    name: label.es,
    topic: `${label.es} · ${label.en}`,
    ...(content ? { creation_content: content } : {}),
    initial_state: [
      {
        type: 'm.room.encryption',
        state_key: '',
        content: {
          algorithm: 'm.megolm.v1.aes-sha2',
          rotation_period_ms: guarded ? 86_400_000 : 604_800_000,
          rotation_period_msgs: 100,
        },
      },
      { type: topicPolicyEventType, state_key: '', content: { ...policy } },
      {
        type: 'm.space.parent',
        state_key: options.corridor,
        content: { via: [...options.via], canonical: true },
      },
      ...accessState(guarded ? 'joined' : 'shared'),
    ],
    power_level_content_override: topicChannelPowerLevels(options),
    ...(options.invite?.length ? { invite: [...options.invite] } : {}),
  }
}

/** The state event, for the corridor's space, that lists a channel in it. `order` sorts the list (ASCII, at most 50). */
export function spaceChild(roomId: string, via: readonly string[], order?: string): StateEventContent {
  return {
    type: 'm.space.child',
    state_key: roomId,
    content: { via: [...via], suggested: true, ...(order ? { order } : {}) },
  }
}
