/**
 * What goes over a line, counted on the server's side of it: each request of page and service worker with its bytes and what it waited
 * for. Answers of the node can be held back: how many go together is then a count that no machine's load changes.
 */
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface Crossing {
  method: string
  /** without what follows a `?` */
  path: string
  /** body and head of the answer, as they travel */
  bytes: number
  /** ms since `clear` */
  start: number
  end: number | undefined
  /** in which round it was asked; see `inRounds` */
  round: number
}

export interface Waterfall {
  readonly url: string
  /** in the order in which they began */
  readonly crossings: readonly Crossing[]
  /** Begins to count anew. */
  clear(): void
  /** `hold`: nothing that the node is asked gets an answer, but for files. */
  api(what: 'pass' | 'hold'): void
  /**
   * Until `done`: whatever the page asks of the API waits until the page asks nothing more, and then all of it is answered.
   * @returns how many times that was so: the requests that waited for one another
   */
  inRounds(done: Promise<unknown>): Promise<number>
  /** Until nothing has been asked for some seconds. */
  still(): Promise<void>
  close(): Promise<void>
}

/** So long a page that wants more has asked for it. */
const STILL_MS = 1_200
/** The service worker begins three seconds after somebody is at work. */
const QUIET_MS = 6_000
/** The pushes' own connection is beside it: nothing waits for that. */
const isApi = (path: string) => /^\/_(?:matrix|enlace)\/(?!realtime\/)/.test(path)
/** Waits for news, and is waited for by nobody. */
const isLong = (url: string) => /\/sync\?.*\btimeout=[1-9]/.test(url) && /\bsince=/.test(url)

export async function watchLine(target: string): Promise<Waterfall> {
  const { hostname, port } = new URL(target)
  let crossings: Crossing[] = []
  let began = performance.now()
  let mode: 'pass' | 'hold' | 'rounds' = 'pass'
  let round = 0
  let lastAsked = 0
  let held: (() => void)[] = []
  const sockets = new Set<Socket>()
  const now = () => performance.now() - began

  function pass(request: IncomingMessage, response: ServerResponse, crossing: Crossing): void {
    const up = ask({ hostname, port, method: request.method, path: request.url, headers: request.headers })
    up.on('response', (answer) => {
      const head = answer.rawHeaders.reduce((sum, part) => sum + part.length + 2, 17)
      crossing.bytes += head
      const give = () => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        answer.on('data', (part: Buffer) => {
          crossing.bytes += part.length
        })
        answer.on('end', () => {
          crossing.end = now()
        })
        answer.pipe(response)
      }
      const waits = mode === 'hold' ? crossing.path.startsWith('/_') : isApi(crossing.path)
      if (mode === 'pass' || !waits || isLong(request.url ?? '')) give()
      else held.push(give)
    })
    up.on('error', () => response.destroy())
    response.on('close', () => up.destroy())
    request.pipe(up)
  }

  const server = createServer((request, response) => {
    const crossing: Crossing = {
      method: request.method ?? '',
      path: (request.url ?? '').split('?')[0]!,
      bytes: 0,
      start: now(),
      end: undefined,
      round,
    }
    crossings.push(crossing)
    lastAsked = performance.now()
    pass(request, response, crossing)
  })
  server.on('upgrade', (request, phone: Socket, head) => {
    // What is held has to be asked one by one.
    if (mode !== 'pass') return void phone.destroy()
    const node = connect(Number(port), hostname)
    const lines = [`${request.method} ${request.url} HTTP/1.1`]
    for (let i = 0; i < request.rawHeaders.length; i += 2)
      lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`)
    node.write(`${lines.join('\r\n')}\r\n\r\n`)
    node.write(head)
    for (const [from, to] of [
      [phone, node],
      [node, phone],
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const release = () => {
    const given = held
    held = []
    for (const give of given) give()
  }

  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    get crossings() {
      return crossings
    },
    clear() {
      crossings = []
      began = performance.now()
      round = 0
    },
    api(what) {
      mode = what
      if (what === 'pass') release()
    },
    async inRounds(done) {
      mode = 'rounds'
      round = 0
      let isDone = false
      const ended = done.finally(() => {
        isDone = true
      })
      while (!isDone) {
        await new Promise((next) => setTimeout(next, 50))
        if (held.length === 0 || performance.now() - lastAsked < STILL_MS) continue
        round += 1
        release()
      }
      mode = 'pass'
      release()
      await ended
      return round
    },
    async still() {
      const quiet = () => performance.now() - Math.max(lastAsked, began)
      while (quiet() < QUIET_MS) await new Promise((next) => setTimeout(next, QUIET_MS - quiet() + 50))
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

/** For people: when each began and ended, how much it brought, and the last before it that had ended, which it may have waited for. */
export function drawWaterfall(crossings: readonly Crossing[]): string[] {
  return crossings.map(({ method, path, bytes, start, end, round }) => {
    const before = crossings
      .filter((one) => one.end !== undefined && one.end <= start)
      .reduce<Crossing | undefined>((last, one) => (last && last.end! > one.end! ? last : one), undefined)
    const span = `${start.toFixed(0).padStart(6)} ${(end?.toFixed(0) ?? '').padStart(6)} ms`
    return `${span} ${(bytes / 1000).toFixed(1).padStart(7)} kB  r${round}  ${method} ${path}${before ? `  after ${before.path.split('/').slice(-2).join('/')}` : ''}`
  })
}

/** Files that came more than once. */
export function fetchedTwice(crossings: readonly Crossing[]): string[] {
  const seen = new Map<string, number>()
  for (const { path, bytes } of crossings)
    if (path.startsWith('/assets/') && bytes > 0) seen.set(path, (seen.get(path) ?? 0) + 1)
  return [...seen].filter(([, times]) => times > 1).map(([path, times]) => `${path} ${times}`)
}
