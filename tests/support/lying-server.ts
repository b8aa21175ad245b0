/**
 * A server that lies to a page: what the page gets and sends passes through the test, which changes it. The sockets are
 * cut, so that everything goes by plain HTTP.
 */
import type { Page, Route } from 'playwright-core'

type Json = Record<string, unknown>
export type Asked = { method: string; path: string; body: string }

export interface LyingServer {
  /** Everything the page has asked for, in order. */
  readonly asked: readonly Asked[]
  /** Adds events to a room's timeline, and state, with the next answer to `/sync`. */
  tell(roomId: string, what: { timeline?: Json[]; state?: Json[]; ephemeral?: Json[] }): void
  /** Answers instead of the node, for addresses that contain `part`; undefined gives the node the word again. */
  answer(part: string, body: (() => unknown) | undefined): void
  /** What was sent to a room or to devices, apart from ciphertext and envelopes. */
  clearWords(words: readonly string[]): Asked[]
  /** Types of the events that the page has sent. */
  sentTypes(): string[]
}

export async function lieTo(page: Page): Promise<LyingServer> {
  const asked: Asked[] = []
  const told: { roomId: string; what: Parameters<LyingServer['tell']>[1] }[] = []
  const answers = new Map<string, () => unknown>()

  await page.routeWebSocket(/\/_enlace\/realtime/, (socket) => void socket.close())
  await page.route('**/_enlace/realtime/**', (route) => route.abort())
  await page.route('**/_matrix/**', handle)
  await page.route('**/_enlace/client/**', handle)

  async function handle(route: Route): Promise<void> {
    const request = route.request()
    const url = new URL(request.url())
    asked.push({ method: request.method(), path: url.pathname, body: request.postData() ?? '' })
    try {
      for (const [piece, body] of answers)
        if (url.pathname.includes(piece)) return await route.fulfill({ json: body() })
      if (!url.pathname.endsWith('/sync')) return await route.continue()
      // A long wait would keep back what the test has to tell.
      if (url.searchParams.has('since')) url.searchParams.set('timeout', '1000')
      const response = await route.fetch({ url: url.toString() })
      const body = (await response.json()) as Json
      if (response.ok() && url.searchParams.has('since')) for (const one of told.splice(0)) mix(body, one)
      await route.fulfill({ response, json: body })
    } catch {
      // The page is gone.
    }
  }

  return {
    asked,
    tell: (roomId, what) => void told.push({ roomId, what }),
    answer(part, body) {
      if (body) answers.set(part, body)
      else answers.delete(part)
    },
    clearWords: (words) => asked.filter((one) => words.some((word) => one.body.includes(word))),
    sentTypes: () =>
      asked.flatMap((one) => {
        const match = one.method === 'PUT' ? /\/rooms\/[^/]+\/send\/([^/]+)\//.exec(one.path) : null
        return match ? [decodeURIComponent(match[1]!)] : []
      }),
  }
}

function mix(
  body: Json,
  { roomId, what }: { roomId: string; what: Parameters<LyingServer['tell']>[1] },
): void {
  const rooms = part(body, 'rooms')
  const room = part(part(rooms, 'join'), roomId)
  for (const [section, events] of Object.entries(what)) {
    const its = part(room, section)
    its['events'] = [...((its['events'] as Json[] | undefined) ?? []), ...events]
  }
  if (what.timeline) Object.assign(room['timeline'] as Json, { limited: false })
}

/** The object under a name, made where there is none. */
function part(of: Json, name: string): Json {
  const found = (of[name] ?? {}) as Json
  of[name] = found
  return found
}

let made = 0
/** An event as a server would have it. */
export function forged(sender: string, type: string, content: Json, more: Json = {}): Json {
  made += 1
  return {
    type,
    sender,
    content,
    event_id: `$forged-${made}-${Date.now()}`,
    origin_server_ts: Date.now(),
    unsigned: {},
    ...more,
  }
}
