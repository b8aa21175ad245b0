import { Download, FileUp } from 'lucide-react'
import { useShell, useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'

/** On the directory's page: a list into it, and the directory as files. */
export function FileActions() {
  const { router, session } = useShell()
  const words = useWords().interchange
  return (
    <>
      {session.cases.actor() && (
        <IconButton
          label={words.importOpen}
          testId="import-open"
          onClick={() => router.go({ page: 'import' })}
        >
          <FileUp aria-hidden="true" />
        </IconButton>
      )}
      <IconButton label={words.exportOpen} testId="export-open" onClick={() => router.go({ page: 'export' })}>
        <Download aria-hidden="true" />
      </IconButton>
    </>
  )
}
