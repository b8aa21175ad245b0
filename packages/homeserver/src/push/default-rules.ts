/** Server-default push rules (client-server API v1.18, "Predefined Rules"), in the order they are tried. */

export type Condition =
  | { kind: 'event_match'; key: string; pattern: string }
  | { kind: 'event_property_is'; key: string; value: unknown }
  | { kind: 'event_property_contains'; key: string; value: unknown }
  | { kind: 'contains_display_name' }
  | { kind: 'room_member_count'; is: string }
  | { kind: 'sender_notification_permission'; key: string }
  /** Conditions of other makers: they never match. */
  | { kind: string; [key: string]: unknown }

export type Action = string | { set_tweak: string; value?: unknown }

export type RuleKind = 'override' | 'content' | 'room' | 'sender' | 'underride'
export const RULE_KINDS: readonly RuleKind[] = ['override', 'content', 'room', 'sender', 'underride']

export type PushRule = {
  rule_id: string
  default: boolean
  enabled: boolean
  actions: Action[]
  conditions?: Condition[]
  pattern?: string
}

export type Ruleset = Record<RuleKind, PushRule[]>

const match = (key: string, pattern: string): Condition => ({ kind: 'event_match', key, pattern })
const sound = (value: string): Action => ({ set_tweak: 'sound', value })
const highlight: Action = { set_tweak: 'highlight' }

const rule = (rule_id: string, conditions: Condition[], actions: Action[], enabled = true): PushRule => ({
  rule_id,
  default: true,
  enabled,
  conditions,
  actions,
})

/** Comes before everything, also a person's own rules. */
export const masterRule: PushRule = rule('.m.rule.master', [], [], false)

export const defaultOverrideRules = (userId: string): PushRule[] => [
  rule('.m.rule.suppress_notices', [match('content.msgtype', 'm.notice')], []),
  rule(
    '.m.rule.invite_for_me',
    [match('type', 'm.room.member'), match('content.membership', 'invite'), match('state_key', userId)],
    ['notify', sound('default')],
  ),
  rule('.m.rule.member_event', [match('type', 'm.room.member')], []),
  rule(
    '.m.rule.is_user_mention',
    [{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: userId }],
    ['notify', sound('default'), highlight],
  ),
  rule(
    '.m.rule.is_room_mention',
    [
      { kind: 'event_property_is', key: 'content.m\\.mentions.room', value: true },
      { kind: 'sender_notification_permission', key: 'room' },
    ],
    ['notify', highlight],
  ),
  rule(
    '.m.rule.tombstone',
    [match('type', 'm.room.tombstone'), match('state_key', '')],
    ['notify', highlight],
  ),
  rule('.m.rule.reaction', [match('type', 'm.reaction')], []),
  rule('.m.rule.room.server_acl', [match('type', 'm.room.server_acl'), match('state_key', '')], []),
  rule(
    '.m.rule.suppress_edits',
    [{ kind: 'event_property_is', key: 'content.m\\.relates_to.rel_type', value: 'm.replace' }],
    [],
  ),
]

export const defaultUnderrideRules: readonly PushRule[] = [
  rule('.m.rule.call', [match('type', 'm.call.invite')], ['notify', sound('ring')]),
  rule(
    '.m.rule.encrypted_room_one_to_one',
    [{ kind: 'room_member_count', is: '2' }, match('type', 'm.room.encrypted')],
    ['notify', sound('default')],
  ),
  rule(
    '.m.rule.room_one_to_one',
    [{ kind: 'room_member_count', is: '2' }, match('type', 'm.room.message')],
    ['notify', sound('default')],
  ),
  rule('.m.rule.message', [match('type', 'm.room.message')], ['notify']),
  rule('.m.rule.encrypted', [match('type', 'm.room.encrypted')], ['notify']),
]
