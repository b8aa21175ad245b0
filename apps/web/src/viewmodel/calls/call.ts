import { type Escalation, isCalledUpon } from '@enlace/coordination'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import { type AlertDelivery, fetchLedger } from '../../model/calls/alert-channels.ts'
import type { ActionFields } from '../../model/calls/types.ts'
import type { Me } from '../../model/session/records.ts'
import type { Session } from '../../model/session/types.ts'
import type { CallAction, CallModel, CallState } from './types.ts'

const MINUTE_MS = 60_000

/** What a person may do about a call now, in the order of the buttons. */
export function actionsFor(call: Escalation, userId: string, me: Me | undefined): CallAction[] {
  const open = call.state === 'open'
  const acknowledged = call.state === 'acknowledged'
  const holds = call.acknowledgedBy === userId
  const raised = call.raisedBy === userId
  const { institution, role } = me ?? {}
  const called = isCalledUpon(
    call,
    { ...(institution ? { institution: institution.key } : {}), ...(role ? { role } : {}) },
    { countryOf: () => institution?.country },
  )
  const may: Record<CallAction, boolean> = {
    acknowledge: open && !raised && called,
    accept_hand_over: acknowledged && call.handedTo === userId,
    snooze: open && !raised && called,
    hand_over: acknowledged && holds,
    unacknowledge: acknowledged && (holds || (called && role === 'official')),
    resolve: call.state !== 'resolved' && (holds || raised || called),
  }
  return (Object.keys(may) as CallAction[]).filter((action) => may[action])
}

/** One urgent call: how it stands, what this person can do about it, and whom the node alerted. */
export function createCall(
  session: Pick<Session, 'request' | 'userId' | 'me' | 'people' | 'escalations'>,
  id: string,
  now: () => number = Date.now,
): CallModel {
  const { escalations, me, people, userId } = session
  let status: { busy: boolean; failure?: Failure } = { busy: false }
  let ledger: readonly AlertDelivery[] | undefined
  let closed = false
  const state = createStore<CallState>(build())

  function build(): CallState {
    const call = escalations.all.get().get(id)
    return {
      ...(call ? { call } : {}),
      actions: call ? actionsFor(call, userId, me.get()) : [],
      colleagues: call?.roomId
        ? people.members(call.roomId).filter((one) => one.membership === 'join' && one.userId !== userId)
        : [],
      ...(ledger ? { ledger } : {}),
      ...status,
    }
  }
  const show = () => !closed && state.set(build())
  const stops = [escalations.all, me, people.version].map((one) => one.subscribe(show))

  // A server without alerts has no ledger; the history of the call stands.
  fetchLedger(session.request, id).then(
    (found) => {
      ledger = found
      show()
    },
    () => undefined,
  )

  async function act(action: CallAction, more?: ActionFields): Promise<boolean> {
    const { call } = state.get()
    if (!call || status.busy) return false
    status = { busy: true }
    show()
    try {
      if (action === 'acknowledge') await escalations.acknowledge(call)
      else await escalations.act(call, action, more)
      status = { busy: false }
    } catch (error) {
      status = { busy: false, failure: failureOf(error) }
    }
    show()
    return status.failure === undefined
  }

  return {
    state,
    act,
    snooze: (minutes, reason) => act('snooze', { until_ts: now() + minutes * MINUTE_MS, reason }),
    close() {
      closed = true
      for (const stop of stops) stop()
    },
  }
}
