import { officialsToAlert } from '@enlace/coordination'
import type { Escalation } from '../model/escalations.ts'
import type { Session } from '../model/session.ts'
import { createStore, type ReadableStore } from './store.ts'

/** The urgent calls that ring for this person: an official, of a channel they are in, and not their own. */
export interface Alerts {
  readonly open: ReadableStore<readonly Escalation[]>
  close(): void
}

export function createAlerts(session: Session, ring: () => void): Alerts {
  const open = createStore<readonly Escalation[]>([])
  const rung = new Set<string>()

  function update(): void {
    const me = session.me.get()
    const role = me?.role ?? session.people.roleOf(session.userId)
    const roleOf = (userId: string) =>
      userId === session.userId ? (role ?? undefined) : session.people.roleOf(userId)
    const next = [...session.escalations.all.get().values()]
      .filter(
        (one) =>
          one.state === 'open' &&
          one.roomId !== undefined &&
          session.client.getRoom(one.roomId)?.getMyMembership() === 'join' &&
          officialsToAlert([session.userId], one.raisedBy, roleOf).length > 0,
      )
      .sort((a, b) => a.raisedAt - b.raisedAt)
    const fresh = next.filter((one) => !rung.has(one.id))
    for (const one of fresh) rung.add(one.id)
    const before = open.get()
    if (before.length !== next.length || next.some((one, index) => before[index]?.id !== one.id))
      open.set(next)
    if (fresh.length > 0) ring()
  }
  const stops = [session.escalations.all, session.me, session.people.version].map((one) =>
    one.subscribe(update),
  )
  update()
  return {
    open,
    close() {
      for (const stop of stops) stop()
    },
  }
}

/** Two short tones and a vibration. Browsers allow sound only after the person has touched the page once. */
export function ring(): void {
  navigator.vibrate?.([250, 120, 250, 120, 400])
  try {
    const audio = new AudioContext()
    for (const [at, pitch] of [
      [0, 740],
      [0.28, 988],
      [0.7, 740],
      [0.98, 988],
    ] as const) {
      const tone = audio.createOscillator()
      const volume = audio.createGain()
      tone.frequency.value = pitch
      volume.gain.setValueAtTime(0.0001, audio.currentTime + at)
      volume.gain.exponentialRampToValueAtTime(0.25, audio.currentTime + at + 0.03)
      volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.24)
      tone.connect(volume).connect(audio.destination)
      tone.start(audio.currentTime + at)
      tone.stop(audio.currentTime + at + 0.26)
    }
    setTimeout(() => void audio.close(), 2_000)
  } catch {
    // No sound on this device: the banner, the title and the vibration remain.
  }
}
