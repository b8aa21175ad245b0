/** How what both countries approved becomes public: who signed which words, what may be published, what stands at the registry. */
import { missingCountries } from '../publishing/approved.ts'
import { endOfUntil, type PublicRisk } from './public-risk.ts'
import { type PublishedRisk, type RiskSignature, says } from './published.ts'
import type { PlaceGuard } from './risk-place.ts'
import type { RiskReport, RiskSigned } from './risk-state.ts'

/** An item of `risks.json`, with the `sign` step whose words it has. */
export interface SignableRisk {
  signed: string
  risk: PublishedRisk
  approvals: { institution: string; signatures: RiskSignature['signatures'] }[]
}

const textOf = (one: RiskSigned) => JSON.stringify(one.signature?.content)

/** Words that institutions signed for the version that stands, each once, with all who signed just these and did not take it back. */
export function signedRisks(report: RiskReport): SignableRisk[] {
  const version = report.versions.at(-1)?.eventId
  const found = new Map<string, SignableRisk>()
  for (const one of report.signed) {
    if (one.version !== version || !one.signature) continue
    const { content, signatures } = one.signature
    const key = textOf(one)
    const known = found.get(key) ?? { signed: one.eventId, risk: content, approvals: [] }
    const { institution } = one.by
    // Taken back is what one put under the same words, whichever step is named; by whoever publishes, the words.
    if ([institution, content.institution].some((each) => isRetracted(report, key, each))) continue
    known.approvals = [
      ...known.approvals.filter((each) => each.institution !== institution),
      { institution, signatures },
    ]
    found.set(key, known)
  }
  return [...found.values()]
}

const isRetracted = (report: RiskReport, key: string, institution: string): boolean =>
  report.signed.some(
    (one) => textOf(one) === key && report.retracted.get(one.eventId)?.has(institution) === true,
  )

export interface RiskInPublic {
  /** in whose name */
  institution: string
  /** the `sign` step whose words it has */
  signed: string
  risk: PublishedRisk
  /** who signed these words and did not take that back: when one country has none left, nobody sees it */
  signers: string[]
}

/** What is at the registry by what the channel says: of every institution that published and did not take it back. */
export function publishedRisks(report: RiskReport): RiskInPublic[] {
  return [...report.published].flatMap(([institution, { signed }]) => {
    const step = report.signed.find((one) => one.eventId === signed)
    const risk = step?.signature?.content
    if (!step || risk?.institution !== institution || isRetracted(report, textOf(step), institution))
      return []
    const same = report.signed.filter((one) => textOf(one) === textOf(step))
    const signers = [...new Set(same.map(({ by }) => by.institution))]
    return [
      { institution, signed, risk, signers: signers.filter((by) => !isRetracted(report, textOf(step), by)) },
    ]
  })
}

/** What an institution can do next for a report in front of its duplicates. */
export interface RiskPublishing {
  /** words of another that say the same, or less: this institution may put its signature under them; undefined: under its own */
  cosign?: PublishedRisk
  /** its signature is not there yet */
  maySign: boolean
  /** its own words, signed by both countries */
  ready?: SignableRisk
  /** countries without a signature under the words that have most */
  missing: string[]
  /** institutions in whose name it is public, by what the channel says */
  by: string[]
  /** of what is public: what does not say any more what is approved, or is approved no more */
  stale: boolean
}

/** @param now milliseconds since the Unix epoch @param approved what may be public of it (`publicRisks`); undefined: nothing */
export function riskPublishing(
  report: RiskReport,
  approved: PublicRisk | undefined,
  institution: string,
  guard: PlaceGuard,
  countryOf: (institution: string) => string | undefined,
  now: number,
): RiskPublishing {
  // What is over is signed no more, and is gone by itself where it was public.
  const row = approved && endOfUntil(approved.until) > now ? approved : undefined
  // What an institution took back it does not sign again: it comes back in other words.
  const good = row
    ? signedRisks(report).filter(
        ({ risk }) => says(risk, row, guard) && !isRetracted(report, JSON.stringify(risk), institution),
      )
    : []
  const missingOf = ({ approvals }: SignableRisk) =>
    missingCountries(
      approvals.map((one) => one.institution),
      countryOf,
    )
  const [best] = [...good].sort(
    (a, b) => missingOf(a).length - missingOf(b).length || (a.signed < b.signed ? -1 : 1),
  )
  const out = publishedRisks(report)
  const isOut = (one: SignableRisk) => out.some((each) => each.signed === one.signed)
  const seen = out.filter(
    ({ signers, risk }) => missingCountries(signers, countryOf).length === 0 && endOfUntil(risk.until) > now,
  )
  const own = good.find(({ risk }) => risk.institution === institution)
  const ready = own && missingOf(own).length === 0 && !isOut(own) ? own : undefined
  const hasSigned = best?.approvals.some((one) => one.institution === institution) === true
  return {
    ...(best && !hasSigned ? { cosign: best.risk } : {}),
    maySign: row !== undefined && !hasSigned,
    ...(ready ? { ready } : {}),
    missing: best ? missingOf(best) : missingCountries([], countryOf),
    by: seen.map((one) => one.institution),
    stale: seen.some(({ risk }) => !row || !says(risk, row, guard)),
  }
}
