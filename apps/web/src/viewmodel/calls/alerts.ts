import type { Escalation } from '@enlace/coordination'
import { type Member, type Role, stageAt, stageSelects } from '@enlace/coordination'
import { ClientEvent, type MatrixEvent } from 'matrix-js-sdk'
import { createStore } from '../../lib/store.ts'
import { markSeen } from '../../model/calls/alert-channels.ts'
import type { Me } from '../../model/session/records.ts'
import type { Session } from '../../model/session/types.ts'
import type { Alerts } from './types.ts'

export function createAlerts(session: Session, ring: () => void): Alerts {
  const open = createStore<readonly Escalation[]>([])
  const waitingCases = createStore(0)
  const toConfirm = createStore<string | undefined>(undefined)
  const rung = new Set<string>()

  function update(): void {
    const me = session.me.get()
    const role = me?.role ?? session.people.roleOf(session.userId)
    const now = Date.now()
    wakeAt(undefined)
    const next = [...session.escalations.all.get().values()]
      .filter(
        (one) =>
          rings(one, now) &&
          one.roomId !== undefined &&
          session.client.getRoom(one.roomId)?.getMyMembership() === 'join' &&
          calls(one, session.userId, memberOf(me, role ?? undefined)),
      )
      .sort((a, b) => a.raisedAt - b.raisedAt)
    const fresh = next.filter((one) => !rung.has(one.id))
    for (const one of fresh) rung.add(one.id)
    // One that was answered and given back rings at once.
    for (const id of rung) if (!next.some((one) => one.id === id)) rung.delete(id)
    const before = open.get()
    if (before.length !== next.length || next.some((one, index) => before[index]?.id !== one.id)) {
      open.set(next)
      // It sounds again and again until somebody answers, also while nobody looks.
      clearInterval(insisting)
      insisting = next.length > 0 ? setInterval(ring, INSIST_MS) : undefined
    }
    if (fresh.length > 0) ring()
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  let insisting: ReturnType<typeof setInterval> | undefined
  function wakeAt(at: number | undefined): void {
    clearTimeout(timer)
    if (at !== undefined) timer = setTimeout(update, Math.min(at - Date.now() + 500, 3_600_000))
  }
  /** A call rings while it is open and not snoozed, and for the person it is being handed to. */
  function rings(one: Escalation, now: number): boolean {
    if (one.state === 'acknowledged') return one.handedTo === session.userId
    if (one.state !== 'open') return false
    if (one.snoozedUntil === undefined || one.snoozedUntil <= now) return true
    wakeAt(one.snoozedUntil)
    return false
  }
  const stops = [session.escalations.all, session.me, session.people.version].map((one) =>
    one.subscribe(update),
  )
  update()
  const seen = new Set<string>()
  /** An alert counts as seen once the page that shows it is visible. */
  function tellSeen(): void {
    if (document.visibilityState !== 'visible') return
    const content: unknown = session.client.getAccountData(ALERTS_TYPE as never)?.getContent()
    for (const alert of alertsIn(content)) {
      if (alert.seen_ts !== undefined || seen.has(alert.id)) continue
      seen.add(alert.id)
      markSeen(session.request, alert.id).catch(() => seen.delete(alert.id))
    }
  }
  function count(): void {
    const content: unknown = session.client.getAccountData(ALERTS_TYPE as never)?.getContent()
    const cases = alertsIn(content).filter((one) => one.kind === 'case' || one.kind === 'deadline')
    const reminder = alertsIn(content).find((one) => one.kind === 'directory')?.reference
    toConfirm.set(typeof reminder === 'string' ? reminder : undefined)
    waitingCases.set(new Set(cases.map((one) => one.event_id)).size)
  }
  const onAccountData = (event: MatrixEvent) => {
    if (event.getType() !== ALERTS_TYPE) return
    count()
    tellSeen()
  }
  session.client.on(ClientEvent.AccountData, onAccountData)
  document.addEventListener('visibilitychange', tellSeen)
  count()
  tellSeen()
  return {
    open,
    waitingCases,
    toConfirm,
    close() {
      for (const stop of stops) stop()
      clearTimeout(timer)
      clearInterval(insisting)
      session.client.off(ClientEvent.AccountData, onAccountData)
      document.removeEventListener('visibilitychange', tellSeen)
    },
  }
}

const INSIST_MS = 60_000
/** Account data the node writes: the person's open alerts. */
const ALERTS_TYPE = 'org.enlace.alerts'

type ShownAlert = { id: string; kind?: unknown; reference?: unknown; event_id?: unknown; seen_ts?: unknown }

function alertsIn(content: unknown): ShownAlert[] {
  const list = (content as { alerts?: unknown } | undefined)?.alerts
  if (!Array.isArray(list)) return []
  return list.filter((one): one is ShownAlert => typeof (one as { id?: unknown } | null)?.id === 'string')
}

function memberOf(me: Me | undefined, role: Role | undefined): Member {
  return {
    ...(me?.institution
      ? {
          institution: {
            key: me.institution.key,
            kind: me.institution.kind,
            country: me.institution.country,
          },
        }
      : {}),
    ...(role ? { role } : {}),
  }
}

/** Whether a stage that has begun calls upon this person, or the call is being handed to them. */
export function calls(escalation: Escalation, userId: string, member: Member): boolean {
  if (escalation.handedTo === userId) return true
  if (escalation.raisedBy === userId) return false
  for (let step = 0; step <= Math.min(escalation.step, escalation.chain.length - 1); step++) {
    const stage = stageAt(escalation, step)
    if (stageSelects(stage, member)) return true
    // Where the node does not know the person's institution, an official still counts as one.
    if (!member.institution && member.role === 'official' && !stage.institutions && !stage.country)
      return true
  }
  return false
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
