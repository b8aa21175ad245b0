import type { Change } from '@enlace/directory/upkeep'
import { History } from 'lucide-react'
import { isQuiet } from '../../viewmodel/upkeep/change-text.ts'
import { createHistory } from '../../viewmodel/upkeep/lists.ts'
import type { HistoryModel } from '../../viewmodel/upkeep/types.ts'
import { moment } from '../../words/format.ts'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank } from '../ui/parts.tsx'
import { ChangeList } from './change-list.tsx'
import { Awaited, UpkeepPage, usePerson } from './parts.tsx'

/** Who changed what of an entry, from what to what, and when. */
export default function HistoryPage(props: { entryKey: string }) {
  const { session } = useShell()
  const model = useModel(() => createHistory(session, props.entryKey), [session, props.entryKey])
  return model ? <Page model={model} /> : null
}

function Page({ model }: { model: HistoryModel }) {
  const words = useWords()
  const language = useLanguage()
  const person = usePerson()
  const { found, failure, busy } = useStore(model.state)
  if (!found)
    return (
      <UpkeepPage title={words.upkeep.history} testId="upkeep-history">
        <Awaited failure={failure} onRetry={() => void model.load()} />
      </UpkeepPage>
    )
  const shown = found.changes.filter(({ edit }) => !isQuiet(edit))
  return (
    <UpkeepPage title={words.upkeep.historyTitle(found.name)} testId="upkeep-history">
      {found.kept_by === 'other' ? (
        <Blank
          icon={<History />}
          title={words.upkeep.historyElsewhere}
          hint={words.upkeep.historyElsewhereHint}
        />
      ) : shown.length === 0 ? (
        <Blank icon={<History />} title={words.upkeep.noHistory} hint={words.upkeep.noHistoryHint} />
      ) : (
        <ol className="history-list">
          {together(shown).map((changes) => (
            <li key={`${changes[0]!.at}-${changes[0]!.by}`} data-testid="history-change">
              <p className="history-who">
                <strong>{person(changes[0]!.by)}</strong>
                <span className="muted">{moment(changes[0]!.at, language)}</span>
              </p>
              <ChangeList edits={changes.map(({ edit }) => edit)} entry={found.entry} />
            </li>
          ))}
        </ol>
      )}
      {found.before !== undefined && (
        <button type="button" className="button" disabled={busy} onClick={() => void model.more()}>
          {words.upkeep.more}
        </button>
      )}
    </UpkeepPage>
  )
}

/** What somebody did at one moment stands together. */
function together(changes: readonly Change[]): Change[][] {
  const out: Change[][] = []
  for (const change of changes) {
    const last = out.at(-1)
    if (last && last[0]!.at === change.at && last[0]!.by === change.by) last.unshift(change)
    else out.push([change])
  }
  return out
}
