import { describe, expect, test } from 'vitest'
import { FIRST_CORNERS, type PictureEdit } from '../../lib/picture-edit.ts'
import { MAX_ATTACHMENT_BYTES } from '../../model/timeline/media.ts'
import { createSendSheet, MOST_FILES } from './send-sheet.ts'

const photo = (name: string) => new File([name], name, { type: 'image/jpeg' })
const AREA = { x: 0.1, y: 0.1, width: 0.2, height: 0.2 }

/** Drawn: a file whose text says what was done to it. */
const draw = async (file: File, edit: PictureEdit) =>
  new File([[await file.text(), ...edit.map(({ kind }) => kind)].join(' ')], file.name, { type: file.type })

const texts = async (pages: readonly Blob[]) =>
  (await Promise.all(pages.map((page) => page.text()))).join(', ')

function channel(
  answer: (name: string) => 'ok' | 'too_large' = () => 'ok',
  compress: NonNullable<Parameters<typeof createSendSheet>[1]['compress']> = async () => undefined,
) {
  const sent: { name: string; text: string; caption?: string; original?: boolean; document?: object }[] = []
  const sheet = createSendSheet(
    async (file, options) => {
      const outcome = answer(file.name)
      if (outcome === 'ok') sent.push({ name: file.name, text: await file.text(), ...options })
      return outcome
    },
    {
      draw,
      pdfName: () => 'documento.pdf',
      compress,
      read: async () => undefined,
      readDocument: async (file) => (file.type === 'application/pdf' ? { pages: 2 } : undefined),
      toPdf: async (pages) => new Blob([`pdf of ${await texts(pages)}`]),
    },
  )
  const idOf = (name: string) => sheet.state.get().items.find((item) => item.file.name === name)!.id
  return { sheet, sent, idOf }
}

describe('what is looked at before it is sent', () => {
  test('goes in the order it was given, the caption with the first, and nothing before', async () => {
    const { sheet, sent, idOf } = channel()
    sheet.add([photo('a.jpg'), photo('b.jpg'), new File(['%PDF'], 'c.pdf', { type: 'application/pdf' })])
    sheet.add([photo('d.jpg')])
    sheet.move(idOf('c.pdf'), -1)
    sheet.move(idOf('c.pdf'), -1)
    sheet.move(idOf('c.pdf'), -1)
    sheet.remove(idOf('b.jpg'))
    sheet.setCaption('Las dos caras')
    expect(sent).toEqual([])
    expect(await sheet.send()).toBe(true)
    expect(sent.map(({ name, caption }) => [name, caption])).toEqual([
      ['c.pdf', 'Las dos caras'],
      ['a.jpg', ''],
      ['d.jpg', ''],
    ])
    // What this device read of a document goes with it.
    expect(sent.map(({ document }) => document)).toEqual([{ pages: 2 }, undefined, undefined])
    expect(sheet.state.get().items).toEqual([])
  })

  test('what was covered never leaves as it was, not even as the original', async () => {
    const { sheet, sent, idOf } = channel()
    sheet.add([photo('a.jpg'), photo('b.jpg')])
    const id = idOf('a.jpg')
    sheet.setOriginal(id, true)
    sheet.edit(id, { kind: 'cover', area: AREA })
    sheet.edit(id, { kind: 'turn' })
    sheet.setOriginal(id, true)
    await sheet.send()
    expect(sent[0]).toMatchObject({ text: 'a.jpg cover turn', original: false })
    expect(sent[1]).toMatchObject({ text: 'b.jpg' })
  })

  test('photos become the pages of one PDF, in their order and as they were made', async () => {
    const { sheet, sent, idOf } = channel()
    sheet.add([photo('1.jpg'), new File(['x'], 'nota.txt', { type: 'text/plain' }), photo('2.jpg')])
    sheet.edit(idOf('2.jpg'), { kind: 'straighten', corners: FIRST_CORNERS })
    sheet.edit(idOf('2.jpg'), { kind: 'whiten' })
    sheet.edit(idOf('2.jpg'), { kind: 'turn' })
    sheet.undo(idOf('2.jpg'))
    sheet.setAsPdf(true)
    sheet.setCaption('Acta')
    expect(await sheet.send()).toBe(true)
    expect(sent.map(({ name, text, caption }) => [name, text, caption])).toEqual([
      ['documento.pdf', 'pdf of 1.jpg, 2.jpg straighten whiten', 'Acta'],
      ['nota.txt', 'x', ''],
    ])
  })

  test('a picture that cannot be drawn is not sent in place of its covered self', async () => {
    const sent: string[] = []
    const sheet = createSendSheet(
      async (file) => {
        sent.push(file.name)
        return 'ok'
      },
      {
        pdfName: () => 'x.pdf',
        draw: async () => {
          throw new Error('cannot be read')
        },
      },
    )
    sheet.add([photo('a.jpg')])
    sheet.edit(sheet.state.get().items[0]!.id, { kind: 'cover', area: AREA })
    expect(await sheet.send()).toBe(false)
    expect(sent).toEqual([])
    expect(sheet.state.get().items).toHaveLength(1)
  })

  test('what there was no room for stays in the sheet; what had gone is not sent twice', async () => {
    let full = true
    const { sheet, sent } = channel((name) => {
      if (full && name === 'b.jpg') throw new DOMException('full', 'QuotaExceededError')
      return 'ok'
    })
    sheet.add([photo('a.jpg'), photo('b.jpg')])
    expect(await sheet.send()).toBe(false)
    expect(sheet.state.get()).toMatchObject({ failure: { kind: 'storage_full' }, busy: false })
    full = false
    expect(await sheet.send()).toBe(true)
    expect(sent.map((one) => one.name)).toEqual(['a.jpg', 'b.jpg'])
  })

  test('too large or too many is said, and the rest is taken', () => {
    const { sheet } = channel()
    const large = photo('grande.jpg')
    Object.defineProperty(large, 'size', { value: MAX_ATTACHMENT_BYTES + 1 })
    sheet.add([large, photo('a.jpg')])
    expect(sheet.state.get()).toMatchObject({ refused: 'too_large', items: [{ id: 'f1' }] })
    sheet.add(Array.from({ length: MOST_FILES }, (_, at) => photo(`${at}.jpg`)))
    expect(sheet.state.get().refused).toBe('too_many')
    expect(sheet.state.get().items).toHaveLength(MOST_FILES)
  })
})

