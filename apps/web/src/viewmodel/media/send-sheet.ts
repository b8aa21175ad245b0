import { type Failure, failureOf } from '../../lib/failure.ts'
import { type PictureEdit, UNEDITED } from '../../lib/picture-edit.ts'
import { shownImageTypes } from '../../lib/picture-size.ts'
import { createStore } from '../../lib/store.ts'
import { canCompress, canFindFaces, rework } from '../../model/media/rework.ts'
import { videoFacts } from '../../model/media/video-facts.ts'
import { MAX_ATTACHMENT_BYTES } from '../../model/timeline/media.ts'
import { documentFacts } from './document.ts'
import type { SendFile, SendSheet, SheetItem, SheetState } from './types.ts'

export const MOST_FILES = 20
/** What can be drawn anew; anything else of a picture is sent as it is. */
const EDITABLE = new Set(['image/jpeg', 'image/png', 'image/webp'])
export const isEditable = (file: Blob): boolean => EDITABLE.has(file.type)

export function createSendSheet(
  sendFile: SendFile,
  options: {
    pdfName(at: Date): string
    draw?: typeof rework.draw
    toPdf?: typeof rework.toPdf
    read?: typeof videoFacts
    compress?: typeof rework.compress
    readDocument?: typeof documentFacts
  },
): SendSheet {
  const {
    draw = rework.draw,
    read = videoFacts,
    compress = rework.compress,
    readDocument = documentFacts,
  } = options
  const state = createStore<SheetState>({
    items: [],
    chosen: undefined,
    caption: '',
    asPdf: false,
    busy: false,
  })
  /** As it would be sent, by item; the last drawing of each counts. */
  const drawn = new Map<string, Promise<File>>()
  /** Clips that are being made smaller, by item. */
  const making = new Map<string, AbortController>()
  let count = 0
  let closed = false

  const change = (fields: Partial<SheetState>) => state.update((now) => ({ ...now, ...fields }))
  const find = (id: string) => state.get().items.find((item) => item.id === id)
  const changeItem = (id: string, fields: Partial<SheetItem>) =>
    change({ items: state.get().items.map((item) => (item.id === id ? { ...item, ...fields } : item)) })

  function show(item: SheetItem): void {
    const drawing = draw(item.file, item.edit)
    drawn.set(item.id, drawing)
    drawing.then(
      (file) => {
        const now = find(item.id)
        if (closed || !now || drawn.get(item.id) !== drawing) return
        if (now.url) URL.revokeObjectURL(now.url)
        changeItem(item.id, { url: URL.createObjectURL(file) })
      },
      () => undefined,
    )
  }

  function edit(id: string, next: (edit: PictureEdit) => PictureEdit): void {
    const item = find(id)
    if (!item?.picture || state.get().busy) return
    const changed: SheetItem = { ...item, edit: next(item.edit) }
    // What was covered must not go out uncovered beside it.
    changeItem(id, { edit: changed.edit, ...(changed.edit.length > 0 ? { original: false } : {}) })
    show(changed)
  }

  function drop(id: string): void {
    const { items, chosen } = state.get()
    const at = items.findIndex((item) => item.id === id)
    if (at < 0) return
    if (items[at]?.url) URL.revokeObjectURL(items[at].url)
    drawn.delete(id)
    making.get(id)?.abort()
    making.delete(id)
    const left = items.filter((item) => item.id !== id)
    change({ items: left, ...(chosen === id ? { chosen: left[Math.min(at, left.length - 1)]?.id } : {}) })
  }

  const asSent = async ({ id, file, picture, edit, smaller }: SheetItem): Promise<File> =>
    picture && edit.length > 0
      ? (drawn.get(id) ?? draw(file, edit))
      : smaller?.kind === 'made'
        ? smaller.file
        : file

  function whole(id: string): void {
    making.get(id)?.abort()
    making.delete(id)
    change({ items: state.get().items.map((item) => (item.id === id ? withoutSmaller(item) : item)) })
  }

  /** All pictures as the pages of one file. @returns why it did not go */
  async function sendPages(): Promise<Failure | undefined> {
    const pages = state.get().items.filter((item) => item.picture)
    if (pages.length === 0) return undefined
    const pictures: Blob[] = []
    for (const page of pages) pictures.push(await asSent(page))
    const name = options.pdfName(new Date())
    const made = await (options.toPdf ?? rework.toPdf)(pictures, name)
    const file = new File([made], name, { type: 'application/pdf' })
    const document = await readDocument(file)
    const { caption } = state.get()
    if ((await sendFile(file, { caption, ...(document ? { document } : {}) })) === 'too_large')
      return { kind: 'too_large' }
    change({ caption: '' })
    for (const { id } of pages) drop(id)
    return undefined
  }

  return {
    state,
    add(files) {
      const fits = files.filter((file) => file.size <= MAX_ATTACHMENT_BYTES)
      const { items, chosen } = state.get()
      const taken = fits.slice(0, MOST_FILES - items.length).map((file): SheetItem => {
        count += 1
        const picture = shownImageTypes.has(file.type)
        return { id: `f${count}`, file, picture, edit: UNEDITED, original: false }
      })
      change({
        items: [...items, ...taken],
        chosen: chosen ?? taken[0]?.id,
        refused:
          fits.length < files.length ? 'too_large' : taken.length < fits.length ? 'too_many' : undefined,
      })
      for (const item of taken) if (item.picture) show(item)
    },
    choose: (id) => change({ chosen: id }),
    remove: drop,
    move(id, by) {
      const items = [...state.get().items]
      const at = items.findIndex((item) => item.id === id)
      const to = at + by
      if (at < 0 || to < 0 || to >= items.length) return
      ;[items[at], items[to]] = [items[to]!, items[at]!]
      change({ items })
    },
    edit: (id, step) => edit(id, (now) => [...now, step]),
    undo: (id) => edit(id, (now) => now.slice(0, -1)),
    async coverFaces(id) {
      const item = find(id)
      if (!item?.picture || !canFindFaces()) return undefined
      try {
        const found = await rework.faces(await (drawn.get(id) ?? item.file))
        if (found.length > 0)
          edit(id, (now) => [...now, ...found.map((area) => ({ kind: 'cover' as const, area }))])
        return found.length
      } catch {
        return undefined
      }
    },
    canShrink: (id) => find(id)?.file.type.startsWith('video/') === true && canCompress(),
    async shrink(id) {
      const item = find(id)
      if (!item?.file.type.startsWith('video/') || making.has(id) || state.get().busy) return
      const stop = new AbortController()
      making.set(id, stop)
      const { signal } = stop
      changeItem(id, { smaller: { kind: 'making', part: 0 } })
      const onProgress = (part: number) =>
        !signal.aborted && changeItem(id, { smaller: { kind: 'making', part } })
      const made = await compress(item.file, { signal, onProgress }).catch(() => undefined)
      if (signal.aborted || closed) return
      making.delete(id)
      changeItem(id, { smaller: made ? { kind: 'made', file: made } : { kind: 'not' } })
    },
    whole,
    setOriginal(id, original) {
      const item = find(id)
      if (item && !(original && item.edit.length > 0)) changeItem(id, { original })
    },
    setCaption: (caption) => change({ caption }),
    setAsPdf: (asPdf) => change({ asPdf }),
    async send() {
      if (state.get().busy || making.size > 0 || state.get().items.length === 0) return false
      change({ busy: true, failure: undefined })
      let failure: Failure | undefined
      try {
        // One by one, so that they stand in the channel as they stand here. What is on its way leaves the sheet.
        if (state.get().asPdf) failure = await sendPages()
        for (let next = state.get().items[0]; next && !closed && !failure; next = state.get().items[0]) {
          const { id, original } = next
          const sent = await asSent(next)
          const { caption } = state.get()
          const video = sent.type.startsWith('video/') ? await read(sent).catch(() => undefined) : undefined
          const document = await readDocument(sent)
          const found = { ...(video ? { video } : {}), ...(document ? { document } : {}) }
          if ((await sendFile(sent, { original, caption, ...found })) === 'too_large')
            failure = { kind: 'too_large' }
          else change({ caption: '' })
          drop(id)
        }
      } catch (error) {
        failure = failureOf(error)
      }
      change({ busy: false, failure })
      return failure === undefined
    },
    close() {
      closed = true
      for (const stop of making.values()) stop.abort()
      for (const { url } of state.get().items) if (url) URL.revokeObjectURL(url)
    },
  }
}

const withoutSmaller = ({ smaller: _, ...item }: SheetItem): SheetItem => item
