import { Shrink } from 'lucide-react'
import type { SendSheet, SheetItem } from '../../viewmodel/media/types.ts'
import { bytes } from '../../words/format.ts'
import { useWords } from '../ui/hooks.ts'

/** A clip made smaller before it goes, if the person has the time: what it weighs before and after. */
export function ShrinkVideo(props: { item: SheetItem; sheet: SendSheet; busy: boolean }) {
  const { item, sheet, busy } = props
  const all = useWords()
  const words = all.media.sheet
  const { smaller, file } = item
  if (!sheet.canShrink(item.id)) return null
  const before = bytes(file.size)
  const part = smaller?.kind === 'making' ? smaller.part : 0
  return (
    <div className="shrink" data-testid="sheet-video" data-state={smaller?.kind ?? 'whole'}>
      {smaller === undefined && (
        <>
          <p className="muted">{words.shrinkHint(before)}</p>
          <button
            type="button"
            className="button small"
            data-testid="sheet-shrink"
            disabled={busy}
            onClick={() => void sheet.shrink(item.id)}
          >
            <Shrink aria-hidden="true" />
            {words.shrink}
          </button>
        </>
      )}
      {smaller?.kind === 'making' && (
        <label>
          <span>{words.shrinking(`${Math.round(part * 100)} %`)}</span>
          <progress value={part} max={1} />
        </label>
      )}
      {smaller?.kind === 'made' && <p role="status">{words.shrunk(before, bytes(smaller.file.size))}</p>}
      {smaller?.kind === 'not' && <p role="status">{words.notShrunk(before)}</p>}
      {(smaller?.kind === 'making' || smaller?.kind === 'made') && (
        <button
          type="button"
          className="button small"
          data-testid="sheet-whole"
          disabled={busy}
          onClick={() => sheet.whole(item.id)}
        >
          {smaller.kind === 'making' ? all.cancel : words.whole}
        </button>
      )}
    </div>
  )
}
