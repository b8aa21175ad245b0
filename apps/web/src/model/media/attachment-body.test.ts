import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { attachmentBody, attachmentFields, outgoingBody } from './attachment-body.ts'
import { outgoingFile } from './outgoing-file.ts'

const schema = z.looseObject({ msgtype: z.string(), body: z.string(), ...attachmentFields })
const file = {
  url: 'mxc://hn/x',
  key: { k: 'k', alg: 'A256CTR', kty: 'oct' },
  iv: 'iv',
  hashes: { sha256: 'h' },
  v: 'v2',
}
const read = (content: object) => attachmentBody(schema.parse(content))
const sent = (content: object, mimetype: string) =>
  read({ ...content, file, info: { ...(content as { info?: object }).info, mimetype } })

describe('what a message carries', () => {
  test('a voice note comes out as it went in, with the fields that other clients look for', () => {
    const voice = { durationMs: 4_200, waveform: [0, 512, 1024] }
    const { content } = outgoingFile(new File(['x'], 'voz.webm', { type: 'audio/webm' }), { voice })
    expect(content).toEqual({
      msgtype: 'm.audio',
      body: 'voz.webm',
      filename: 'voz.webm',
      info: { duration: 4_200 },
      'org.matrix.msc1767.audio': { duration: 4_200, waveform: [0, 512, 1024] },
      'org.matrix.msc3245.voice': {},
    })
    expect(sent(content, 'audio/webm')).toMatchObject({ type: 'voice', spoken: true, ...voice })
    expect(outgoingBody(content)).toMatchObject({ kind: 'voice', sound: { spoken: true, ...voice } })
  })

  test('as another client writes it', () => {
    expect(
      read({
        msgtype: 'm.audio',
        body: 'Voice message.ogg',
        file,
        info: { duration: 5_121, mimetype: 'audio/ogg; codecs=opus', size: 19_000 },
        'org.matrix.msc1767.text': 'Voice message',
        'org.matrix.msc1767.audio': { duration: 5_121, waveform: [1, 2, 3] },
        'org.matrix.msc3245.voice': {},
      }),
    ).toEqual({
      type: 'voice',
      name: 'Voice message.ogg',
      file,
      mimetype: 'audio/ogg',
      size: 19_000,
      spoken: true,
      durationMs: 5_121,
      waveform: [1, 2, 3],
    })
  })

  test.each([
    ['a waveform of words', { 'org.matrix.msc1767.audio': { duration: 5, waveform: ['x'] } }],
    ['a waveform without end', { 'org.matrix.msc1767.audio': { waveform: Array(5_000).fill(1) } }],
    ['a waveform below nothing', { 'org.matrix.msc1767.audio': { waveform: [-1] } }],
    ['a length that cannot be', { info: { mimetype: 'audio/ogg', duration: -3 } }],
  ])('hostile: %s is none, and it is heard all the same', (_what, more) => {
    const body = read({ msgtype: 'm.audio', body: 'x', file, info: { mimetype: 'audio/ogg' }, ...more })
    expect(body).toMatchObject({ type: 'voice', waveform: [] })
  })

  test('hostile: a sound of a type that could be a page is a file', () => {
    for (const mimetype of ['text/html', 'audio/x-script', 'image/svg+xml', undefined])
      expect(read({ msgtype: 'm.audio', body: 'x', file, info: { mimetype } })?.type).toBe('file')
  })

  test('a clip comes out with its shape, its length and its first picture; one of another type is a file', () => {
    const video = { width: 1280, height: 720, durationMs: 9_000 }
    const { content, attachment } = outgoingFile(new File(['x'], 'c.mp4', { type: 'video/mp4' }), {
      video: { ...video, poster: { blob: new Blob(['p']), width: 640, height: 360 } },
    })
    expect(attachment.poster).toMatchObject({ width: 640, height: 360 })
    const info = { thumbnail_file: file, thumbnail_info: { mimetype: 'image/jpeg', size: 9 } }
    const withPoster = { ...content, info: { ...(content['info'] as object), ...info } }
    expect(sent(withPoster, 'video/mp4')).toMatchObject({
      type: 'video',
      ...video,
      thumbnail: file,
      thumbnailSize: 9,
    })
    expect(sent(withPoster, 'video/x-script')?.type).toBe('file')
  })

  test('a document comes out with its first page and how many it has; what claims no number of pages says none', () => {
    const { content, attachment } = outgoingFile(new File(['x'], 'acta.pdf', { type: 'application/pdf' }), {
      document: { pages: 3, poster: { blob: new Blob(['p']), width: 340, height: 480 } },
    })
    expect(attachment.poster).toMatchObject({ width: 340, height: 480 })
    expect(content).toMatchObject({ msgtype: 'm.file', info: { 'org.enlace.pages': 3 } })
    const first = {
      thumbnail_file: file,
      thumbnail_info: { mimetype: 'image/jpeg', size: 9, w: 340, h: 480 },
    }
    const withPage = (more: object) => ({
      ...content,
      info: { ...(content['info'] as object), ...first, ...more },
    })
    expect(sent(withPage({}), 'application/pdf')).toEqual({
      type: 'file',
      name: 'acta.pdf',
      file,
      mimetype: 'application/pdf',
      pages: 3,
      firstPage: { file, type: 'image/jpeg', size: 9, width: 340, height: 480 },
    })
    for (const pages of [0, -1, 2.5, 1e9, '3', null])
      expect(sent(withPage({ 'org.enlace.pages': pages }), 'application/pdf')).not.toHaveProperty('pages')
    const page = { mimetype: 'text/html', w: 1e9, h: -4 }
    expect(sent(withPage({ thumbnail_info: page }), 'application/pdf')).not.toHaveProperty('firstPage')
    const shapeless = { mimetype: 'image/jpeg', w: 1e9, h: -4 }
    expect(sent(withPage({ thumbnail_info: shapeless }), 'application/pdf')).toMatchObject({
      firstPage: { width: 340, height: 480 },
    })
  })

  test('an answer names what it answers, also in a thread, and what goes beside the file goes with it', () => {
    const photo = new File(['x'], 'acta.jpg', { type: 'image/jpeg' })
    expect(outgoingFile(photo, { replyTo: '$a' }).content['m.relates_to']).toEqual({
      'm.in_reply_to': { event_id: '$a' },
    })
    const { content } = outgoingFile(photo, {
      replyTo: '$b',
      thread: { id: '$a', isAnswer: false },
      extra: { 'org.enlace.x': 1, msgtype: 'm.text' },
    })
    expect(content['m.relates_to']).toEqual({
      rel_type: 'm.thread',
      event_id: '$a',
      is_falling_back: true,
      'm.in_reply_to': { event_id: '$b' },
    })
    expect([content['org.enlace.x'], content.msgtype]).toEqual([1, 'm.image'])
  })

  test('a caption stands beside the name, and is none where another client repeats the name', () => {
    const photo = new File(['x'], 'acta.jpg', { type: 'image/jpeg' })
    const { content } = outgoingFile(photo, { caption: ' Las dos caras ' })
    expect(content).toMatchObject({ body: 'Las dos caras', filename: 'acta.jpg' })
    expect(sent(content, 'image/jpeg')).toMatchObject({ name: 'acta.jpg', caption: 'Las dos caras' })
    const plain = outgoingFile(photo, {}).content
    expect(sent(plain, 'image/jpeg')).not.toHaveProperty('caption')
    expect(
      read({ msgtype: 'm.image', body: 'a.jpg', file, info: { mimetype: 'image/jpeg' } }),
    ).not.toHaveProperty('caption')
  })
})
