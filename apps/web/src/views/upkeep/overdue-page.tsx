import { CheckCircle2 } from 'lucide-react'
import { createOverdue } from '../../viewmodel/upkeep/lists.ts'
import type { GroupState, OverdueModel } from '../../viewmodel/upkeep/types.ts'
import { useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank } from '../ui/parts.tsx'
import { Awaited, FreshnessMark, UpkeepPage } from './parts.tsx'

/** What of the directory is to be verified again, one's own institution first. */
export default function OverduePage() {
  const { session } = useShell()
  const model = useModel(() => createOverdue(session), [session])
  return model ? <Page model={model} /> : null
}

function Page({ model }: { model: OverdueModel }) {
  const { router } = useShell()
  const words = useWords()
  const { found, failure } = useStore(model.state)
  const groups = (list: readonly GroupState[]) => (
    <ul className="overdue-groups">
      {list.map(({ group, freshness, assured_date }) => (
        <li key={group}>
          <span>{words.upkeep.groups[group]}</span>
          <FreshnessMark freshness={freshness} date={assured_date} />
        </li>
      ))}
    </ul>
  )
  const own = found?.own.filter(({ freshness }) => freshness !== 'verified') ?? []
  const others = found?.institutions.filter(({ key }) => key !== found.institution) ?? []
  return (
    <UpkeepPage title={words.upkeep.overdueTitle} testId="upkeep-overdue">
      {!found ? (
        <Awaited failure={failure} onRetry={() => void model.load()} />
      ) : own.length === 0 && others.length === 0 ? (
        <Blank icon={<CheckCircle2 />} title={words.upkeep.allVerified} hint={words.upkeep.allVerifiedHint} />
      ) : (
        <>
          <p data-testid="overdue-count">{words.upkeep.overdueCount(found.count.overdue, found.count.due)}</p>
          {own.length > 0 && (
            <section className="card">
              <h2>{words.upkeep.overdueOwn}</h2>
              {groups(own)}
              <div className="row-actions">
                <button
                  type="button"
                  className="button primary"
                  data-testid="overdue-review"
                  onClick={() => router.go({ page: 'entry-review', key: found.institution })}
                >
                  {words.upkeep.kept}
                </button>
              </div>
            </section>
          )}
          {others.length > 0 && <h2>{words.upkeep.overdueOthers}</h2>}
          <ul className="plain-list">
            {others.map(({ key, name, groups: list }) => (
              <li key={key} className="card" data-testid="overdue-institution">
                <button
                  type="button"
                  className="link-button"
                  onClick={() => router.go({ page: 'directory-entry', key })}
                >
                  {name}
                </button>
                {groups(list)}
              </li>
            ))}
          </ul>
        </>
      )}
    </UpkeepPage>
  )
}
