import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import type { Me } from '../../model/session/records.ts'
import { en } from '../../words/en/index.ts'
import { es } from '../../words/es/index.ts'
import {
  createAlertSettings,
  formOf,
  inUseOf,
  reachedOutside,
  settingsFrom,
  unconfirmed,
} from './alert-settings.ts'
import { alertOutcome } from './alert-text.ts'
import type { AlertSettings } from './types.ts'

const kept: AlertSettings = {
  offered: { email: true, webhook: true, web_push: true },
  vapid_public_key: 'clave',
  email: null,
  phone: null,
  on: { web_push: false, email: false, webhook: false },
  quiet_hours: null,
  push_subscriptions: [],
}
const form = formOf(kept)

describe('the form of alert settings', () => {
  test('says which address is wrong', () => {
    expect(settingsFrom({ ...form, email: 'sin arroba' }, kept, 'HN')).toBe('badEmail')
    expect(settingsFrom({ ...form, phone: '9999' }, kept, 'HN')).toBe('badPhone')
    expect(settingsFrom({ ...form, phone: '+0 123 456 789' }, kept, 'HN')).toBe('badPhone')
  })

  test('takes an address as people write it; the first one turns email on, an empty one is none', () => {
    expect(
      settingsFrom({ ...form, email: ' a@ejemplo.hn ', phone: '+504 (00) 00-00.00' }, kept, 'HN'),
    ).toMatchObject({ email: 'a@ejemplo.hn', phone: '+50400000000', on: { email: true, webhook: false } })
    expect(settingsFrom({ ...form, email: '  ', phone: ' ' }, kept, 'HN')).toEqual(kept)
  })

  test('the summary by mail is switched where the node has it, and not spoken of where it has none', () => {
    const had: AlertSettings = { ...kept, on: { ...kept.on, digest: true } }
    expect(settingsFrom({ ...formOf(had), digest: false }, had, 'HN')).toMatchObject({
      on: { digest: false },
    })
    expect(formOf({ ...kept, on: { ...kept.on, digest: false } }).digest).toBe(false)
  })

  test('quiet hours are of the country of the institution, and keep what was set elsewhere', () => {
    const quiet = { ...form, quiet: true, start: '22:00' }
    expect(settingsFrom(quiet, kept, 'GT')).toMatchObject({
      quiet_hours: {
        start: '22:00',
        end: '06:00',
        time_zone: 'America/Guatemala',
        weekdays: [1, 2, 3, 4, 5, 6, 7],
      },
    })
    expect(settingsFrom(quiet, kept, undefined)).toMatchObject({
      quiet_hours: { time_zone: 'America/Tegucigalpa' },
    })
    const before: AlertSettings = {
      ...kept,
      quiet_hours: { start: '20:00', end: '05:00', time_zone: 'America/Guatemala', weekdays: [6, 7] },
    }
    expect(formOf(before)).toMatchObject({ quiet: true, start: '20:00', end: '05:00' })
    expect(settingsFrom(quiet, before, 'HN')).toMatchObject({
      quiet_hours: { start: '22:00', time_zone: 'America/Guatemala', weekdays: [6, 7] },
    })
  })
})

test('an alert that did not arrive says why, whatever the reason is called', () => {
  for (const words of [es, en]) {
    expect(alertOutcome({ state: 'seen' }, words)).toBe(words.calls.delivery.seen)
    expect(alertOutcome({ state: 'queued' }, words)).toBe(words.calls.delivery.queued)
    expect(alertOutcome({ state: 'queued', reason: 'timed_out' }, words)).toContain(
      words.calls.undelivered.timed_out,
    )
    expect(alertOutcome({ state: 'failed', reason: 'no_address' }, words)).toContain(
      words.calls.undelivered.no_address,
    )
    expect(alertOutcome({ state: 'failed', reason: 'de_otra_version' }, words)).toContain(
      words.calls.undelivered.other,
    )
  }
})

