import {
  ArrowLeft,
  ArrowRight,
  FileIcon,
  RotateCw,
  ScanFace,
  SendHorizontal,
  Trash2,
  Undo2,
  VenetianMask,
} from 'lucide-react'
import { type PointerEvent, useState } from 'react'
import { type Area, areaBetween, isEdited } from '../../lib/picture-edit.ts'
import { isEditable, MOST_FILES } from '../../viewmodel/media/send-sheet.ts'
import type { SendSheet, SheetItem } from '../../viewmodel/media/types.ts'
import { bytes, failureText } from '../../words/format.ts'
import { useLanguage, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, IconButton, Problem, Spinner } from '../ui/parts.tsx'

/** What is about to be sent, looked at first: nothing has left the device while this is open. */
export default function SendSheetDialog(props: {
  sheet: SendSheet
  onClose(): void
  onSent(files: readonly File[]): void
}) {
  const { sheet } = props
  const all = useWords()
  const words = all.media.sheet
  const language = useLanguage()
  const { items, chosen, caption, busy, failure, refused } = useStore(sheet.state)
  const [covering, setCovering] = useState(false)
  const [faces, setFaces] = useState<string | undefined>(undefined)
  const item = items.find((one) => one.id === chosen)
  const at = items.findIndex((one) => one.id === chosen)

  async function send(): Promise<void> {
    const unchanged = items
      .filter((one) => one.picture && !one.original && !isEdited(one.edit))
      .map((one) => one.file)
    if (!(await sheet.send())) return
    props.onClose()
    props.onSent(unchanged)
  }

  async function findFaces(id: string): Promise<void> {
    const found = await sheet.coverFaces(id)
    setFaces(found === undefined ? words.noFaceFinder : words.facesFound(found))
  }

  return (
    <Dialog title={words.title(items.length)} onClose={props.onClose} wide testId="send-sheet">
      {refused && (
        <Problem>{refused === 'too_large' ? all.composer.tooLarge : words.tooMany(MOST_FILES)}</Problem>
      )}
      {failure && <Problem>{failureText(failure, language, all)}</Problem>}
      {item ? (
        <>
          <Preview
            item={item}
            covering={covering && item.picture}
            onArea={(area) => sheet.cover(item.id, area)}
          />
          <div className="sheet-tools" role="toolbar" aria-label={words.tools}>
            {item.picture && isEditable(item.file) && (
              <>
                <IconButton
                  label={words.turn}
                  testId="sheet-turn"
                  disabled={busy}
                  onClick={() => sheet.turn(item.id)}
                >
                  <RotateCw />
                </IconButton>
                <button
                  type="button"
                  className={`button ${covering ? 'primary' : ''}`}
                  aria-pressed={covering}
                  data-testid="sheet-cover"
                  disabled={busy}
                  onClick={() => setCovering(!covering)}
                >
                  <VenetianMask aria-hidden="true" />
                  {words.cover}
                </button>
                {'FaceDetector' in window && (
                  <IconButton
                    label={words.findFaces}
                    testId="sheet-faces"
                    disabled={busy}
                    onClick={() => void findFaces(item.id)}
                  >
                    <ScanFace />
                  </IconButton>
                )}
                {item.edit.covered.length > 0 && (
                  <IconButton
                    label={words.uncover}
                    testId="sheet-uncover"
                    disabled={busy}
                    onClick={() => sheet.uncover(item.id)}
                  >
                    <Undo2 />
                  </IconButton>
                )}
              </>
            )}
            {items.length > 1 && (
              <>
                <IconButton
                  label={words.earlier}
                  testId="sheet-earlier"
                  disabled={busy || at === 0}
                  onClick={() => sheet.move(item.id, -1)}
                >
                  <ArrowLeft />
                </IconButton>
                <IconButton
                  label={words.later}
                  testId="sheet-later"
                  disabled={busy || at === items.length - 1}
                  onClick={() => sheet.move(item.id, 1)}
                >
                  <ArrowRight />
                </IconButton>
              </>
            )}
            <IconButton
              label={words.remove}
              testId="sheet-remove"
              disabled={busy}
              onClick={() => sheet.remove(item.id)}
            >
              <Trash2 />
            </IconButton>
          </div>
          {covering && item.picture && (
            <p className="note" role="status">
              {words.coverHint} {faces}
            </p>
          )}
        </>
      ) : (
        <p className="muted">{words.empty}</p>
      )}
      {items.length > 1 && (
        <ol className="sheet-strip" aria-label={words.order}>
          {items.map((one, index) => (
            <li key={one.id}>
              <button
                type="button"
                aria-current={one.id === chosen}
                aria-label={words.file(index + 1, one.file.name)}
                data-testid="sheet-item"
                onClick={() => sheet.choose(one.id)}
              >
                {one.url ? <img src={one.url} alt="" /> : <FileIcon aria-hidden="true" />}
                <span aria-hidden="true">{index + 1}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
      {item?.picture && !isEdited(item.edit) && (
        <label className="check sheet-original">
          <input
            type="checkbox"
            autoComplete="off"
            checked={item.original}
            data-testid="sheet-original"
            onChange={(event) => sheet.setOriginal(item.id, event.target.checked)}
          />
          <span>{words.original}</span>
        </label>
      )}
      <label className="field">
        <span>{words.caption}</span>
        <textarea
          rows={2}
          autoComplete="off"
          maxLength={4_000}
          value={caption}
          dir="auto"
          data-testid="sheet-caption"
          onChange={(event) => sheet.setCaption(event.target.value)}
        />
      </label>
      <p className="muted sheet-nothing">{words.nothingSent}</p>
      <div className="row-actions end sheet-actions">
        <button type="button" className="button" onClick={props.onClose}>
          {all.cancel}
        </button>
        <button
          type="button"
          className="button primary"
          data-testid="sheet-send"
          disabled={busy || items.length === 0}
          onClick={() => void send()}
        >
          <SendHorizontal aria-hidden="true" />
          {words.send(items.length)}
        </button>
      </div>
    </Dialog>
  )
}

/** One of them, large; while covering, a finger or the mouse marks what is to be unrecognisable. */
function Preview(props: { item: SheetItem; covering: boolean; onArea(area: Area): void }) {
  const { item, covering } = props
  const words = useWords().media.sheet
  const [from, setFrom] = useState<{ x: number; y: number } | undefined>(undefined)
  const [marked, setMarked] = useState<Area | undefined>(undefined)
  const pointOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height }
  }
  const over = () => {
    setFrom(undefined)
    setMarked(undefined)
  }
  if (!item.picture)
    return (
      <div className="sheet-file">
        <FileIcon aria-hidden="true" />
        <span>
          <b>{item.file.name}</b>
          <small className="muted">{bytes(item.file.size)}</small>
        </span>
      </div>
    )
  return (
    <div className="sheet-preview">
      {item.url ? (
        <span
          className={covering ? 'sheet-picture covering' : 'sheet-picture'}
          data-testid="sheet-picture"
          data-covered={item.edit.covered.length}
          onPointerDown={(event) => {
            if (!covering) return
            event.preventDefault()
            event.currentTarget.setPointerCapture(event.pointerId)
            setFrom(pointOf(event))
          }}
          onPointerMove={(event) => from && setMarked(areaBetween(from, pointOf(event)))}
          onPointerUp={(event) => {
            const area = from && areaBetween(from, pointOf(event))
            if (area) props.onArea(area)
            over()
          }}
          onPointerCancel={over}
        >
          <img src={item.url} alt={item.file.name} draggable={false} />
          {marked && (
            <span
              className="sheet-mark"
              style={{
                insetInlineStart: `${marked.x * 100}%`,
                insetBlockStart: `${marked.y * 100}%`,
                width: `${marked.width * 100}%`,
                height: `${marked.height * 100}%`,
              }}
            />
          )}
        </span>
      ) : (
        <Spinner label={words.drawing} />
      )}
    </div>
  )
}
