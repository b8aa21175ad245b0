import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import { timeZoneOf } from '../../lib/time-zones.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import {
  type AddressChannel,
  addressChannels,
  askForCode,
  confirmAddress,
  fetchAlertSettings,
  fetchAlerts,
  type PushState,
  pushState,
  saveAlertSettings,
  testAlertChannel,
  turnPushOff,
  turnPushOn,
} from '../../model/calls/alert-channels.ts'
import type { Session } from '../../model/session/types.ts'
import type {
  AlertForm,
  AlertFormProblem,
  AlertNotice,
  AlertSettings,
  AlertSettingsModel,
  AlertSettingsState,
} from './types.ts'

const REFRESH_MS = 4_000
const MAX_RECENT = 8
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const PHONE = /^\+[1-9]\d{6,14}$/
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]

export const formOf = (settings: AlertSettings): AlertForm => ({
  email: settings.email ?? '',
  phone: settings.phone ?? '',
  digest: settings.on.digest !== false,
  quiet: settings.quiet_hours !== null,
  start: settings.quiet_hours?.start ?? '21:00',
  end: settings.quiet_hours?.end ?? '06:00',
})

/** The settings a form asks for. An address typed for the first time turns email on. */
export function settingsFrom(
  form: AlertForm,
  before: AlertSettings,
  country: string | undefined,
): AlertSettings | AlertFormProblem {
  const email = form.email.trim()
  const phone = form.phone.replaceAll(/[\s().-]/g, '')
  if (email && !EMAIL.test(email)) return 'badEmail'
  if (phone && !PHONE.test(phone)) return 'badPhone'
  return {
    ...before,
    email: email || null,
    phone: phone || null,
    on: {
      ...before.on,
      email: email !== '' || before.on.email,
      ...(before.on.digest === undefined ? {} : { digest: form.digest }),
    },
    quiet_hours: form.quiet
      ? {
          start: form.start,
          end: form.end,
          time_zone: before.quiet_hours?.time_zone ?? timeZoneOf(country),
          weekdays: before.quiet_hours?.weekdays ?? EVERY_DAY,
        }
      : null,
  }
}

/** What the address of a channel is called. */
const FIELD = { email: 'email', webhook: 'phone' } as const

/** The address that waits for its code, if one does. */
export function unconfirmed(settings: AlertSettings, channel: AddressChannel): string | undefined {
  const address = settings[FIELD[channel]]
  if (!settings.offered[channel] || address === null || settings.confirmed === undefined) return undefined
  return address === settings.confirmed[FIELD[channel]] ? undefined : address
}

/** Where alerts go meanwhile. */
export const inUseOf = (settings: AlertSettings, channel: AddressChannel): string | undefined =>
  settings.confirmed?.[FIELD[channel]] ?? undefined

/** Whether anything of this person's reaches them while Enlace is closed. */
export function reachedOutside({ on, offered, push_subscriptions, ...settings }: AlertSettings): boolean {
  const inUse = settings.confirmed ?? settings
  return (
    (offered['web_push'] === true && on.web_push && push_subscriptions.length > 0) ||
    (offered['email'] === true && on.email && inUse.email !== null) ||
    (offered['webhook'] === true && on.webhook && inUse.phone !== null)
  )
}

/** How this person is reached when an urgent case is theirs: channels, quiet hours, a test of each, what was sent. */
export function createAlertSettings(
  session: Pick<Session, 'request' | 'deviceId' | 'me'>,
): AlertSettingsModel {
  const { request, deviceId } = session
  const state = createStore<AlertSettingsState>({
    settings: undefined,
    recent: [],
    push: { offered: false, busy: false },
  })
  let closed = false
  const change = (fields: Partial<AlertSettingsState>) =>
    !closed && state.update((before) => ({ ...before, ...fields }))
  const changePush = (fields: Partial<AlertSettingsState['push']>) =>
    change({ push: { ...state.get().push, ...fields } })
  const pushKey = (settings: AlertSettings) =>
    settings.offered['web_push'] === true ? (settings.vapid_public_key ?? undefined) : undefined

  function take(settings: AlertSettings | 'none'): void {
    change({ settings })
    changePush({ offered: settings !== 'none' && pushKey(settings) !== undefined })
  }

  async function load(): Promise<void> {
    change({ failure: undefined, failedAt: undefined })
    try {
      take((await fetchAlertSettings(request)) ?? 'none')
    } catch (error) {
      change({ failure: failureOf(error) })
    }
  }

  async function loadRecent(): Promise<void> {
    try {
      change({ recent: (await fetchAlerts(request)).slice(0, MAX_RECENT) })
    } catch {
      // What was shown before stands; it is asked for again in a moment.
    }
  }

  async function run(work: () => Promise<AlertNotice>, failedAt?: AddressChannel): Promise<void> {
    change({ failure: undefined, failedAt: undefined, notice: undefined })
    try {
      change({ notice: await work() })
      void loadRecent()
    } catch (error) {
      change({ failure: failureOf(error), failedAt })
    }
  }

  /** Whoever writes a new address is sent its code at once. */
  async function saveAndAsk(next: AlertSettings, before: AlertSettings): Promise<AlertNotice> {
    const saved = await saveAlertSettings(request, next)
    take(saved)
    const fresh = addressChannels.filter(
      (channel) =>
        unconfirmed(saved, channel) !== undefined && saved[FIELD[channel]] !== before[FIELD[channel]],
    )
    for (const channel of fresh) await askForCode(request, channel)
    return fresh.length > 0 ? 'codeSent' : 'saved'
  }

  void load()
  void loadRecent()
  void pushState().then((found) => changePush({ state: found }))
  const stop = everyWhileSeen(REFRESH_MS, () => void loadRecent())

  return {
    state,
    load,
    test: (channel) => run(() => testAlertChannel(request, channel).then(() => 'tested')),
    askForCode: (channel) => run(() => askForCode(request, channel).then(() => 'codeSent'), channel),
    confirm: (channel, code) =>
      run(async () => {
        take(await confirmAddress(request, channel, code.replaceAll(/[\s-]/g, '')))
        return 'confirmed'
      }, channel),
    save(form) {
      const { settings } = state.get()
      if (settings === undefined || settings === 'none') return undefined
      const next = settingsFrom(form, settings, session.me.get()?.institution?.country)
      if (typeof next === 'string') return next
      void run(() => saveAndAsk(next, settings))
      return undefined
    },
    async turnPush(on) {
      const { settings } = state.get()
      if (settings === undefined || settings === 'none') return
      const key = pushKey(settings)
      changePush({ busy: true })
      let next: PushState | undefined
      try {
        if (!on) next = await turnPushOff(request, settings.push_subscriptions, deviceId)
        else if (key !== undefined) next = await turnPushOn(request, key)
      } catch {
        next = 'unsupported'
      }
      changePush({ busy: false, ...(next ? { state: next } : {}) })
      await load()
    },
    close() {
      closed = true
      stop()
    },
  }
}
