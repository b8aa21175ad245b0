import { ArrowLeft } from 'lucide-react'
import { useShell, useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'
import { EntryUpkeep } from '../upkeep/entry-upkeep.tsx'

/** All that is known of one institution. */
export default function EntryPage(props: { entryKey: string }) {
  const { router } = useShell()
  const words = useWords()
  return (
    <section className="page" data-testid="directory-entry" data-key={props.entryKey}>
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.directory.title}</h2>
      </header>
      <div className="page-scroll case-scroll">
        <EntryUpkeep entryKey={props.entryKey} />
      </div>
    </section>
  )
}
