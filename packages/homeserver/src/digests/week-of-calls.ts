/** What became of a week's urgent calls, in numbers. */
import { type Escalation, stageAt, stageSelects } from '@enlace/coordination'

/**
 * @param ours whether somebody is of the institution
 * @returns `calls`: on the institution, by any stage that has begun. `calls_in_time`: taken before the call climbed, by whomever;
 * `calls_late`: taken after; `calls_waiting`: by nobody, and not withdrawn. `raised`: by its own people, on whomever.
 */
export function weekOfCalls(
  escalations: readonly Escalation[],
  institution: { key: string; kind: string; country: string },
  ours: (userId: string) => boolean,
) {
  const sum = { calls: 0, calls_in_time: 0, calls_late: 0, calls_waiting: 0, raised: 0 }
  for (const one of escalations) {
    if (ours(one.raisedBy)) sum.raised += 1
    const begun = Array.from({ length: Math.min(one.step + 1, one.chain.length) }, (_, step) =>
      stageAt(one, step),
    )
    const isCalled = begun.some((stage) =>
      stage.roles.some((role) => stageSelects(stage, { institution, role })),
    )
    if (!isCalled) continue
    sum.calls += 1
    if (one.acknowledgedAt !== undefined) {
      if (one.step === 0) sum.calls_in_time += 1
      else sum.calls_late += 1
    } else if (one.state === 'open') sum.calls_waiting += 1
  }
  return sum
}
