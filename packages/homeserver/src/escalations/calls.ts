/** Whom a node calls, and which calls an escalation's history asks for. */
import { type Escalation, stageAt, stageSelects } from '@enlace/coordination'
import type { EngineDeps, EscalationRow, Person } from './types.ts'

/** Members a stage calls upon; whoever raised the call is not among them. */
export function calledBy(escalation: Escalation, step: number, people: readonly Person[]): Person[] {
  const stage = stageAt(escalation, step)
  return people.filter((one) => one.userId !== escalation.raisedBy && stageSelects(stage, one.member))
}

/** Members who may be called, though their server has not told this one who they are. */
export function perhapsCalled(
  deps: Pick<EngineDeps, 'mayCall'>,
  escalation: Escalation,
  people: readonly Person[],
): Person[] {
  const stage = stageAt(escalation, escalation.step)
  return people.filter(
    (one) => one.unknown && one.userId !== escalation.raisedBy && deps.mayCall(stage, one.serverName),
  )
}

/** A moment at which people are called: the escalation itself, a step, and what makes a call anew. */
export type CallPoint = { mark: string; step: number; person?: string; eventId: string }

export function callPoints(escalation: Escalation, snoozeOver: boolean): CallPoint[] {
  const points: CallPoint[] = []
  let step = 0
  for (const entry of escalation.history) {
    const { eventId } = entry
    switch (entry.what) {
      case 'raised':
        points.push({ mark: '0', step: 0, eventId })
        break
      case 'step':
        step = entry.step ?? step
        points.push({ mark: String(step), step, eventId })
        break
      case 'unacknowledge':
        points.push({ mark: `u${eventId}`, step, eventId })
        break
      case 'hand_over':
        if (entry.to) points.push({ mark: `h${eventId}`, step, person: entry.to, eventId })
        break
      case 'snooze':
        if (snoozeOver) points.push({ mark: `z${eventId}`, step, eventId })
        break
    }
  }
  return points
}

/** Whether a call still calls: it is open and not put off, or offered to the person. */
export function stillCalls(
  escalation: Escalation,
  point: CallPoint,
  row: EscalationRow,
  now: number,
): boolean {
  if (point.person !== undefined)
    return escalation.state === 'acknowledged' && escalation.handedTo === point.person
  return escalation.state === 'open' && (row.snooze === undefined || row.snooze.until <= now)
}

/** Who of this node is alerted: those on duty now where a roster says so, else everyone the stage selects. */
export async function whomToAlert(
  deps: Pick<EngineDeps, 'people' | 'onDuty' | 'clock'>,
  escalation: Escalation,
  point: CallPoint,
): Promise<{ persons: string[]; onDuty: boolean }> {
  const people = (await deps.people(escalation.roomId ?? '')).filter((one) => one.local)
  if (point.person !== undefined)
    return {
      persons: people.flatMap((one) => (one.userId === point.person ? [one.userId] : [])),
      onDuty: false,
    }
  const byInstitution = new Map<string, string[]>()
  for (const { userId, member } of calledBy(escalation, point.step, people)) {
    const key = member.institution!.key
    byInstitution.set(key, [...(byInstitution.get(key) ?? []), userId])
  }
  const persons: string[] = []
  let onDuty = byInstitution.size > 0
  for (const [institution, selected] of byInstitution) {
    const duty = await deps.onDuty(institution, deps.clock.now(), escalation.roomId ?? '')
    const narrowed = selected.filter((userId) => duty?.has(userId))
    if (narrowed.length === 0) onDuty = false
    persons.push(...(narrowed.length > 0 ? narrowed : selected))
  }
  return { persons: persons.sort(), onDuty }
}
