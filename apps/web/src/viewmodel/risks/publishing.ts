/** How a coordinator signs, publishes and takes back what is public of a report: the registry first, then the channel. */
import {
  type PlaceGuard,
  type PublicRisk,
  publicRisks,
  publishedRisks,
  type RiskGroup,
  type RiskPublishing,
  type RiskReport,
  riskPublishing,
} from '@enlace/coordination/risks'
import { type PublishedRisk, publishedRisk } from '@enlace/coordination/risks/published'
import type { Risks } from '../../model/risks/types.ts'
import type { Session } from '../../model/session/types.ts'
import {
  type ActOutcome,
  approvalBy,
  type SignedOutcome,
  signApproved,
  signedThen,
} from '../institution/approved-desk.ts'
import type { SigningDesk } from '../institution/types.ts'
import { nextRisks } from './risk-file.ts'

export interface PublishingView extends RiskPublishing {
  /** this institution published or signed some of it, and may take that back */
  mayRetract: boolean
}

export interface RiskPublisher {
  /** Of one report of a group. @returns undefined where this person has nothing to do with it, or no copy of the directory is here */
  of(report: RiskReport, group: RiskGroup): PublishingView | undefined
  sign(report: RiskReport, group: RiskGroup): Promise<ActOutcome>
  /** @param summary what the person was shown */
  publish(report: RiskReport, group: RiskGroup, summary: string): Promise<ActOutcome>
  retract(report: RiskReport, summary: string): Promise<ActOutcome>
}

const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** @param guard of the directory alone, as the registry's: a larger one would let pass what that refuses; undefined: no copy is here */
export function createRiskPublisher(
  session: Pick<Session, 'cases'>,
  model: Pick<Risks, 'all' | 'step' | 'sign'>,
  desk: SigningDesk,
  guard: () => PlaceGuard | undefined,
): RiskPublisher {
  const countryOf = (key: string) => session.cases.institutions.get().get(key)?.country

  /** The report in front speaks for its duplicates; those have nothing of their own to publish. */
  function rowOf(report: RiskReport, group: RiskGroup, by: PlaceGuard): PublicRisk | undefined {
    return group.id === report.id ? publicRisks([group], by, countryOf)[0] : undefined
  }
  function here(report: RiskReport, group: RiskGroup) {
    const actor = session.cases.actor()
    const by = guard()
    if (actor?.role !== 'coordinator' || !by) return undefined
    const row = rowOf(report, group, by)
    return {
      institution: actor.institution,
      row,
      state: riskPublishing(report, row, actor.institution, by, countryOf, Date.now()),
    }
  }
  /** What is public and this institution stands behind. */
  const ownOf = (report: RiskReport, institution: string) =>
    publishedRisks(report).filter(
      (one) => one.institution === institution || one.signers.includes(institution),
    )

  /** Another version of what it published, so that the registry puts it in the place of that; otherwise a new name. */
  function wordsOf(report: RiskReport, institution: string, row: PublicRisk): PublishedRisk {
    const before = report.signed.findLast(({ signature }) => signature?.content.institution === institution)
    const { id, number } = before?.signature?.content ?? { id: newId(), number: 0 }
    return publishedRisk(row, { institution, id, number: number + 1 })
  }

  return {
    of(report, group) {
      const found = here(report, group)
      if (!found) return undefined
      return { ...found.state, mayRetract: ownOf(report, found.institution).length > 0 }
    },
    sign: (report, group) =>
      signedThen(
        async (): Promise<SignedOutcome> => {
          const found = here(report, group)
          if (!found?.row || !found.state.maySign) return { kind: 'unread' }
          const content = found.state.cosign ?? wordsOf(report, found.institution, found.row)
          const signatures = await approvalBy(desk, found.institution, { risk: { ...content } })
          if (!signatures) return { kind: 'no_key' }
          await model.sign(report, { content, signatures })
          return { kind: 'taken' }
        },
        async () => undefined,
      ),
    async publish(report, group, summary) {
      const found = here(report, group)
      const ready = found?.state.ready
      if (!found || !ready) return { kind: 'unread' }
      const { signed, risk, approvals } = ready
      return signedThen(
        () =>
          signApproved(
            desk,
            found.institution,
            'risks.json',
            (before) => nextRisks(found.institution, before, { publish: { risk, approvals } }, Date.now()),
            [summary],
          ),
        () => model.step(report, { step: 'publish', signed }),
      )
    },
    async retract(report, summary) {
      const actor = session.cases.actor()
      const own = actor ? ownOf(report, actor.institution) : []
      if (!actor || own.length === 0) return { kind: 'unread' }
      const withdraw = own.map(({ risk: { institution, id, number } }) => ({ institution, id, number }))
      return signedThen(
        () =>
          signApproved(
            desk,
            actor.institution,
            'risks.json',
            (before) => nextRisks(actor.institution, before, { withdraw }, Date.now()),
            [summary],
          ),
        async () => {
          for (const { signed } of own) {
            const now = model.all.get().find(({ id }) => id === report.id) ?? report
            await model.step(now, { step: 'retract', signed })
          }
        },
      )
    },
  }
}
