import { History, PencilLine, Scale } from 'lucide-react'
import { createKeep } from '../../viewmodel/upkeep/keep.ts'
import type { KeepModel } from '../../viewmodel/upkeep/types.ts'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { FreshnessList } from './freshness-list.tsx'
import { useSigner } from './signer.ts'

/** On the page of an entry: how far it can be relied on, and the ways to change it. */
export function EntryUpkeep(props: { entryKey: string }) {
  const { session } = useShell()
  const signer = useSigner()
  const model = useModel(() => createKeep(session, props.entryKey, signer), [session, props.entryKey, signer])
  return model ? <Inside model={model} entryKey={props.entryKey} /> : null
}

function Inside({ model: keep, entryKey }: { model: KeepModel; entryKey: string }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(keep.state)
  const { answer } = state
  // On another Matrix server, or without network: the entry is read all the same.
  if (!answer) return null
  const open = answer.book?.proposals.filter((one) => one.state === 'open').length ?? 0
  return (
    <section className="entry-upkeep" data-testid="entry-upkeep">
      <FreshnessList model={keep} state={state} />
      {answer.closed && answer.view === 'network' && <p className="muted">{answer.closed[language]}</p>}
      <div className="row-actions">
        {answer.may.propose && (
          <button
            type="button"
            className="button"
            data-testid="entry-edit"
            onClick={() => router.go({ page: 'entry-edit', key: entryKey })}
          >
            <PencilLine aria-hidden="true" />
            {answer.own ? words.upkeep.edit : words.upkeep.suggest}
          </button>
        )}
        {answer.own && (
          <button
            type="button"
            className="button"
            data-testid="entry-review"
            onClick={() => router.go({ page: 'entry-review', key: entryKey })}
          >
            <Scale aria-hidden="true" />
            {open > 0 ? words.upkeep.reviewOpen(open) : words.upkeep.review}
          </button>
        )}
        {answer.view === 'network' && (
          <button
            type="button"
            className="button"
            data-testid="entry-history"
            onClick={() => router.go({ page: 'entry-history', key: entryKey })}
          >
            <History aria-hidden="true" />
            {words.upkeep.history}
          </button>
        )}
      </div>
    </section>
  )
}
