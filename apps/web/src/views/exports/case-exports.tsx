import { type CaseExport, exportPurposes, exportWithholdings } from '@enlace/coordination'
import { PackageOpen } from 'lucide-react'
import { dateTime } from '../../words/format.ts'
import { useLabel, useLanguage, usePeople, useWords } from '../ui/hooks.ts'

/** What left this case, for whom, and who let it: encrypted in its thread. */
export function CaseExports(props: { exports: readonly CaseExport[]; roomId: string }) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const people = usePeople()
  const own = words.exports
  if (props.exports.length === 0) return null
  return (
    <section className="case-card-box" data-testid="case-exports">
      <h3>{own.history}</h3>
      <ul className="case-notes">
        {props.exports.map((one) => (
          <li key={one.eventId} data-testid="case-exported" data-purpose={one.purpose}>
            <span className="history-who">
              <PackageOpen aria-hidden="true" /> {dateTime(one.at, language, words)}
            </span>
            <p>{own.line(label(exportPurposes[one.purpose]), one.recipient ?? '')}</p>
            {one.withheld.length > 0 && (
              <p className="muted">
                {own.lineWithheld(one.withheld.map((key) => label(exportWithholdings[key])).join(', '))}
              </p>
            )}
            <span className="history-who">
              {people.person(one.sender, props.roomId).title} · {own.lineSigned[one.signed_by]}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
