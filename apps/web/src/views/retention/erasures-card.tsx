import { caseKinds } from '@enlace/coordination'
import type { RetentionModel, RetentionOverview, ShownErasure } from '../../viewmodel/retention/retention.ts'
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
        {overview.erasures.map((erasure) => (
          <li key={erasure.id} data-testid="erasure">
            <p>
              <b>
                {erasure.about
                  ? erasure.about.reference
                  : own.messages(moment(erasure.until_ts ?? 0, language))}
              </b>{' '}
              {erasure.about && label(caseKinds[erasure.about.kind].label)}
            </p>
            <p className="muted">{model.channelName(erasure.room_id)}</p>
            <ErasureLines erasure={erasure} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The receipt of each server, and what nobody has confirmed. */
export function ErasureLines({ erasure }: { erasure: ShownErasure }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.retention
  const { counts, receipts, unconfirmed, devices } = erasure
  const silent = (devices.list ?? []).filter((one) => one.confirmed_ts === undefined)
  return (
    <>
      <p className="muted">{own.counts(counts.events, counts.files, counts.keys)}.</p>
      {receipts.map(({ server, receipt }) => (
        <p key={server} data-testid="receipt">
          {own.receipt(server, moment(receipt.erased_ts, language))}{' '}
          {receipt.storage === 'left_to_database' && own.ownDatabase}
        </p>
      ))}
      {unconfirmed.map(({ server, since, why }) => (
        <p key={server} className="note" data-testid="unconfirmed">
          {why === 'off'
            ? own.offThere(server)
            : why === 'held'
              ? own.heldThere(server)
              : own.missing(server, moment(since, language))}
        </p>
      ))}
      <p className="muted" data-testid="erased-devices">
        {own.devices(devices.confirmed, devices.waiting)}
      </p>
      {devices.elsewhere.map(({ server, confirmed, waiting }) => (
        <p key={server} className="muted">
          {own.devicesThere(server, confirmed, waiting)}
        </p>
      ))}
      {silent.length > 0 && (
        <details>
          <summary>{own.silentDevices(silent.length)}</summary>
          <ul className="plain-list">
            {silent.map(({ user_id, device_id, last_seen_ts }) => (
              <li key={`${user_id}${device_id}`}>
                {own.silentDevice(
                  user_id,
                  device_id,
                  last_seen_ts === undefined ? undefined : moment(last_seen_ts, language),
                )}
              </li>
            ))}
          </ul>
          <p className="muted">{own.silentHint}</p>
        </details>
      )}
    </>
  )
}
