import 'fake-indexeddb/auto'
import { foldText } from '@enlace/directory/text'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import type { EventView } from '../timeline/types.ts'
import { createSearchDesk } from './search-desk.ts'
import { createSearchIndex } from './search-index.ts'
import { createTextFiles } from './text-files.ts'
import type { MessageQuery, SearchableMessage, SearchDesk, SearchIndex } from './types.ts'

const USER = '@registro.hn:hn'
let database: OwnDatabase
beforeEach(async () => {
  database = await openOwnDatabase(USER)
})
afterEach(async () => {
  database.close()
  await deleteOwnDatabase(USER)
})
const message = (id: string, text: string, ts = 1, roomId = '!documentos') => ({
  id,
  roomId,
  sender: '@a:hn',
  ts,
  text,
})
const find = async (
  index: SearchIndex,
  text: string,
  more: Partial<MessageQuery> = {},
): Promise<string[]> => {
  const { hits } = await index.search({ text, rooms: ['!documentos', '!a', '!b'], limit: 60, ...more })
  return hits.map((one) => one.message.id)
}

test('accents and case do not matter', () => {
  expect(foldText('NIÑEZ Áéíóú')).toBe('ninez aeiou')
})

describe('search on this device', () => {
  test('finds by any spelling, by the beginning of a word, newest first', async () => {
    const index = createSearchIndex(database)
    index.put(message('$1', 'Certificación de nacimiento', 1))
    index.put(message('$2', 'Otra CERTIFICACION', 2))
    index.put(message('$3', 'Albergue', 3))
    expect(await find(index, 'certificacion')).toEqual(['$2', '$1'])
    expect(await find(index, 'certif nacim')).toEqual(['$1'])
    expect(await find(index, '  ')).toEqual([])
  })

  test('finds numbers and references however they are written', async () => {
    const index = createSearchIndex(database)
    const written = {
      $dni: 'DNI 0801-1990-12345, nacida en Omoa',
      $plain: 'identidad 0801199012345',
      $phone: 'Llamar al +504 9988-7766 (WhatsApp)',
      $two: 'Teléfonos: 9988-1122 2233-4455',
      $case: 'Caso HN01-2026-000123 recibido',
      $other: 'Caso HN01-2026-000124 recibido, 0802-1990-12345',
      $lang: "Habla Q'eqchi' solamente",
    }
    for (const [id, text] of Object.entries(written)) index.put(message(id, text))
    const found = async (query: string) => (await find(index, query)).sort()
    for (const query of [
      '0801199012345',
      '0801-1990-12345',
      '0801 1990 12345',
      '0801.1990.12345',
      '08011990-12345',
      '０８０１199012345',
    ])
      expect([query, await found(query)]).toEqual([query, ['$dni', '$plain']])
    for (const query of [
      '99887766',
      '9988 7766',
      '9988-7766',
      '+504 9988-7766',
      '+50499887766',
      '00504 9988 7766',
      '(504) 9988-7766',
    ])
      expect([query, await found(query)]).toEqual([query, ['$phone']])
    for (const query of ['99881122', '+504 2233 4455']) expect(await found(query)).toEqual(['$two'])
    for (const query of ['HN01-2026-000123', 'hn012026000123', 'HN01 2026 000123', '2026-000123', '000123'])
      expect([query, await found(query)]).toEqual([query, ['$case']])
    for (const query of ["q'eqchi'", 'q’eqchi’', 'qʼeqchiʼ', 'qeqchi', 'Q`eqchi´'])
      expect([query, await found(query)]).toEqual([query, ['$lang']])
  })

  test('an edit replaces what was found, a deletion takes it away', async () => {
    const index = createSearchIndex(database)
    index.put(message('$1', 'tomo 88'))
    await find(index, 'tomo')
    index.put(message('$1', 'folio 12'))
    expect(await find(index, 'tomo')).toEqual([])
    expect(await find(index, 'folio')).toEqual(['$1'])
    index.remove('$1')
    expect(await find(index, 'folio')).toEqual([])
    await index.flush()
    expect(await database.all('messages')).toEqual([])
  })

  test('can be kept to one channel', async () => {
    const index = createSearchIndex(database)
    index.put(message('$1', 'retorno', 1, '!a'))
    index.put(message('$2', 'retorno', 2, '!b'))
    expect(await find(index, 'retorno', { rooms: ['!a'] })).toEqual(['$1'])
  })

  test('is there again after a reload', async () => {
    const before = createSearchIndex(database)
    before.put(message('$1', 'partida de nacimiento'))
    await before.flush()
    expect(await find(createSearchIndex(database), 'partida')).toEqual(['$1'])
  })

  test('keeps no more than its limit, and lets the oldest go', async () => {
    const index = createSearchIndex(database, { maxKept: 3 })
    for (let ts = 1; ts <= 6; ts += 1) index.put(message(`$${ts}`, 'caso', ts))
    await index.flush()
    expect(await index.size()).toBe(3)
    expect(await find(index, 'caso')).toEqual(['$6', '$5', '$4'])
    expect(await database.all('messages')).toHaveLength(3)
  })

  test('finds what sounds alike or is misspelt, the exact first, and no number with another digit', async () => {
    const index = createSearchIndex(database)
    const written = {
      $1: 'María Hernández, de Jocón',
      $2: 'Maria Ernandes llega mañana',
      $3: 'Señora Jiménez, con Cecilia',
      $4: 'Giménez y Sesilia Xol',
      $5: 'Reunión en Güinope',
      $6: 'Identidad 0801-1990-12346',
    }
    for (const [at, [id, text]] of Object.entries(written).entries()) index.put(message(id, text, at))
    for (const [query, expected] of [
      ['hernández', ['$1', '$2']],
      ['ERNANDES', ['$2', '$1']],
      ['hernadez', ['$2', '$1']],
      ['gimenez', ['$4', '$3']],
      ['jimenes', ['$4', '$3']],
      ['cecilia', ['$3', '$4']],
      ['sesilia', ['$4', '$3']],
      ['shol', []],
      ['reunion de guinope', ['$5']],
      ['rewnion', ['$5']],
      ['0801199012345', []],
      ['0801-1990-12346', ['$6']],
      ['de', ['$1']],
      ['jocon de la maria', ['$1']],
    ] as const)
      expect([query, await find(index, query)]).toEqual([query, expected])
  })

  test('narrows by who, when and kind, with or without a word', async () => {
    const index = createSearchIndex(database)
    index.put({ ...message('$1', 'acta de Omoa', 10), sender: '@b:gt' })
    index.put({ ...message('$2', 'acta.pdf', 20), kind: 'file' })
    index.put({ ...message('$3', 'foto del acta', 30), kind: 'image', sender: '@b:gt' })
    expect(await find(index, 'acta', { sender: '@b:gt' })).toEqual(['$3', '$1'])
    expect(await find(index, 'acta', { since: 20, until: 30 })).toEqual(['$2'])
    expect(await find(index, 'acta', { kinds: ['text'] })).toEqual(['$1'])
    expect(await find(index, '', { kinds: ['file', 'image'] })).toEqual(['$3', '$2'])
    expect(await find(index, '?!', { kinds: ['file'] })).toEqual([])
    expect(await index.search({ text: 'acta', rooms: ['!documentos'], limit: 1 })).toMatchObject({
      total: 3,
      hits: [{ message: { id: '$3' }, terms: ['acta'] }],
    })
  })

  test('shows nothing of a channel this person may no longer read, and forgets one that was left', async () => {
    const index = createSearchIndex(database)
    index.put(message('$1', 'retorno', 1, '!a'))
    index.put(message('$2', 'retorno', 2, '!b'))
    expect(await find(index, 'retorno', { rooms: [] })).toEqual([])
    await database.put('facts', 'search-back', { '!a': { from: 2, to: 1 }, '!b': { from: 2, to: 1 } })
    await index.forgetRoom('!a')
    expect(await find(index, 'retorno')).toEqual(['$2'])
    expect(await database.get('facts', 'search-back')).toEqual({ '!b': { from: 2, to: 1 } })
    expect(((await database.all('messages')) as SearchableMessage[]).map(({ id }) => id)).toEqual(['$2'])
  })

  test('what a file says stays found when its name is read again, also over a reload', async () => {
    const file = { ...message('$1', 'lista.csv'), kind: 'file' as const }
    const first = createSearchIndex(database)
    first.put({ ...file, text: 'lista.csv\nAna Caal;Cobán' })
    await first.flush()
    first.put(file)
    expect(await find(first, 'caal')).toEqual(['$1'])
    const later = createSearchIndex(database)
    later.put(file)
    await later.flush()
    expect(await find(later, 'coban')).toEqual(['$1'])
    later.put({ ...file, text: 'otra.csv' })
    expect(await find(later, 'coban')).toEqual([])
    later.remove('$1')
    expect(await find(later, 'otra')).toEqual([])
  })

  test('small text files are read once, and not on a costly line', async () => {
    const index = createSearchIndex(database)
    let fetched = 0
    let costly = true
    const files = createTextFiles({
      media: {
        async plain() {
          fetched += 1
          return new TextEncoder().encode('Nombre;Municipio\nCaal;Cobán').buffer as ArrayBuffer
        },
      },
      database,
      searchIndex: index,
      isCostly: () => costly,
    })
    const view = (name: string, size?: number) =>
      ({
        id: `$${name}`,
        sender: '@a:hn',
        ts: 1,
        body: { type: 'file', name, file: {}, ...(size ? { size } : {}) },
      }) as unknown as EventView
    files.read('!a', view('lista.csv'))
    costly = false
    for (const name of ['lista.csv', 'lista.csv', 'foto.zip']) files.read('!a', view(name))
    files.read('!a', view('grande.txt', 10_000_000))
    await expect.poll(() => find(index, 'coban')).toEqual(['$lista.csv'])
    await index.flush()
    const again = createTextFiles({
      media: { plain: () => Promise.reject(new Error('It was asked for again.')) },
      database,
      searchIndex: index,
      isCostly: () => false,
    })
    again.read('!a', view('lista.csv'))
    await index.flush()
    expect(fetched).toBe(1)
    expect(await find(index, 'coban')).toEqual(['$lista.csv'])
  })

  test('finds everything again after the worker died', async () => {
    let die: (() => void) | undefined
    let desks = 0
    const makeDesk = (onLost: () => void): SearchDesk => {
      desks += 1
      const desk = createSearchDesk()
      die = () => {
        desk.close()
        onLost()
      }
      return desk
    }
    const index = createSearchIndex(database, { makeDesk })
    index.put(message('$1', 'partida'))
    expect(await find(index, 'partida')).toEqual(['$1'])
    die?.()
    index.put(message('$2', 'partida', 2))
    expect(await find(index, 'partida')).toEqual(['$2', '$1'])
    expect(desks).toBe(1)
  })
})

test('deleting the database of an account leaves nothing of it', async () => {
  await database.put('drafts', '!a', 'borrador')
  database.close()
  await deleteOwnDatabase(USER)
  database = await openOwnDatabase(USER)
  expect(await database.get('drafts', '!a')).toBeUndefined()
})
