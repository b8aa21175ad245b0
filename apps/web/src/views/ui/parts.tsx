import { AlertTriangle, Check, Copy, X } from 'lucide-react'
import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react'
import { useWords } from './hooks.ts'

/** Small pieces that several pages share. */

export function IconButton(props: {
  label: string
  onClick?: () => void
  children: ReactNode
  testId?: string
  className?: string
  disabled?: boolean
  expanded?: boolean
}) {
  return (
    <button
      type="button"
      className={`icon-button ${props.className ?? ''}`}
      aria-label={props.label}
      title={props.label}
      onClick={props.onClick}
      data-testid={props.testId}
      disabled={props.disabled}
      aria-expanded={props.expanded}
    >
      {props.children}
    </button>
  )
}

/** A modal dialog on the platform's own element: focus stays inside, Escape closes, and focus goes back to what opened it. */
export function Dialog(props: {
  title: string
  /** Absent: it asks something that has to be answered. */
  onClose?(): void
  children: ReactNode
  testId?: string
  wide?: boolean
}) {
  const words = useWords()
  const ref = useRef<HTMLDialogElement>(null)
  const title = useId()
  // Before it leaves the page: one that is gone gives no focus back.
  useLayoutEffect(() => {
    const element = ref.current
    if (element && !element.open) element.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      className={props.wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={title}
      data-testid={props.testId}
      onCancel={(event) => {
        event.preventDefault()
        props.onClose?.()
      }}
    >
      <div className="dialog-head">
        <h2 id={title}>{props.title}</h2>
        {props.onClose && (
          <IconButton label={words.close} onClick={props.onClose}>
            <X />
          </IconButton>
        )}
      </div>
      <div className="dialog-body">{props.children}</div>
    </dialog>
  )
}

export function Problem(props: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="problem" role="alert">
      <AlertTriangle aria-hidden="true" />
      <div>{props.children}</div>
      {props.action}
    </div>
  )
}

export function Spinner(props: { label: string }) {
  return (
    <span className="spinner-line" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{props.label}</span>
    </span>
  )
}

/** A page-sized message that always offers a next step. */
export function Blank(props: { icon?: ReactNode; title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className="blank">
      {props.icon && <div className="blank-icon">{props.icon}</div>}
      <h2>{props.title}</h2>
      {props.hint && <p>{props.hint}</p>}
      {props.children && <div className="blank-actions">{props.children}</div>}
    </div>
  )
}

export function CopyButton(props: { text: string; testId?: string }) {
  const words = useWords()
  const [copied, setCopied] = useState(false)
  return (
    <button
      type="button"
      className="button"
      data-testid={props.testId}
      onClick={() => {
        void navigator.clipboard.writeText(props.text).then(() => {
          setCopied(true)
          setTimeout(() => setCopied(false), 2_500)
        })
      }}
    >
      {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span aria-live="polite">{copied ? words.copied : words.copy}</span>
    </button>
  )
}

/** Drawn, because not every system has flag letters; the name goes with it for those who do not know the flag. */
export function Flag(props: { country: string | undefined }) {
  const words = useWords()
  if (!props.country) return null
  const name = words.countries[props.country] ?? props.country
  if (props.country === 'HN') {
    return (
      <svg className="flag" viewBox="0 0 18 12" role="img" aria-label={name}>
        <rect width="18" height="12" fill="#fff" />
        <rect width="18" height="4" fill="#0073cf" />
        <rect y="8" width="18" height="4" fill="#0073cf" />
        {[
          [9, 6],
          [6, 5],
          [12, 5],
          [6, 7],
          [12, 7],
        ].map(([x, y]) => (
          <circle key={`${x}-${y}`} cx={x} cy={y} r="0.6" fill="#0073cf" />
        ))}
      </svg>
    )
  }
  if (props.country === 'GT') {
    return (
      <svg className="flag" viewBox="0 0 18 12" role="img" aria-label={name}>
        <rect width="18" height="12" fill="#fff" />
        <rect width="6" height="12" fill="#4997d0" />
        <rect x="12" width="6" height="12" fill="#4997d0" />
        <circle cx="9" cy="6" r="1.6" fill="none" stroke="#3f7d44" strokeWidth="0.7" />
      </svg>
    )
  }
  return (
    <span className="flag-code" title={name}>
      {props.country}
    </span>
  )
}

const HUES = [196, 164, 222, 258, 28, 338, 88, 302]

/** Initials on a colour of the person's own, the same everywhere; and the flag of their institution. */
export function Avatar(props: { id: string; name: string; country?: string | undefined }) {
  let hash = 0
  for (const char of props.id) hash = (hash * 31 + char.charCodeAt(0)) >>> 0
  const initials = props.name
    .split(/[\s,]+/)
    .filter((word) => /^\p{L}/u.test(word) && word.length > 2)
    .slice(0, 2)
    .map((word) => word[0]!.toUpperCase())
    .join('')
  return (
    <span
      className="avatar"
      style={{ '--hue': HUES[hash % HUES.length] } as React.CSSProperties}
      aria-hidden="true"
    >
      {initials || props.name.slice(0, 1).toUpperCase()}
      {(props.country === 'HN' || props.country === 'GT') && <Flag country={props.country} />}
    </span>
  )
}
