import { History } from 'lucide-react'
import { MAX_TEXTS, type SearchModel } from '../../viewmodel/search/types.ts'
import { dayWithin } from '../../words/format.ts'
import { useLanguage, useStore, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'

/** What is older than this device has read: fetched when asked for, with how far it has come, and stopped at any time. */
export function LookBackBar(props: { model: SearchModel }) {
  const { model } = props
  const words = useWords()
  const own = words.search.back
  const language = useLanguage()
  const { running, looked, closed, since, done, full, failed } = useStore(model.back)
  return (
    <section className="look-back" data-testid="search-back-state" data-looked={looked} data-done={done}>
      {running ? (
        <div className="look-back-line">
          <Spinner label={own.running(looked)} />
          <button
            type="button"
            className="button small"
            data-testid="search-back-stop"
            onClick={model.stopLookingBack}
          >
            {own.stop}
          </button>
        </div>
      ) : (
        !done &&
        !full && (
          <>
            <button
              type="button"
              className="button"
              data-testid="search-back"
              onClick={() => void model.lookBack()}
            >
              <History aria-hidden="true" />
              {own.button}
            </button>
            <p className="muted">{own.hint}</p>
          </>
        )
      )}
      {done && !running && <p className="muted">{own.done}</p>}
      {full && <p className="muted">{own.full(MAX_TEXTS)}</p>}
      {!done && since !== undefined && looked > 0 && (
        <p className="muted">{own.since(dayWithin(since, language, words))}</p>
      )}
      {closed > 0 && <p className="muted">{own.closed(closed)}</p>}
      {failed && <Problem>{own.failed}</Problem>}
    </section>
  )
}
