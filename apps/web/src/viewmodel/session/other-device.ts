import { createStore } from '../../lib/store.ts'
import type { GrantPlaces } from '../../model/session/device-grant.ts'
import type { App, OtherDevice, OtherDeviceState } from './types.ts'

/** This device is let in by another one of the same person, which is signed in. */
export function askOtherDevice(app: Pick<App, 'enter' | 'deviceBefore'>, places: GrantPlaces): OtherDevice {
  const state = createStore<OtherDeviceState>({ phase: 'starting' })
  let stop = new AbortController()

  async function ask({ signal }: AbortController): Promise<void> {
    const show = (next: OtherDeviceState) => !signal.aborted && state.set(next)
    show({ phase: 'starting' })
    try {
      const [{ beginDeviceGrant }, { deviceName }] = await Promise.all([
        import('../../model/session/device-grant.ts'),
        import('../../model/session/login.ts'),
      ])
      const grant = await beginDeviceGrant(places, {
        home: location.origin,
        device: deviceName(navigator.userAgent),
        before: await app.deviceBefore(),
      })
      const { shown } = grant
      show({ phase: 'shown', shown, online: true })
      const outcome = await grant.wait(signal, (online) => show({ phase: 'shown', shown, online }))
      if (outcome === 'stopped') return
      if (typeof outcome === 'string') return void show({ phase: 'ended', why: outcome })
      // Let in by now: what was stopped in the last moment is a session all the same, and is opened.
      show({ phase: 'entering' })
      const problem = await app.enter(async () => outcome)
      if (problem !== undefined) show({ phase: 'ended', why: 'refused' })
    } catch {
      show({ phase: 'ended', why: 'offline' })
    }
  }
  void ask(stop)

  return {
    state,
    again() {
      stop.abort()
      stop = new AbortController()
      void ask(stop)
    },
    close: () => stop.abort(),
  }
}
