/** For tests: a whole node with a clock that tests move, on one plain listener. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertRequest } from '../alerts/types.ts'
import { parseConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { createHomeserver } from '../index.ts'

export type Person = { userId: string; token: string }
export type Answer = { status: number; body: Record<string, unknown> }

export type AlertNode = {
  ctx: Context
  url: string
  dataDir: string
  clock: { now(): number; set(ts: number): void; advance(ms: number): void }
  call(method: string, path: string, person?: Person, body?: unknown): Promise<Answer>
  register(localpart: string): Promise<Person>
  close(): Promise<void>
}

export const config = (dataDir: string, more: Record<string, unknown> = {}) =>
  parseConfig({
    server_name: 'hn.example',
    data_dir: dataDir,
    listeners: [{ port: 0, serves: ['client'] }],
    registration: 'open',
    rate_limits: 'off',
    password_hash: { memory_kib: 64, passes: 1 },
    log_level: 'silent',
    ...more,
  })

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'enlace-alerts-'))

export async function alertNode(
  more: Record<string, unknown> = {},
  options: { dataDir?: string; now?: number } = {},
): Promise<AlertNode> {
  const dataDir = options.dataDir ?? (await temporaryFolder())
  let now = options.now
  const clock = {
    now: () => now ?? Date.now(),
    monotonic: () => performance.now(),
    set(ts: number) {
      now = ts
      node.ctx.alerts.wake()
    },
    advance: (ms: number) => clock.set(clock.now() + ms),
  }
  const node = await createHomeserver(config(dataDir, more), { overrides: { clock: () => clock } })
  const url = node.listeners[0]!.url
  const call: AlertNode['call'] = async (method, path, person, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: person ? { Authorization: `Bearer ${person.token}` } : {},
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return {
    ctx: node.ctx,
    url,
    dataDir,
    clock,
    call,
    async register(localpart) {
      const { body } = await call('POST', '/_matrix/client/v3/register', undefined, {
        auth: { type: 'm.login.dummy' },
        username: localpart,
        password: 'una contraseña larga',
      })
      return { userId: body['user_id'] as string, token: body['access_token'] as string }
    },
    async close() {
      await node.close()
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export const anAlert = (userId: string, more: Partial<AlertRequest> = {}): AlertRequest => ({
  key: 'escalation|$e|0|',
  userId,
  urgent: true,
  kind: 'escalation',
  reference: 'DOC-2026-010001',
  roomId: '!r:hn.example',
  eventId: '$e',
  level: 'focal_point',
  ...more,
})

/** As if the person had confirmed what they wrote last with its codes. */
export async function confirmAddresses({ ctx }: Pick<AlertNode, 'ctx'>, { userId }: Pick<Person, 'userId'>) {
  const all = ctx.db.connection.collection<{ _id: string; email?: string; phone?: string }>('alert_settings')
  const { email, phone } = (await all.findOne({ _id: userId })) ?? {}
  await all.updateOne(
    { _id: userId },
    { $set: { confirmed: { ...(email ? { email } : {}), ...(phone ? { phone } : {}) } } },
  )
}

/** Everything a person can be reached by, switched on. */
export const reachable = (more: Record<string, unknown> = {}) => ({
  email: 'oficial@registro.example',
  phone: '+50499990000',
  on: { web_push: true, email: true, webhook: true, digest: true },
  quiet_hours: null,
  ...more,
})