describe('alert settings', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => vi.useRealTimers())

  function device() {
    const asked: { call: string; body: unknown }[] = []
    const node = {
      settings: kept as unknown,
      fail: undefined as Error | undefined,
      alerts: [] as unknown[],
      confirmed: undefined as object | undefined,
    }
    const model = createAlertSettings({
      deviceId: 'D',
      me: createStore<Me | undefined>(undefined),
      async request(method, path, body) {
        const call = `${method} ${path.replace('/_enlace/client/v1', '')}`
        asked.push({ call, body })
        if (call === 'GET /alerts') return { alerts: node.alerts }
        if (node.fail) throw node.fail
        if (method === 'PUT') node.settings = { ...(node.settings as object), ...(body as object) }
        if (call.endsWith('/confirm'))
          node.settings = { ...(node.settings as object), confirmed: node.confirmed }
        return node.settings
      },
    })
    return { model, asked, node, state: () => model.state.get() }
  }
  const settled = () => vi.advanceTimersByTimeAsync(0)

  test('are shown with what was sent lately, which is asked for again and again until the page is left', async () => {
    const { model, asked, node, state } = device()
    await settled()
    expect(state()).toMatchObject({
      settings: kept,
      recent: [],
      push: { offered: true, state: 'unsupported' },
    })
    node.alerts = Array.from({ length: 9 }, (_, at) => ({
      id: `a${at}`,
      kind: 'test',
      urgent: false,
      raised_ts: at,
    }))
    await vi.advanceTimersByTimeAsync(4_000)
    expect(state().recent.map((one) => one.id)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'])
    model.close()
    const before = asked.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(before)
  })

  test('are sent when the form is right, and say so', async () => {
    const { model, asked, state } = device()
    await settled()
    expect(model.save({ ...form, email: 'mal' })).toBe('badEmail')
    expect(asked.some((one) => one.call.startsWith('PUT'))).toBe(false)
    expect(model.save({ ...form, email: 'a@ejemplo.hn' })).toBeUndefined()
    await settled()
    expect(asked.find((one) => one.call === 'PUT /alert-channels')?.body).toMatchObject({
      email: 'a@ejemplo.hn',
    })
    expect(state()).toMatchObject({ notice: 'saved', settings: { email: 'a@ejemplo.hn' } })
  })

  test('a new address is sent its code at once, and alerts go there once it came back', async () => {
    const { model, asked, node, state } = device()
    node.settings = { ...kept, confirmed: { email: null, phone: null } }
    await model.load()
    await settled()
    expect(model.save({ ...form, email: 'a@ejemplo.hn', phone: '+504 9999 0000' })).toBeUndefined()
    await settled()
    const posts = () => asked.filter((one) => one.call.startsWith('POST')).map((one) => one.call)
    expect(posts()).toEqual(['POST /alert-channels/email/code', 'POST /alert-channels/webhook/code'])
    const waiting = state().settings as AlertSettings
    expect(state().notice).toBe('codeSent')
    expect(unconfirmed(waiting, 'email')).toBe('a@ejemplo.hn')
    expect(unconfirmed({ ...waiting, offered: {} }, 'email')).toBeUndefined()
    expect(reachedOutside(waiting)).toBe(false)
    // Saving again, with nothing new in it, sends nobody another code.
    model.save({ ...form, email: 'a@ejemplo.hn', phone: '+504 9999 0000', quiet: true })
    await settled()
    expect([posts().length, state().notice]).toEqual([2, 'saved'])
    node.confirmed = { email: 'a@ejemplo.hn', phone: null }
    await model.confirm('email', ' 123-456 ')
    expect(asked.find((one) => one.call === 'POST /alert-channels/email/confirm')?.body).toEqual({
      code: '123456',
    })
    const confirmed = state().settings as AlertSettings
    expect([state().notice, unconfirmed(confirmed, 'email')]).toEqual(['confirmed', undefined])
    expect(reachedOutside(confirmed)).toBe(true)
    node.fail = new RequestError(403, { 'org.enlace.message': { es: 'No es ese.', en: 'Not that.' } })
    await model.confirm('webhook', '000000')
    // Said beside the field, not at the top of the page.
    expect(state()).toMatchObject({
      notice: undefined,
      failure: { kind: 'refused', message: { es: 'No es ese.' } },
      failedAt: 'webhook',
    })
    expect([inUseOf(confirmed, 'email'), inUseOf(confirmed, 'webhook')]).toEqual(['a@ejemplo.hn', undefined])
  })

  test('a node from before codes sends to what stands there', () => {
    const before: AlertSettings = { ...kept, email: 'a@ejemplo.hn', on: { ...kept.on, email: true } }
    expect(unconfirmed(before, 'email')).toBeUndefined()
    expect(reachedOutside(before)).toBe(true)
  })

  test('a trial that fails says why; the next one that works takes the reason away', async () => {
    const { model, node, state } = device()
    await settled()
    node.fail = new RequestError(429, { retry_after_ms: 5_000 })
    await model.test('email')
    expect(state()).toMatchObject({ failure: { kind: 'too_many', waitSeconds: 5 }, notice: undefined })
    node.fail = undefined
    await model.test('email')
    expect(state()).toMatchObject({ failure: undefined, notice: 'tested' })
  })

  test('where the browser has no notifications, turning them on says so and breaks nothing', async () => {
    const { model, state } = device()
    await settled()
    await model.turnPush(true)
    expect(state().push).toEqual({ offered: true, busy: false, state: 'unsupported' })
  })

  test('are none on a server without alerts', async () => {
    const { model, node, state } = device()
    node.fail = new RequestError(404, {})
    await model.load()
    expect(state()).toMatchObject({ settings: 'none', failure: undefined, push: { offered: false } })
    expect(model.save({ ...form, email: 'a@ejemplo.hn' })).toBeUndefined()
  })
})
