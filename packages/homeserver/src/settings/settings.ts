/**
 * Configuration changes without a restart. A key is live when every part asks for it each time (`ctx.config.…`), or makes
 * anew what it made of it (`whenApplied`); everything else needs a restart, and a file that changes such a key changes nothing.
 */
import { isDeepStrictEqual } from 'node:util'
import { type Config, ConfigError, configFileOf, loadConfig } from '../config.ts'
import type { Context } from '../context.ts'
import type { Prepared, Settings } from './types.ts'

/** A key that is not here needs a restart. */
const LIVE: ReadonlySet<string> = new Set<keyof Config>([
  'registration',
  'registration_token',
  'rooms',
  'query_access_token',
  'rate_limits',
  'identity_reset',
  'sign_in',
  'identity_providers',
  'session_idle_days',
  'institutions',
  'retention',
  'alerts',
  'trusted_proxies',
  'access_log',
  'log_level',
])
/** Of these keys too: where a part reads them whenever it works. Named here so that the list is in one place. */
const LIVE_IF_PRESENT: ReadonlySet<string> = new Set(['legacy_login'])

export const isLive = (key: string): boolean => LIVE.has(key) || LIVE_IF_PRESENT.has(key)

export function createSettings(
  ctx: Pick<Context, 'config' | 'log'> & { readonly audit: Context['audit'] },
): Settings {
  const file = configFileOf(ctx.config)
  const parts: { keys: readonly string[]; prepare: (next: Config) => Promise<Prepared> | Prepared }[] = []
  parts.push({
    keys: ['log_level'],
    prepare: (next) => ({
      commit() {
        ctx.log.level = next.log_level
      },
    }),
  })
  let last: Promise<unknown> = Promise.resolve()

  async function read(): Promise<{ next: Config; live: string[]; restart: string[] }> {
    if (file === undefined)
      throw new ConfigError('Este nodo no se inició con un archivo. / This node was not started from a file.')
    const next = await loadConfig(file)
    const keys = new Set([...Object.keys(ctx.config), ...Object.keys(next)])
    const changed = [...keys].filter(
      (key) => !isDeepStrictEqual(ctx.config[key as keyof Config], next[key as keyof Config]),
    )
    return { next, live: changed.filter(isLive), restart: changed.filter((key) => !isLive(key)) }
  }

  async function apply() {
    const { next, live, restart } = await read()
    if (restart.length > 0)
      throw new ConfigError(
        `Nada cambió: ${restart.join(', ')} solo cuenta al reiniciar el nodo. Reinícielo, o deje esas claves como estaban y repita. / Nothing was changed: ${restart.join(', ')} counts only after a restart. Restart the node, or put those keys back and repeat.`,
      )
    if (live.length === 0) return { applied: [] }
    const prepared: Prepared[] = []
    try {
      for (const { keys, prepare } of parts)
        if (keys.some((key) => live.includes(key))) prepared.push(await prepare(next))
    } catch (error) {
      for (const one of prepared) await one.discard?.()
      throw error
    }
    // From here to the end of the loop nothing waits: nobody ever sees a half.
    for (const key of live) {
      if (Object.hasOwn(next, key)) Object.assign(ctx.config, { [key]: next[key as keyof Config] })
      else Reflect.deleteProperty(ctx.config, key)
    }
    for (const { commit } of prepared) commit()
    ctx.log.info({ keys: live }, 'configuration applied')
    await ctx.audit.record({
      act: 'config.apply',
      by: 'operator',
      facts: Object.fromEntries(live.slice(0, 12).map((key) => [key, true])),
    })
    return { applied: live }
  }

  return {
    file,
    async plan() {
      const { live, restart } = await read()
      return { live, restart }
    },
    apply() {
      const now = last.catch(() => undefined).then(apply)
      last = now
      return now
    },
    whenApplied(keys, prepare) {
      parts.push({ keys, prepare })
    },
  }
}
