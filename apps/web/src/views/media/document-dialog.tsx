import { ChevronLeft, ChevronRight, Download, ZoomIn, ZoomOut } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { saveUrl } from '../../lib/save-file.ts'
import { openDocument } from '../../viewmodel/media/document.ts'
import type { DocumentBody, OpenDocument } from '../../viewmodel/media/types.ts'
import { useShell, useWords } from '../ui/hooks.ts'
import { Dialog, IconButton, Problem, Spinner } from '../ui/parts.tsx'

/** Times the width of the window. */
const ZOOMS = [1, 1.5, 2, 3] as const

/** A document page by page, without leaving the channel. What cannot be shown can still be saved. */
export default function DocumentDialog(props: { body: DocumentBody; onClose(): void }) {
  const { body } = props
  const { session } = useShell()
  const all = useWords()
  const words = all.documents
  const place = useRef<HTMLDivElement>(null)
  const [state, setState] = useState<'fetching' | 'not_fetched' | 'cannot' | 'open'>('fetching')
  const [document, setDocument] = useState<OpenDocument | undefined>(undefined)
  const [number, setNumber] = useState(1)
  const [zoom, setZoom] = useState(0)
  const [drawn, setDrawn] = useState<{ key: string; text: string } | undefined>(undefined)
  const key = `${number} ${zoom}`

  useEffect(() => {
    let current = true
    let opened: OpenDocument | undefined
    const come = async () => {
      const bytes = await session.media.plain(body.file).catch(() => undefined)
      if (!current) return
      if (!bytes) return setState('not_fetched')
      opened = await openDocument(bytes)
      if (!current) return opened.close()
      setDocument(opened)
      setState('open')
    }
    come().catch(() => current && setState('cannot'))
    return () => {
      current = false
      opened?.close()
    }
  }, [session, body.file.url])

  useEffect(() => {
    const window = place.current
    if (!document || !window) return
    let current = true
    const shown = window.clientWidth * ZOOMS[zoom]!
    document.draw(number, Math.round(shown * Math.min(2, globalThis.devicePixelRatio || 1))).then(
      ({ canvas, text }) => {
        if (!current) return
        canvas.style.width = `${shown}px`
        canvas.setAttribute('aria-hidden', 'true')
        window.replaceChildren(canvas)
        window.scrollTo(0, 0)
        setDrawn({ key, text })
      },
      () => current && setState('cannot'),
    )
    return () => {
      current = false
    }
  }, [document, number, zoom])

  async function save() {
    const url = await session.media.url(body.file, 'application/octet-stream').catch(() => undefined)
    if (url) saveUrl(url, body.name)
    else setState('not_fetched')
  }
  const isOpen = state === 'open' && document !== undefined
  return (
    <Dialog title={body.name} onClose={props.onClose} wide testId="document-dialog">
      {state === 'fetching' && <Spinner label={words.fetching} />}
      {state === 'not_fetched' && <Problem>{all.message.downloadFailed}</Problem>}
      {state === 'cannot' && <Problem>{words.cannot}</Problem>}
      {isOpen && (
        <>
          <div className="document-tools">
            <IconButton
              label={words.before}
              testId="document-before"
              disabled={number === 1}
              onClick={() => setNumber(number - 1)}
            >
              <ChevronLeft />
            </IconButton>
            <span role="status" data-testid="document-at">
              {words.page(number, document.pages)}
            </span>
            <IconButton
              label={words.next}
              testId="document-next"
              disabled={number === document.pages}
              onClick={() => setNumber(number + 1)}
            >
              <ChevronRight />
            </IconButton>
            <IconButton label={words.smaller} disabled={zoom === 0} onClick={() => setZoom(zoom - 1)}>
              <ZoomOut />
            </IconButton>
            <IconButton
              label={words.larger}
              testId="document-larger"
              disabled={zoom === ZOOMS.length - 1}
              onClick={() => setZoom(zoom + 1)}
            >
              <ZoomIn />
            </IconButton>
          </div>
          {drawn?.key !== key && <Spinner label={words.drawing} />}
          <section
            className="document-window"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what is larger than its window is moved with the keyboard too
            tabIndex={0}
            aria-label={words.page(number, document.pages)}
            data-testid="document-page"
            data-drawn={drawn?.key === key ? number : 0}
          >
            <div ref={place} />
            <p className="visually-hidden">{drawn?.key === key ? drawn.text : ''}</p>
          </section>
        </>
      )}
      <div className="row-actions">
        <button type="button" className="button" data-testid="document-save" onClick={() => void save()}>
          <Download aria-hidden="true" />
          {all.message.download}
        </button>
      </div>
    </Dialog>
  )
}
