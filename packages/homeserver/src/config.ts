import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { faultsIn, inBoth } from '@enlace/directory/both-languages'
import type { BilingualText } from '@enlace/directory/text'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { alertsConfigSchema } from './alerts/config.ts'
import { auditConfigSchema } from './audit/config.ts'
import { demoFault } from './demo.ts'
import { identityProvidersSchema } from './oauth/providers/config.ts'

const port = z.number().int().min(0).max(65_535)

/** YAML reads the bare words as true and false. */
const onOff = z.union([
  z.enum(['on', 'off']),
  z.boolean().transform((on): 'on' | 'off' => (on ? 'on' : 'off')),
])

const listener = z.strictObject({
  port,
  bind: z.string().default('127.0.0.1'),
  serves: z.array(z.enum(['client', 'federation', 'web', 'metrics'])).min(1),
  tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
})

/** `asked`: must within `deadline_days` from the first time they are asked; `required`: at once. */
const demand = z.enum(['optional', 'asked', 'required'])
const signInSchema = z
  .strictObject({
    second_factor: z
      .strictObject({
        official: demand.default('asked'),
        coordinator: demand.default('asked'),
        staff: demand.default('optional'),
      })
      .prefault({}),
    deadline_days: z.number().int().min(0).max(365).default(14),
    /** What one institution of the node decides otherwise, by its key. */
    by_institution: z
      .record(
        z.string(),
        z.strictObject({
          official: demand.optional(),
          coordinator: demand.optional(),
          staff: demand.optional(),
        }),
      )
      .default({}),
    /** Other addresses at which the web client is served, on the host of `public_base_url` or below it: passkeys count there too. */
    origins: z.array(z.url()).max(20).default([]),
  })
  .prefault({})

/** Whole backups, encrypted for `recipients` (public keys of age); their private keys are kept elsewhere. */
const backupSchema = z.strictObject({
  to: z.union([
    z.string().min(1),
    z.strictObject({
      endpoint: z.url(),
      bucket: z.string().min(1),
      prefix: z.string().default(''),
      region: z.string().min(1).default('us-east-1'),
      credentials_file: z.string().min(1),
    }),
  ]),
  recipients: z.array(z.string().min(1)).min(1).max(20),
  every_hours: z.number().min(1).max(168).default(24),
  /** How old the last proof of a backup may be. */
  verify_hours: z.number().min(1).max(720).default(48),
  keep: z
    .strictObject({
      daily: z.number().int().min(1).max(400).default(14),
      weekly: z.number().int().min(0).max(400).default(8),
      monthly: z.number().int().min(0).max(400).default(12),
    })
    .prefault({}),
  kib_per_second: z.number().int().min(16).optional(),
})

/** A node's configuration file: the keys are a contract (ARCHITECTURE.md). Paths are relative to the file's folder. */
export const configSchema = z.strictObject({
  server_name: z
    .string()
    .min(1)
    .max(230)
    .regex(
      /^[A-Za-z0-9.:[\]-]+$/,
      inBoth(
        'debe ser un nombre de servidor, con puerto si no es 8448',
        'must be a host name, with a port if it is not 8448',
      ),
    ),
  data_dir: z.string().min(1),
  listeners: z.array(listener).min(1),
  database: z.strictObject({ uri: z.string().startsWith('mongodb').optional() }).default({}),
  federation: z
    .strictObject({
      list: z
        .union([
          z.literal('open'),
          z.strictObject({
            url: z.url(),
            root: z.string(),
            /** `/federation-list` of other registries that give out the same, signed by the same coordinators */
            mirrors: z.array(z.url()).max(8).optional(),
            /** what the registry's operator gives a node so that it gets what is for the network only */
            network_token: z.string().min(32).max(200).optional(),
          }),
        ])
        .default('open'),
      trusted_ca: z.array(z.string()).default([]),
      allow_private_addresses: z.boolean().default(false),
    })
    .default({ list: 'open', trusted_ca: [], allow_private_addresses: false }),
  registration: z.enum(['closed', 'token', 'open']).default('closed'),
  registration_token: z.string().min(16).optional(),
  rooms: z
    .strictObject({ default_version: z.enum(['10', '11', '12']).default('12') })
    .default({ default_version: '12' }),
  /** Whether `?access_token=` counts, as older clients send it. Absent: only where anybody may federate. */
  query_access_token: onOff.optional(),
  rate_limits: onOff.default('on'),
  password_hash: z
    .strictObject({
      memory_kib: z.number().int().min(64).max(4_194_304).default(19_456),
      passes: z.number().int().min(1).max(100).default(2),
    })
    .default({ memory_kib: 19_456, passes: 2 }),
  /**
   * What a person needs to start again with a new identity: the approval of a coordinator (or, where there is none, of the
   * operator) beside the password, or the password alone. The first identity needs nothing.
   */
  identity_reset: z.enum(['password', 'coordinator']).default('coordinator'),
  /** How people sign in, beside the password. */
  sign_in: signInSchema,
  /**
   * The node as OAuth 2.0 provider, as Matrix asks since 1.15. Offered under `public_base_url` (https, or http on the loopback),
   * or on the loopback alone.
   */
  oauth: z.strictObject({ offered: onOff.default('on') }).prefault({}),
  /** Institutions' own OpenID Connect providers (`oauth/providers`). They come in by the node's own, which must be offered. */
  identity_providers: identityProvidersSchema,
  /** Whether other clients may sign people in with their password. Off: they send them to this node's own page. */
  legacy_login: onOff.default('on'),
  /** After so long without use, a session of a client that does not refresh its tokens ends. */
  session_idle_days: z.number().int().min(1).max(365).default(30),
  institutions: z.array(z.string()).default([]),
  /** A node for trying Enlace out on one machine, and nothing else (`demo.ts`). Refused under a name that others can reach. */
  demo: onOff.default('off'),
  /**
   * Whether this node deletes by itself what is due, and asks partners and people's devices to. It begins two weeks after it first
   * finds itself on (`retention/off.ts`), and says so meanwhile.
   */
  retention: onOff.default('on'),
  backup: backupSchema.optional(),
  public_base_url: z.url().optional(),
  alerts: alertsConfigSchema,
  audit: auditConfigSchema,
  /** Reverse proxies whose X-Forwarded-For and X-Request-Id are believed, beside this machine's: without it all their clients share one address. */
  trusted_proxies: z
    .array(
      z.union([z.enum(['loopback', 'linklocal', 'uniquelocal']), z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]),
    )
    .max(20)
    .default([]),
  /** Whoever sends the token in this file reads /metrics on every listener; without it, only those that serve `metrics` have it. */
  metrics_token_file: z.string().optional(),
  /** Pages for anybody at /publico, on listeners that serve `web`: who helps, where and when, as the registry has them. */
  public_site: onOff.default('on'),
  /** A line for each request, without content: what, how it went, how long it took. */
  access_log: onOff.default('on'),
  log_level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type Config = z.output<typeof configSchema>

export class ConfigError extends Error {}

const files = new WeakMap<Config, string>()
/** The file a configuration was read from. */
export const configFileOf = (config: Config): string | undefined => files.get(config)

/** Reads and validates a node's YAML file. @throws ConfigError naming the first bad or unknown key */
export async function loadConfig(file: string): Promise<Config> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw new ConfigError(
      `No se puede leer la configuración ${file}: ¿existe, y es de este usuario? / Cannot read the configuration file ${file}: is it there, and this user’s?`,
    )
  }
  let raw: unknown
  try {
    raw = parseYaml(text)
  } catch (error) {
    throw new ConfigError(`${file} no es YAML válido / is not valid YAML: ${(error as Error).message}`)
  }
  const config = parseConfig(raw, dirname(resolve(file)))
  files.set(config, resolve(file))
  return config
}

