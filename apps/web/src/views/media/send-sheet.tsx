import {
  ArrowLeft,
  ArrowRight,
  FileIcon,
  RotateCw,
  ScanFace,
  ScanLine,
  SendHorizontal,
  Trash2,
  Undo2,
  VenetianMask,
} from 'lucide-react'
import { useState } from 'react'
import { type Corners, FIRST_CORNERS, isSheet } from '../../lib/picture-edit.ts'
import { isEditable, MOST_FILES } from '../../viewmodel/media/send-sheet.ts'
import type { SendSheet } from '../../viewmodel/media/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, IconButton, Problem } from '../ui/parts.tsx'
import { SheetPreview } from './sheet-preview.tsx'
import { ShrinkVideo } from './shrink-video.tsx'

/** What is about to be sent, looked at first: nothing has left the device while this is open. */
export default function SendSheetDialog(props: {
  sheet: SendSheet
  onClose(): void
  onSent(files: readonly File[]): void
  /** Lets go of what can be had again, where the device is full. */
  onFree(): Promise<void>
}) {
  const { sheet } = props
  const all = useWords()
  const words = all.media.sheet
  const language = useLanguage()
  const { items, chosen, caption, asPdf, busy, failure, refused } = useStore(sheet.state)
  const [covering, setCovering] = useState(false)
  /** The corners of the sheet while the person looks for them, of the file that is chosen. */
  const [corners, setCorners] = useState<{ of: string; at: Corners } | undefined>(undefined)
  const [faces, setFaces] = useState<string | undefined>(undefined)
  const [freed, setFreed] = useState(false)
  const item = items.find((one) => one.id === chosen)
  const at = items.findIndex((one) => one.id === chosen)
  const straightening = item?.picture && corners?.of === item.id ? corners.at : undefined
  const pictures = items.filter((one) => one.picture).length

  async function send(): Promise<void> {
    const unchanged = items
      .filter((one) => one.picture && !one.original && !asPdf && one.edit.length === 0)
      .map((one) => one.file)
    setFreed(false)
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
      {freed ? (
        <p className="note" role="status" data-testid="sheet-freed">
          {all.composer.freed}
        </p>
      ) : (
        failure && (
          <Problem
            action={
              failure.kind === 'storage_full' && (
                <button
                  type="button"
                  className="button"
                  data-testid="sheet-free"
                  onClick={() => void props.onFree().then(() => setFreed(true))}
                >
                  {all.composer.freeSpace}
                </button>
              )
            }
          >
            {failureText(failure, language, all)}
          </Problem>
        )
      )}
      {item ? (
        <>
          <SheetPreview
            item={item}
            covering={covering && item.picture && !straightening}
            onArea={(area) => sheet.edit(item.id, { kind: 'cover', area })}
            corners={straightening}
            onCorners={(at) => setCorners({ of: item.id, at })}
          />
          {straightening && (
            <>
              <p className="note" role="status">
                {isSheet(straightening) ? words.cornersHint : words.cornersCrossed}
              </p>
              <div className="row-actions">
                <button
                  type="button"
                  className="button primary"
                  data-testid="sheet-flatten"
                  disabled={!isSheet(straightening)}
                  onClick={() => {
                    sheet.edit(item.id, { kind: 'straighten', corners: straightening })
                    sheet.edit(item.id, { kind: 'whiten' })
                    setCorners(undefined)
                  }}
                >
                  {words.flatten}
                </button>
                <button type="button" className="button" onClick={() => setCorners(undefined)}>
                  {all.cancel}
                </button>
              </div>
            </>
          )}
          <div className="sheet-tools" role="toolbar" aria-label={words.tools}>
            {item.picture && isEditable(item.file) && (
              <>
                <IconButton
                  label={words.turn}
                  testId="sheet-turn"
                  disabled={busy}
                  onClick={() => sheet.edit(item.id, { kind: 'turn' })}
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
                <button
                  type="button"
                  className={`button ${straightening ? 'primary' : ''}`}
                  aria-pressed={straightening !== undefined}
                  data-testid="sheet-straighten"
                  disabled={busy || !item.url}
                  onClick={() => setCorners(straightening ? undefined : { of: item.id, at: FIRST_CORNERS })}
                >
                  <ScanLine aria-hidden="true" />
                  {words.straighten}
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
                {item.edit.length > 0 && (
                  <IconButton
                    label={words.undo}
                    testId="sheet-undo"
                    disabled={busy}
                    onClick={() => sheet.undo(item.id)}
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
          <ShrinkVideo item={item} sheet={sheet} busy={busy} />
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
      {pictures > 0 && (
        <label className="check sheet-original">
          <input
            type="checkbox"
            autoComplete="off"
            checked={asPdf}
            data-testid="sheet-pdf"
            onChange={(event) => sheet.setAsPdf(event.target.checked)}
          />
          <span>{words.asPdf(pictures)}</span>
        </label>
      )}
      {item?.picture && item.edit.length === 0 && !asPdf && (
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
          disabled={busy || items.length === 0 || items.some((one) => one.smaller?.kind === 'making')}
          onClick={() => void send()}
        >
          <SendHorizontal aria-hidden="true" />
          {busy ? words.preparing : words.send(asPdf ? items.length - pictures + 1 : items.length)}
        </button>
      </div>
    </Dialog>
  )
}