describe('a clip', () => {
  const clip = (name: string) => new File(['a long clip'], name, { type: 'video/mp4' })
  const small = new File(['small'], 'a.webm', { type: 'video/webm' })
  const stateOf = (sheet: ReturnType<typeof channel>['sheet']) => sheet.state.get().items[0]?.smaller

  test('goes smaller where it was made so, and as it is where that is no smaller or fails', async () => {
    const made = channel(undefined, async () => small)
    made.sheet.add([clip('a.mp4')])
    await made.sheet.shrink(made.idOf('a.mp4'))
    expect(stateOf(made.sheet)).toEqual({ kind: 'made', file: small })
    expect(await made.sheet.send()).toBe(true)
    expect(made.sent.map(({ name, text }) => [name, text])).toEqual([['a.webm', 'small']])
    for (const compress of [async () => undefined, async () => Promise.reject(new Error('no decoder'))]) {
      const { sheet, sent, idOf } = channel(undefined, compress)
      sheet.add([clip('a.mp4')])
      await sheet.shrink(idOf('a.mp4'))
      expect(stateOf(sheet)).toEqual({ kind: 'not' })
      expect(await sheet.send()).toBe(true)
      expect(sent.map(({ name }) => name)).toEqual(['a.mp4'])
    }
  })

  test('nothing leaves while it is made smaller; stopped, taken back or removed, it is as it was', async () => {
    const stopped: boolean[] = []
    let tell: (part: number) => void = () => undefined
    const { sheet, sent, idOf } = channel(undefined, (_file, { signal, onProgress }) => {
      tell = onProgress
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          stopped.push(true)
          reject(new DOMException('stopped', 'AbortError'))
        }),
      )
    })
    sheet.add([clip('a.mp4'), clip('b.mp4')])
    const id = idOf('a.mp4')
    void sheet.shrink(id)
    tell(0.5)
    expect(stateOf(sheet)).toEqual({ kind: 'making', part: 0.5 })
    expect(await sheet.send()).toBe(false)
    expect(sent).toEqual([])
    sheet.whole(id)
    tell(0.9)
    expect(stateOf(sheet)).toBeUndefined()
    void sheet.shrink(idOf('b.mp4'))
    sheet.remove(idOf('b.mp4'))
    expect(stopped).toEqual([true, true])
    expect(await sheet.send()).toBe(true)
    expect(sent.map(({ name }) => name)).toEqual(['a.mp4'])
  })
})
