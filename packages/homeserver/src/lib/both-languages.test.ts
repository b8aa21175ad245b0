import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
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
