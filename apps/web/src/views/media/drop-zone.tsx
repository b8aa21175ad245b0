import { FileDown } from 'lucide-react'
import { type RefObject, useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import { useWords } from '../ui/hooks.ts'

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false

/** Files dragged over the conversation may be let go anywhere on it, and it says so. */
export function DropZone(props: { within: RefObject<HTMLElement | null>; onFiles(files: File[]): void }) {
  const words = useWords().media.sheet
  const { within, onFiles } = props
  const [over, setOver] = useState(false)
  useEffect(() => {
    const column = within.current?.closest<HTMLElement>('.channel-column')
    if (!column) return
    // Entering a child comes before leaving its parent: counted, so that the zone does not flicker.
    let inside = 0
    const show = (by: number) => {
      inside = Math.max(0, inside + by)
      setOver(inside > 0)
    }
    const enter = (event: DragEvent) => carriesFiles(event) && show(1)
    const leave = (event: DragEvent) => carriesFiles(event) && show(-1)
    const hover = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'copy'
    }
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      inside = 0
      setOver(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length > 0) onFiles(files)
    }
    column.addEventListener('dragenter', enter)
    column.addEventListener('dragleave', leave)
    column.addEventListener('dragover', hover)
    column.addEventListener('drop', drop)
    return () => {
      column.removeEventListener('dragenter', enter)
      column.removeEventListener('dragleave', leave)
      column.removeEventListener('dragover', hover)
      column.removeEventListener('drop', drop)
    }
  }, [within, onFiles])
  const column = within.current?.closest('.channel-column')
  if (!over || !column) return null
  return createPortal(
    <div className="drop-zone" data-testid="drop-zone">
      <FileDown aria-hidden="true" />
      <b>{words.dropHere}</b>
      <span>{words.dropHint}</span>
    </div>,
    column,
  )
}
