import { caseKinds } from '@enlace/coordination'
import type { RetentionModel, RetentionOverview } from '../../viewmodel/retention/retention.ts'
import { moment } from '../../words/format.ts'
import { useLabel, useLanguage, useWords } from '../ui/hooks.ts'

/** What was deleted, by whom it is confirmed, and what is not. */
export function ErasuresCard({ model, overview }: { model: RetentionModel; overview: RetentionOverview }) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const own = words.retention
  return (
    <section className="card" data-testid="retention-done">
      <h2>{own.done}</h2>
      {overview.erasures.length === 0 && <p className="muted">{own.noDone}</p>}
      <ul className="plain-list">
        {overview.erasures.map(({ id, room_id, about, until_ts, counts, receipts, unconfirmed, devices }) => (
          <li key={id} data-testid="erasure">
            <p>
              <b>{about ? about.reference : own.messages(moment(until_ts ?? 0, language))}</b>{' '}
              {about && label(caseKinds[about.kind].label)}
            </p>
            <p className="muted">
              {model.channelName(room_id)}. {own.counts(counts.events, counts.files, counts.keys)}.
            </p>
            {receipts.map(({ server, receipt }) => (
              <p key={server}>
                {own.receipt(server, moment(receipt.erased_ts, language))}{' '}
                {receipt.storage === 'left_to_database' && own.ownDatabase}
              </p>
            ))}
            {unconfirmed.map(({ server, since, why }) => (
              <p key={server} className="note">
                {why === 'off' ? own.offThere(server) : own.missing(server, moment(since, language))}
              </p>
            ))}
            <p className="muted">{own.devices(devices.confirmed, devices.waiting)}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
