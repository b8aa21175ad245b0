import { X } from 'lucide-react'
import { useWords } from '../ui/hooks.ts'
import { IconButton, Problem } from '../ui/parts.tsx'

/** What happened to something that was to be sent, and what can be done about it. */
export type Notice =
  | { kind: 'too_large' }
  /** `canSend`: the text can go without being kept here */
  | { kind: 'storage_full'; canSend: boolean }
  | { kind: 'freed' }
  | { kind: 'picture' | 'reduced'; files: readonly File[] }

export function ComposerNotice(props: {
  notice: Notice
  onClose(): void
  onFree(): Promise<void>
  onSendUnkept(): void
  onSendFiles(files: readonly File[], original: boolean): void
}) {
  const { notice } = props
  const words = useWords()
  const own = words.composer
  if (notice.kind === 'too_large') return <Problem>{own.tooLarge}</Problem>
  if (notice.kind === 'storage_full')
    return (
      <Problem
        action={
          <span className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="composer-free"
              onClick={() => void props.onFree()}
            >
              {own.freeSpace}
            </button>
            {notice.canSend && (
              <button
                type="button"
                className="button"
                data-testid="composer-unkept"
                onClick={props.onSendUnkept}
              >
                {own.sendUnkept}
              </button>
            )}
          </span>
        }
      >
        {words.failure.storage_full}
      </Problem>
    )
  if (notice.kind === 'freed')
    return (
      <p className="note" role="status">
        {own.freed}
      </p>
    )
  const isReduced = notice.kind === 'reduced'
  return (
    <div className="composer-notice" role="status" data-testid={`composer-${notice.kind}`}>
      <span>{isReduced ? own.reduced : own.pictureToo}</span>
      <button
        type="button"
        className="button"
        data-testid="composer-send-files"
        onClick={() => props.onSendFiles(notice.files, isReduced)}
      >
        {isReduced ? own.sendOriginal : own.sendPicture}
      </button>
      <IconButton label={own.dismiss} onClick={props.onClose}>
        <X />
      </IconButton>
    </div>
  )
}
