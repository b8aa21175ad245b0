import { ArrowLeft, BookUser } from 'lucide-react'
import { useShell, useWords } from '../ui/hooks.ts'
import { Blank, IconButton } from '../ui/parts.tsx'
import { UpkeepLinks } from '../upkeep/upkeep-links.tsx'

/** Who does what, where and when: found by service, place and hours. */
export default function DirectoryPage() {
  const { router } = useShell()
  const words = useWords()
  return (
    <section className="directory" data-testid="directory-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" className="only-narrow" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.directory.title}</h2>
      </header>
      <UpkeepLinks />
      <Blank icon={<BookUser />} title={words.directory.title} hint={words.directory.hint} />
    </section>
  )
}
