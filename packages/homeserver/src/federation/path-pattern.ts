/** The words of paths between servers (server-server API); whatever else stands in a path names a room, an event or a person. */
const WORDS = new Set(
  (
    '_matrix federation key v1 v2 v3 backfill claim devices directory download event event_auth exchange_third_party_invite ' +
    'get_missing_events hierarchy invite keys make_join make_knock make_leave media openid profile publicRooms query send ' +
    'send_join send_knock send_leave server state state_ids thumbnail timestamp_to_event user userinfo version'
  ).split(' '),
)

/** A path as it may stand in a log. */
export const pathPattern = (path: string): string =>
  path
    .split('/')
    .map((part) => (part === '' || WORDS.has(part) ? part : ':'))
    .join('/')
