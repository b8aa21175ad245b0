import { FileText } from 'lucide-react'
import { useEffect, useState } from 'react'
import { downloadRule, fetchedByItself, lineNow } from '../../viewmodel/media/auto-download.ts'
import type { DocumentBody } from '../../viewmodel/media/types.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'

const DocumentDialog = lazyPage(() => import('./document-dialog.tsx'), 'dialog')

/** A document by its first page, as its sender's device drew it, with the number of its pages. Nothing else of it is fetched before it is opened. */
export default function DocumentPreview(props: { body: DocumentBody }) {
  const { body } = props
  const { session } = useShell()
  const words = useWords().documents
  const rule = useStore(downloadRule)
  const [url, setUrl] = useState<string | undefined>(undefined)
  const [open, setOpen] = useState(false)
  const { firstPage, pages } = body
  useEffect(() => {
    if (!firstPage || !fetchedByItself(rule, firstPage.size, lineNow())) return
    let current = true
    session.media.url(firstPage.file, firstPage.type).then(
      (value) => current && setUrl(value),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [session, firstPage?.file.url, rule])
  const many = pages === undefined ? '' : words.pages(pages)
  return (
    <div className="document-preview">
      {firstPage ? (
        <button
          type="button"
          className="picture document-page"
          style={{ aspectRatio: `${firstPage.width} / ${firstPage.height}` }}
          aria-label={words.see(body.name, many)}
          data-testid="attachment-document"
          data-drawn={url !== undefined}
          onClick={() => setOpen(true)}
        >
          {url ? <img src={url} alt="" /> : <FileText aria-hidden="true" />}
          {many && (
            <span className="video-facts" aria-hidden="true" data-testid="document-pages">
              {many}
            </span>
          )}
        </button>
      ) : (
        <button
          type="button"
          className="button small"
          aria-label={words.see(body.name, many)}
          data-testid="attachment-document"
          onClick={() => setOpen(true)}
        >
          <FileText aria-hidden="true" />
          {many ? `${words.seeShort} · ${many}` : words.seeShort}
        </button>
      )}
      {open && <DocumentDialog body={body} onClose={() => setOpen(false)} />}
    </div>
  )
}
