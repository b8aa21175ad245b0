import type { MaterialContent } from '@enlace/coordination/materials/published'
import { materialPreview, type Paper, papers } from '@enlace/public-site/preview'
import style from '@enlace/public-site/site.css?raw'
import { FileDown, Printer } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import { isPrintable, materialPdf } from '../../viewmodel/materials/material-pdf.ts'
import { failureText } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

type Sheet = 'phone' | Paper
const sheets: readonly Sheet[] = ['phone', ...papers]

/** In CSS pixels, of which a millimetre has 96 / 25.4. */
const sizes: Record<Sheet, readonly [width: number, height: number]> = {
  phone: [360, 640],
  a4: [794, 1123],
  a5: [559, 794],
  a6: [397, 559],
}

/**
 * The material as its public page has it, made by the public site's own code, in a frame in which no script runs. Printed from here it
 * is the paper that is chosen.
 */
export function MaterialPreview(props: {
  content: MaterialContent
  /** what may go to a print shop */
  printed?: boolean
}) {
  const { content, printed = false } = props
  const words = useWords().materials
  const lang = useLanguage()
  const nameOf = useInstitutionName()
  const [sheet, setSheet] = useState<Sheet>('phone')
  const paper = sheet === 'phone' ? undefined : sheet
  const html = materialPreview(content, { lang, style, paper, nameOf })
  const address = useDocument(html)
  const frame = useRef<HTMLIFrameElement>(null)
  const [room, setRoom] = useState<HTMLElement | null>(null)
  const width = useWidth(room)
  const scrolled = useRef(0)
  const [w, h] = sizes[sheet]
  const scale = width === 0 ? 1 : Math.min(1, width / w)
  return (
    <section
      ref={setRoom}
      className="material-preview"
      aria-label={words.preview}
      data-testid="material-preview"
    >
      <div className="material-sheets">
        {sheets.map((one) => (
          <button
            key={one}
            type="button"
            className="chip"
            data-testid={`sheet-${one}`}
            aria-pressed={sheet === one}
            onClick={() => setSheet(one)}
          >
            {words.sheet[one]}
          </button>
        ))}
        {paper && (
          <button
            type="button"
            className="button small"
            data-testid="material-print"
            onClick={() => frame.current?.contentWindow?.print()}
          >
            <Printer aria-hidden="true" />
            {words.print}
          </button>
        )}
      </div>
      {printed && paper && <PrintShop content={content} paper={paper} />}
      <p className="muted">{words.previewHint}</p>
      <div className="material-room" style={{ inlineSize: w * scale, blockSize: h * scale }}>
        {address && (
          <iframe
            ref={frame}
            title={words.preview}
            // Its own origin, so that it can be printed and keeps its place; no scripts, and no window of its own.
            sandbox="allow-same-origin allow-modals"
            src={address}
            style={{ inlineSize: w, blockSize: h, transform: `scale(${scale})` }}
            onLoad={() => {
              const view = frame.current?.contentWindow
              view?.scrollTo(0, scrolled.current)
              view?.addEventListener('scroll', () => {
                scrolled.current = view.scrollY
              })
            }}
          />
        )}
      </div>
    </section>
  )
}

/** The sheet as a file with bleed and crop marks. */
function PrintShop({ content, paper }: { content: MaterialContent; paper: Paper }) {
  const all = useWords()
  const words = all.materials
  const lang = useLanguage()
  const nameOf = useInstitutionName()
  const { busy, failure, run } = useTask()
  if (!isPrintable(content)) return <p className="note">{words.pdfLetters}</p>
  return (
    <div className="row-actions">
      <button
        type="button"
        className="button small"
        data-testid="material-pdf"
        disabled={busy}
        onClick={() =>
          void run(async () =>
            saveFile(
              await materialPdf(content, { paper, lang, nameOf }),
              `${content.slug}-${content.language}-${paper}.pdf`,
            ),
          )
        }
      >
        <FileDown aria-hidden="true" />
        {words.pdf}
      </button>
      {failure && <Problem>{failureText(failure, lang, all)}</Problem>}
    </div>
  )
}

/** An address of a document that is made a moment after what it says stays the same. */
function useDocument(html: string): string | undefined {
  const [address, setAddress] = useState<string | undefined>(undefined)
  const made = useRef<string | undefined>(undefined)
  useEffect(() => {
    const timer = setTimeout(
      () => {
        const before = made.current
        made.current = URL.createObjectURL(new Blob([html], { type: 'text/html;charset=utf-8' }))
        setAddress(made.current)
        if (before) URL.revokeObjectURL(before)
      },
      made.current ? 400 : 0,
    )
    return () => clearTimeout(timer)
  }, [html])
  useEffect(
    () => () => {
      if (made.current) URL.revokeObjectURL(made.current)
      made.current = undefined
    },
    [],
  )
  return address
}

function useWidth(element: HTMLElement | null): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (!element) return
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0))
    observer.observe(element)
    return () => observer.disconnect()
  }, [element])
  return width
}
