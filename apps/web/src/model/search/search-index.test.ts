import 'fake-indexeddb/auto'
import { foldText } from '@enlace/directory/text'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { createSearchIndex } from './search-index.ts'

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
const ids = (found: readonly { id: string }[]) => found.map((one) => one.id)

test('accents and case do not matter', () => {
  expect(foldText('NIÑEZ Áéíóú')).toBe('ninez aeiou')
})

describe('search on this device', () => {
  test('finds by any spelling, by the beginning of a word, newest first', async () => {
    const index = createSearchIndex(database)
    index.put(message('$1', 'Certificación de nacimiento', 1))
    index.put(message('$2', 'Otra CERTIFICACION', 2))
    index.put(message('$3', 'Albergue', 3))
    expect(ids(await index.search('certificacion'))).toEqual(['$2', '$1'])
    expect(ids(await index.search('certif nacim'))).toEqual(['$1'])
    expect(await index.search('  ')).toEqual([])
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
    const found = async (query: string) => ids(await index.search(query)).sort()
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
    await index.search('tomo')
    index.put(message('$1', 'folio 12'))
    expect(await index.search('tomo')).toEqual([])
    expect(ids(await index.search('folio'))).toEqual(['$1'])
    index.remove('$1')
    expect(await index.search('folio')).toEqual([])
    await index.flush()
    expect(await database.all('messages')).toEqual([])
  })

  test('can be kept to one channel', async () => {
    const index = createSearchIndex(database)
    index.put(message('$1', 'retorno', 1, '!a'))
    index.put(message('$2', 'retorno', 2, '!b'))
    expect(ids(await index.search('retorno', '!a'))).toEqual(['$1'])
  })

  test('is there again after a reload', async () => {
    const before = createSearchIndex(database)
    before.put(message('$1', 'partida de nacimiento'))
    await before.flush()
    expect(ids(await createSearchIndex(database).search('partida'))).toEqual(['$1'])
  })

  test('keeps no more than its limit, and lets the oldest go', async () => {
    const index = createSearchIndex(database, 3)
    for (let ts = 1; ts <= 6; ts += 1) index.put(message(`$${ts}`, 'caso', ts))
    await index.flush()
    expect(await index.size()).toBe(3)
    expect(ids(await index.search('caso'))).toEqual(['$6', '$5', '$4'])
    expect(await database.all('messages')).toHaveLength(3)
  })
})

test('deleting the database of an account leaves nothing of it', async () => {
  await database.put('drafts', '!a', 'borrador')
  database.close()
  await deleteOwnDatabase(USER)
  database = await openOwnDatabase(USER)
  expect(await database.get('drafts', '!a')).toBeUndefined()
})