const notAccepted = ({ es, en }: BilingualText) =>
  new ConfigError(`Configuración no aceptada. ${es} / Configuration not accepted. ${en}`)

/** Validates a configuration and resolves its paths against `base`. @throws ConfigError naming each bad key */
export function parseConfig(raw: unknown, base = process.cwd()): Config {
  const parsed = configSchema.safeParse(raw)
  if (!parsed.success) throw notAccepted(faultsIn(configSchema, raw))
  const config = parsed.data
  const fault = demoFault(config)
  if (fault) throw notAccepted(fault)
  config.data_dir = resolve(base, config.data_dir)
  // Files that must exist are looked for beside the configuration, in data_dir, then in the working directory.
  const find = (path: string) =>
    [base, config.data_dir, process.cwd()]
      .map((dir) => resolve(dir, path))
      .find((file) => existsSync(file)) ?? resolve(base, path)
  config.federation.trusted_ca = config.federation.trusted_ca.map(find)
  if (config.federation.list !== 'open') config.federation.list.root = find(config.federation.list.root)
  for (const entry of config.listeners) {
    if (entry.tls) entry.tls = { cert: find(entry.tls.cert), key: find(entry.tls.key) }
  }
  config.query_access_token ??= config.federation.list === 'open' ? 'on' : 'off'
  if (config.metrics_token_file) config.metrics_token_file = find(config.metrics_token_file)
  const { backup } = config
  if (backup && typeof backup.to === 'string') backup.to = resolve(base, backup.to)
  else if (backup && typeof backup.to === 'object')
    backup.to.credentials_file = find(backup.to.credentials_file)
  const { alerts } = config
  if (alerts.webhook) alerts.webhook.secret_file = find(alerts.webhook.secret_file)
  if (config.audit.webhook) config.audit.webhook.secret_file = find(config.audit.webhook.secret_file)
  alerts.public_url ??= config.public_base_url
  for (const [at, one] of config.identity_providers.entries()) {
    if (one.client_secret_file) one.client_secret_file = find(one.client_secret_file)
    if (!config.institutions.includes(one.institution))
      throw notAccepted({
        es: `identity_providers.${at}.institution: ${one.institution} no está en institutions`,
        en: `identity_providers.${at}.institution: ${one.institution} is not one of institutions`,
      })
  }
  if (alerts.smtp && !alerts.public_url) {
    throw notAccepted({
      es: 'alerts.public_url: hace falta con alerts.smtp, cuyos correos llevan al cliente web',
      en: 'alerts.public_url: needed with alerts.smtp, whose mails link to the web client',
    })
  }
  if (config.registration === 'token' && !config.registration_token) {
    throw notAccepted({
      es: 'registration_token: hace falta cuando registration es "token"',
      en: 'registration_token: needed when registration is "token"',
    })
  }
  return config
}
