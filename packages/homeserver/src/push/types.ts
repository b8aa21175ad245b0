/** Faces of push rules, unread counts and pushers. */
import type { StoredEvent } from '../rooms/types.ts'
import type { Action, Condition, PushRule, RuleKind, Ruleset } from './default-rules.ts'

export type UnreadCounts = { notification_count: number; highlight_count: number }

/** What a person's push rules say of an event. */
export type Outcome = {
  notify: boolean
  highlight: boolean
  actions: Action[]
  /** The person asked to be told of mentions alone here, by a rule of kind `room`: in what is encrypted only a client finds them. */
  mentionsAlone?: true
}

export interface Push {
  /**
   * Unread counts of a room for a user, kept incrementally in memory (client-server API, "Receiving notifications").
   * The two counts are those of the whole room, threads included; for a client that asks for thread counts, take
   * those of `threads` off them.
   */
  unread: Unread['counts']
  /** Content of `m.push_rules`. */
  rules(userId: string): Promise<Record<string, unknown>>
  /** Whom the person ignores (`m.ignored_user_list`); in memory. */
  ignoredBy: Unread['ignoredBy']
  /** What the person's push rules say of an event. */
  judge: Unread['judge']
  pushRules: PushRules
  pushers: Pushers
  close(): Promise<void>
  /** The pushers a device made go with it. */
  removeDevice(userId: string, deviceId: string): Promise<void>
}

/** push-gateway.ts: requests to push gateways (push gateway API). */
export interface PushGateway {
  post: PostToGateway
  close(): Promise<void>
}

export interface Unread {
  counts(userId: string, roomId: string): Promise<UnreadCounts & { threads?: Record<string, UnreadCounts> }>
  ignoredBy(userId: string): Promise<ReadonlySet<string>>
  judge(userId: string, event: StoredEvent): Promise<Outcome>
}

export type NewRule = { actions: Action[]; conditions?: Condition[]; pattern?: string }
export type Place = { before?: string; after?: string }

/** Push rules of people: the server's defaults as each person changed them, and their own. */
export interface PushRules {
  ruleset(userId: string): Promise<Ruleset>
  /** @throws M_NOT_FOUND */
  find(userId: string, kind: RuleKind, ruleId: string): Promise<PushRule>
  /** Called when somebody's rules changed: counts made by the old ones are void. */
  onChange(listener: (userId: string) => void): void
  /** @throws M_NOT_FOUND */
  setEnabled(userId: string, kind: RuleKind, ruleId: string, enabled: boolean): Promise<void>
  /** @throws M_NOT_FOUND */
  setActions(userId: string, kind: RuleKind, ruleId: string, actions: Action[]): Promise<void>
  /** Adds or replaces a rule; without a place a new one is the first of its kind. @throws MatrixError 400, 404 */
  put(userId: string, kind: RuleKind, ruleId: string, rule: NewRule, place: Place): Promise<void>
  /** @throws M_NOT_FOUND, M_INVALID_PARAM for a rule of the server */
  remove(userId: string, kind: RuleKind, ruleId: string): Promise<void>
}

export type PusherJson = {
  app_id: string
  pushkey: string
  kind: string
  app_display_name: string
  device_display_name: string
  profile_tag?: string
  lang: string
  data: Record<string, unknown>
}

/** Where devices want to be woken. */
export interface Pushers {
  /** Whether anybody has a pusher: in memory. */
  any(): boolean
  /** Who has one, or had: in memory. */
  owners(): Iterable<string>
  /** Whether the person may have one: in memory. */
  mayHave(userId: string): boolean
  list(userId: string): Promise<PusherJson[]>
  /** Unless `append`, the same app and key of other people are dropped: the phone changed hands. @throws M_TOO_LARGE */
  set(userId: string, deviceId: string, pusher: PusherJson, append: boolean): Promise<void>
  remove(userId: string, appId: string, pushkey: string): Promise<void>
  removeDevice(userId: string, deviceId: string): Promise<void>
}

/** `gone`: the gateway will never deliver to these keys. @throws when the gateway cannot be reached or refuses */
export type PostToGateway = (
  url: string,
  notification: Record<string, unknown>,
) => Promise<{ gone: string[] }>
