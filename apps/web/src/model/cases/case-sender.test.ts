import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { attachmentBody, attachmentFields } from '../media/attachment-body.ts'
import { encryptedFileSchema, open } from '../timeline/encrypted-file.ts'
import type { Media, SealedSending } from '../timeline/types.ts'
import { createCaseSender } from './case-sender.ts'

const message = z.object({ msgtype: z.string(), body: z.string(), ...attachmentFields })

/** What left: messages, and the bytes the server has of each address. */
function world() {
  const sent: { type: string; content: Record<string, unknown>; txnId: string }[] = []
  const stored = new Map<string, ArrayBuffer>()
  const media = {
    sendSealed: async (bytes: Blob, { onProgress }: { onProgress(part: number): void }) => {
      onProgress(1)
      const url = `mxc://hn/${stored.size}`
      stored.set(url, await bytes.arrayBuffer())
      return url
    },
    carriedBy: vi.fn(),
  } as unknown as Media
  const sealed = {
    isEncrypted: () => true,
    check: async () => undefined,
    send: async (_room: string, type: string, content: Record<string, unknown>, txnId: string) => {
      sent.push({ type, content, txnId })
      return '$d'
    },
  } as unknown as SealedSending
  const cases = createCaseSender(
    async () => ({}),
    media,
    sealed,
    () => true,
  )
  const plainOf = async (file: unknown) => {
    const parsed = encryptedFileSchema.parse(file)
    return new TextDecoder().decode(await open(stored.get(parsed.url)!, parsed))
  }
  return { cases, sent, stored, media, plainOf }
}

test('a document of a case is what one in a message is: its first page and how many it has come with it', async () => {
  const { cases, sent, media, plainOf, stored } = world()
  const file = new File(['%PDF-1.7 partida'], 'partida\u202e.pdf', { type: 'application/pdf' })
  const poster = { blob: new Blob(['primera'], { type: 'image/jpeg' }), width: 340, height: 480 }
  const told: number[] = []
  const given = { file, type: 'birth_certificate' as never, facts: { pages: 3, poster } }
  expect(await cases.document('!r', '$c', given, 't1', (part) => told.push(part))).toBe('$d')
  const [{ content, txnId, type }] = sent as [(typeof sent)[0]]
  expect([type, txnId, told.at(-1)]).toEqual(['m.room.message', 't1', 0.95])
  expect(content).toMatchObject({
    msgtype: 'm.file',
    'org.enlace.document_type': 'birth_certificate',
    'm.mentions': {},
    'm.relates_to': { rel_type: 'm.thread', event_id: '$c' },
  })
  const body = attachmentBody(message.parse(content))
  expect(body).toMatchObject({ type: 'file', name: 'partida.pdf', mimetype: 'application/pdf', pages: 3 })
  if (body?.type !== 'file' || !body.firstPage) throw new Error('It has no first page.')
  expect(body.firstPage).toMatchObject({ type: 'image/jpeg', width: 340, height: 480 })
  expect(await plainOf(body.file)).toBe('%PDF-1.7 partida')
  expect(await plainOf(body.firstPage.file)).toBe('primera')
  // Both go with the message when it is deleted, and neither lies in clear on the server.
  expect(media.carriedBy).toHaveBeenCalledWith('$d', content)
  expect([...stored.values()].map((one) => new TextDecoder().decode(one)).join()).not.toContain('partida')
})

test('one that this device cannot read, and a picture no browser reads, are files like any other', async () => {
  const { cases, sent, stored } = world()
  const files = [
    new File(['%PDF-'], 'rota.pdf', { type: 'application/pdf' }),
    new File(['x'], 'foto.heic', { type: 'image/heic' }),
    new File(['x'], 'nota'),
  ]
  for (const [at, file] of files.entries())
    await cases.document('!r', '$c', { file }, `t${at}`, () => undefined)
  expect(sent.map(({ content }) => [content['msgtype'], content['filename']])).toEqual([
    ['m.file', 'rota.pdf'],
    ['m.file', 'foto.heic'],
    ['m.file', 'nota'],
  ])
  expect(sent.map(({ content }) => attachmentBody(message.parse(content))?.type)).toEqual([
    'file',
    'file',
    'file',
  ])
  expect(stored.size).toBe(3)
})
