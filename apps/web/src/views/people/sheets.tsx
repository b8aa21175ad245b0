import { Printer } from 'lucide-react'
import { createPortal } from 'react-dom'
import { encode } from 'uqr'
import { addressOf } from '../../viewmodel/people/invitation.ts'
import type { MadeInvitation } from '../../viewmodel/people/people-api.ts'
import { dateTime } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { CopyButton, Dialog } from '../ui/parts.tsx'

function Square({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 3 })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} aria-hidden="true" shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

/** Links that are told this once: to copy, and as sheets of half a page. */
export function SheetsDialog({ made, onClose }: { made: readonly MadeInvitation[]; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const name = useInstitutionName()
  const own = words.people
  const institution = useStore(session.me)?.institution?.key
  const sheets = (onPage: boolean) => (
    <div className="invite-sheets">
      {made.map((one) => (
        <article key={one.id} className="invite-sheet" {...(onPage ? { 'data-testid': 'invite-sheet' } : {})}>
          <header>
            <h3>{one.kind === 'join' ? own.sheet.title : own.sheet.reset}</h3>
            {institution !== undefined && <p>{name(institution)}</p>}
          </header>
          <p className="invite-who">
            {one.display_name && <b>{one.display_name}</b>}
            <span>{own.sheet.user(one.user_id.slice(1, one.user_id.indexOf(':')))}</span>
          </p>
          <Square text={addressOf(one, location.origin)} />
          <code className="invite-link" {...(onPage ? { 'data-testid': 'invite-link' } : {})}>
            {addressOf(one, location.origin)}
          </code>
          <ol>
            {own.sheet.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <p className="invite-until">{own.sheet.until(dateTime(one.expires_ts, language, words))}</p>
        </article>
      ))}
    </div>
  )
  return (
    <Dialog
      title={made.length === 1 ? own.linkTitle : own.linksTitle(made.length)}
      onClose={onClose}
      testId="sheets-dialog"
      wide
    >
      <p>{own.linkHint}</p>
      <div className="row-actions">
        {made.length === 1 && made[0] && (
          <CopyButton text={addressOf(made[0], location.origin)} testId="sheet-copy" />
        )}
        <button
          type="button"
          className="button primary"
          data-testid="sheets-print"
          onClick={() => window.print()}
        >
          <Printer aria-hidden="true" />
          {own.print}
        </button>
      </div>
      {sheets(true)}
      {/* What is printed stands outside the dialog: a browser prints of one no more than its first page. */}
      {createPortal(
        <div className="print-sheets" aria-hidden="true">
          {sheets(false)}
        </div>,
        document.body,
      )}
    </Dialog>
  )
}
