import { MessageSquarePlus } from 'lucide-react'
import { createSuggestions } from '../../viewmodel/upkeep/lists.ts'
import type { SuggestionsModel } from '../../viewmodel/upkeep/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, Problem } from '../ui/parts.tsx'
import { ChangeList } from './change-list.tsx'
import { Awaited, UpkeepPage } from './parts.tsx'

/** What this person proposed, and what became of it. */
export default function SuggestionsPage() {
  const { session } = useShell()
  const model = useModel(() => createSuggestions(session), [session])
  return model ? <Page model={model} /> : null
}

function Page({ model }: { model: SuggestionsModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const institution = useInstitutionName()
  const { found, failure, busy } = useStore(model.state)
  return (
    <UpkeepPage title={words.upkeep.mine} testId="upkeep-suggestions">
      {!found ? (
        <Awaited failure={failure} onRetry={() => void model.load()} />
      ) : found.length === 0 ? (
        <Blank icon={<MessageSquarePlus />} title={words.upkeep.noneMine} hint={words.upkeep.noneMineHint}>
          <button type="button" className="button" onClick={() => router.go({ page: 'directory' })}>
            {words.directory.title}
          </button>
        </Blank>
      ) : (
        <ul className="plain-list">
          {found.map((one) => (
            <li key={one.id} className="card proposal" data-testid="suggestion" data-state={one.state}>
              <h2>{institution(one.institution)}</h2>
              <p className="muted">{dateTime(one.at, language, words)}</p>
              <ChangeList edits={one.edits} entry={{ key: one.institution, records: {} }} />
              <p className={`suggestion-state suggestion-${one.state}`}>
                <strong>{words.upkeep.states[one.state]}</strong>
              </p>
              {one.decided?.reason && <p>{words.upkeep.reasonGiven(one.decided.reason)}</p>}
              {one.refused && <p>{one.refused[language]}</p>}
              {(one.state === 'open' || one.state === 'waiting') && (
                <div className="row-actions">
                  <button
                    type="button"
                    className="button small"
                    data-testid="suggestion-withdraw"
                    disabled={busy}
                    onClick={() => void model.withdraw(one)}
                  >
                    {words.upkeep.withdraw}
                  </button>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      {found && failure && <Problem>{failureText(failure, language, words)}</Problem>}
    </UpkeepPage>
  )
}
