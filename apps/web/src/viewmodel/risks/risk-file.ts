/** An institution's `risks.json`: what it says after a risk was published or taken back. */

import type { SignableRisk } from '@enlace/coordination/risks'
import {
  publishedRiskSchema,
  riskKey,
  riskKind,
  type WithdrawnRisk,
} from '@enlace/coordination/risks/published'
import {
  maxPublishedRisks,
  type RisksFile,
  risksFileSchema,
  type SignedRisk,
} from '@enlace/trust/institution'

export type RiskFileChange =
  | { publish: Omit<SignableRisk, 'signed'> }
  /** of the institution itself, or of another whose risk it approved */
  | { withdraw: readonly WithdrawnRisk[] }

const nameOf = (risk: SignedRisk['risk']) => risk as unknown as WithdrawnRisk

/**
 * What is over is taken out, by name, so that it does not come back.
 *
 * @param before the text that is published; undefined: none yet
 * @returns the next text; undefined: it says all of it already
 * @throws Error when the published one is not of its form (nothing is put in its place), or when it is full
 */
export function nextRisks(
  institution: string,
  before: string | undefined,
  change: RiskFileChange,
  now: number,
): string | undefined {
  const was: RisksFile =
    before === undefined
      ? { _type: 'enlace-risks', institution, revision: 0, risks: [], withdrawn: [] }
      : risksFileSchema.parse(JSON.parse(before))
  if (was.institution !== institution) throw new Error(`This file is not of ${institution}.`)
  const isOver = ({ risk }: SignedRisk) => {
    const read = publishedRiskSchema.safeParse(risk)
    return read.success && riskKind.endOf(read.data) <= now
  }
  const back = 'withdraw' in change ? change.withdraw : []
  const item = 'publish' in change ? change.publish : undefined
  const stands = (risk: SignedRisk['risk'], than: WithdrawnRisk) =>
    riskKey(nameOf(risk)) === riskKey(than) && nameOf(risk).number >= than.number
  if (item && was.risks.some(({ risk }) => stands(risk, item.risk))) return undefined
  const known = (one: WithdrawnRisk) =>
    was.withdrawn.some((each) => riskKey(each) === riskKey(one) && each.number >= one.number)
  if (!item && back.every(known)) return undefined
  const over = was.risks.filter(isOver).map(({ risk }) => {
    const { id, number } = nameOf(risk)
    return { institution, id, number }
  })
  const gone = [
    ...new Map([...over, ...back].map((one) => [`${riskKey(one)} ${one.number}`, one])).values(),
  ].filter((one) => !known(one))
  const isGone = (key: string) => [...over, ...back].some((one) => riskKey(one) === key)
  const kept = was.risks.filter(({ risk }) => {
    const key = riskKey(nameOf(risk))
    return !isGone(key) && (!item || key !== riskKey(item.risk))
  })
  if (kept.length >= maxPublishedRisks && item)
    throw new Error(
      `Ya hay ${maxPublishedRisks} riesgos públicos de la institución: retire uno. / ${maxPublishedRisks} risks of the institution are public already: take one back.`,
    )
  const next: RisksFile = {
    ...was,
    revision: was.revision + 1,
    risks: item ? [...kept, { risk: { ...item.risk }, approvals: item.approvals }] : kept,
    withdrawn: [...was.withdrawn, ...gone],
  }
  return `${JSON.stringify(risksFileSchema.parse(next))}\n`
}
