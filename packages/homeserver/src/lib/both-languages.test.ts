import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { halvesOf } from '@enlace/directory/both-languages'
import { expect, test } from 'vitest'
import { settingsSchema, subscriptionSchema } from '../alerts/settings-schemas.ts'
import { ConfigError, parseConfig } from '../config.ts'

const src = fileURLToPath(new URL('..', import.meta.url))
const ENGLISH = /\b(Invalid|must|needed|name the|give one|each id|cannot|without)\b/

/** What is said of a configuration, in each language. */
function said(more: Record<string, unknown>): { es: string; en: string } {
  try {
    parseConfig({
      server_name: 'hn.example',
      data_dir: '/nowhere',
      listeners: [{ port: 0, serves: ['client'] }],
      institutions: ['hn-a'],
      ...more,
    })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [, es, en] = /^Configuración no aceptada\. (.*) \/ Configuration not accepted\. (.*)$/s.exec(
      error.message,
    )!
    return { es: es!, en: en! }
  }
  throw new Error('accepted')
}
const provider = {
  id: 'rnp',
  name: 'RNP',
  institution: 'hn-a',
  issuer: 'https://sso.example',
  client_id: 'x',
}

test.each<[string, Record<string, unknown>]>([
  ['server_name', { server_name: 'https://hn.example' }],
  ['alerts.webhook.url', { alerts: { webhook: { url: 'ftp://x', secret_file: 'x' } } }],
  ['alerts.webhook.url', { alerts: { webhook: { url: 'http://sms.example.org', secret_file: 'x' } } }],
  ['alerts.webhook.url', { alerts: { webhook: { url: 'https://u:p@sms.example.org', secret_file: 'x' } } }],
  ['alerts.smtp.url', { alerts: { smtp: { url: 'correo', from: 'a@hn.example' } } }],
  ['alerts.smtp.from', { alerts: { smtp: { url: 'smtp://c.example', from: 'nadie' } } }],
  ['alerts.public_url', { alerts: { public_url: 'http://web.example' } }],
  ['alerts.web_push.contact', { alerts: { web_push: { contact: 'nadie' } } }],
  ['audit.webhook.url', { audit: { webhook: { url: 'http://siem.example.org', secret_file: 'x' } } }],
  ['audit.syslog.url', { audit: { syslog: { url: 'syslog.example.org' } } }],
  ['identity_providers.0.name', { identity_providers: [{ ...provider, name: '<b>' }] }],
  ['identity_providers.0.id', { identity_providers: [{ ...provider, id: 'R N P' }] }],
  ['identity_providers.0.issuer', { identity_providers: [{ ...provider, issuer: 'http://sso.example' }] }],
  ['identity_providers.0.scopes', { identity_providers: [{ ...provider, scopes: ['email'] }] }],
  ['identity_providers.0.person', { identity_providers: [{ ...provider, person: { claim: 'email' } }] }],
  ['identity_providers.0.sufficient', { identity_providers: [{ ...provider, second_factor: 'provider' }] }],
  [
    'identity_providers.0.client_secret',
    { identity_providers: [{ ...provider, client_secret: 'x', client_secret_env: 'X' }] },
  ],
  ['identity_providers', { identity_providers: [provider, provider] }],
])('what is wrong with %s is told in each language, and in one at a time', (key, more) => {
  const { es, en } = said(more)
  expect(es).toContain(`${key}: `)
  expect(es).not.toMatch(ENGLISH)
  expect(en).toMatch(ENGLISH)
  expect(en).not.toMatch(/\b(debe|hace falta|ponga|solo|cada)\b/)
})

test('no fault of a configuration or a backup is told in one language', async () => {
  const alone: string[] = []
  for await (const file of glob(
    '{config.ts,alerts/**,audit/config.ts,backup/**,federation/list.ts,http/operations.ts,settings/**,storage/migrations.ts,oauth/providers/config.ts}',
    { cwd: src },
  )) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const text = await readFile(`${src}${file}`, 'utf8')
    for (const [, line] of text.matchAll(/new ConfigError\(\s*([`'][^\n]*)/g))
      if (!line!.includes(' / ')) alone.push(`${file}: ${line}`)
  }
  expect(alone).toEqual([])
})

const settings = {
  email: null,
  phone: null,
  on: { web_push: true, email: true, webhook: true, digest: true },
  quiet_hours: null,
}
const quiet = { start: '22:00', end: '06:00', time_zone: 'America/Tegucigalpa', weekdays: [1] }
const key = (bytes: number, first: number) => Buffer.alloc(bytes, first).toString('base64url')
const browser = { endpoint: 'https://push.example/x', keys: { p256dh: key(65, 4), auth: key(16, 1) } }

test.each<[string, Record<string, unknown>]>([
  ['email', { email: 'nadie' }],
  ['email', { email: `${'a'.repeat(250)}@hn.example` }],
  ['phone', { phone: '9999 0000' }],
  ['quiet_hours.start', { quiet_hours: { ...quiet, start: '25:00' } }],
  ['quiet_hours.end', { quiet_hours: { ...quiet, end: '6' } }],
  ['quiet_hours.weekdays', { quiet_hours: { ...quiet, weekdays: [] } }],
  ['quiet_hours.weekdays', { quiet_hours: { ...quiet, weekdays: [1, 1] } }],
  ['quiet_hours', { quiet_hours: { ...quiet, end: '22:00' } }],
])('what somebody may have written wrong in their alerts, %s, is told in both languages', (path, more) => {
  const found = settingsSchema.safeParse({ ...settings, ...more }).error?.issues[0]
  expect(found?.path.join('.')).toBe(path)
  expect(halvesOf(found!.message)).toEqual({
    es: expect.stringMatching(/^(Escriba|Elija|La hora)/),
    en: expect.stringMatching(/^(Write|Choose|The hour)/),
  })
})

test.each<[string, Record<string, unknown>]>([
  ['no https', { endpoint: 'http://push.example/x' }],
  ['too long', { endpoint: `https://push.example/${'x'.repeat(2_048)}` }],
  ['no key', { keys: { ...browser.keys, p256dh: key(65, 1) } }],
  ['half a secret', { keys: { ...browser.keys, auth: key(8, 1) } }],
  ['no base64url', { keys: { ...browser.keys, auth: 'ñ' } }],
])('so is what a browser gave that is of no use: %s', (_what, more) => {
  expect(subscriptionSchema.safeParse(browser).success).toBe(true)
  const found = subscriptionSchema.safeParse({ ...browser, ...more }).error?.issues[0]
  expect(halvesOf(found!.message)?.es).toMatch(/^Lo que dio el navegador/)
})

/** What answers people's own pages. What programs alone do wrong (`badJson`) is in English. */
const PAGES = '{alerts,cases,delivery,departures,duty,escalations,exports,people,reports,retention}/**'

test('no answer of people’s own pages is in one language', async () => {
  const alone: string[] = []
  for await (const file of glob(PAGES, { cwd: src })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const text = await readFile(`${src}${file}`, 'utf8')
    for (const [thrown] of text.matchAll(
      /\b(notFound|forbidden|invalidParam|missingParam|tooLarge|new MatrixError)\(\s*(\d+,\s*'[A-Z_.]+',\s*)?['`][\s\S]{0,400}/g,
    ))
      if (!thrown.includes(' / ') && !thrown.includes('org.enlace.message'))
        alone.push(`${file}: ${thrown.slice(0, 120)}`)
  }
  expect(alone).toEqual([])
})
