import type { DirectoryEntry } from '@enlace/directory/entry'
import { applyEdits, type Edit } from '@enlace/directory/upkeep'
import { changeText, isQuiet } from '../../viewmodel/upkeep/change-text.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'

/** What changes, in words. */
export function ChangeList(props: { edits: readonly Edit[]; entry: DirectoryEntry; testId?: string }) {
  const words = useWords()
  const language = useLanguage()
  const { entry: after } = applyEdits(props.entry, props.edits)
  const shown = props.edits.filter((edit) => !isQuiet(edit))
  return (
    <ul className="change-list" data-testid={props.testId ?? 'change-list'}>
      {(shown.length > 0 ? shown : props.edits).map((edit, index) => (
        <li key={`${index}-${edit.table}`} className={`change change-${edit.kind}`}>
          {changeText(edit, props.entry, words, language, after)}
        </li>
      ))}
    </ul>
  )
}
