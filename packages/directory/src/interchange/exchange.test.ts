import { zipSync } from 'fflate'
import ICAL from 'ical.js'
import jsqr from 'jsqr'
import readXlsxFile from 'read-excel-file/node'
import { describe, expect, it } from 'vitest'
import { publicView } from '../entry/visibility.ts'
import { exampleEntries, exampleInstitutions } from '../examples.ts'
import { harmless, tableCsv, tableRows, tableWorkbook } from './export-table.ts'
import { canonical, hoursText, readHours } from './hours-text.ts'
import { planImport } from './import-table.ts'
import { guessMapping, toRemember, unmapped } from './mapping.ts'
import { pocketDirectory } from './pocket.ts'
import { readTable } from './read-table.ts'
import { unprotected } from './row-cells.ts'
import { readDelimited } from './text-table.ts'
import type { HoursValue, KnownInstitution, Sheet } from './types.ts'
import { type ContactCard, cardsOf, folded, vcard, vcardForCode, vcards } from './vcard.ts'

const now = Date.parse('2026-11-28T12:00:00-06:00')
const known: KnownInstitution[] = exampleInstitutions.map(({ key, name, country }, at) => ({
  key,
  name,
  country,
  example: true,
  entry: exampleEntries[at]!,
}))

function sheetOf(bytes: Uint8Array): Sheet {
  const read = readTable(bytes)
  if (!read.ok) throw new Error(read.refusal)
  return read.file.sheets[0]!
}

const plan = (sheet: Sheet, more: Partial<Parameters<typeof planImport>[2]> = {}) =>
  planImport(sheet, guessMapping(sheet), { institutions: known, now, ...more })

const table = (...lines: string[]) => {
  const read = readDelimited(lines.join('\n'))
  if ('refusal' in read) throw new Error(read.refusal)
  return read.sheet
}

describe('what is exported is imported again', () => {
  it.each(['es', 'en'] as const)('and changes nothing, from CSV and XLSX: %s', (language) => {
    const rows = tableRows(known, { language, now })
    for (const bytes of [
      new TextEncoder().encode(tableCsv(rows, ';')),
      new TextEncoder().encode(tableCsv(rows, ',')),
      tableWorkbook(rows, 'Directorio'),
    ]) {
      const sheet = sheetOf(bytes)
      expect(unmapped(sheet, guessMapping(sheet))).toEqual([])
      const result = plan(sheet)
      expect(result.faults).toEqual([])
      expect(result.good).toBe(5)
      expect(result.institutions.flatMap(({ edits }) => edits)).toEqual([])
      expect(result.institutions.flatMap(({ previews }) => previews.map(({ state }) => state))).toEqual(
        Array.from({ length: 5 }, () => 'unchanged'),
      )
    }
  })

  it('another reader of workbooks finds the same texts', async () => {
    const rows = tableRows(known, { language: 'es', now })
    const [sheet] = await readXlsxFile(Buffer.from(tableWorkbook(rows, 'Directorio')))
    const read = (sheet as unknown as { data: unknown[][] }).data.map((row) =>
      row.map((cell) => String(cell ?? '')),
    )
    expect(read.map((row) => row.map((cell) => cell.trim()))).toEqual(
      rows.map((row) => row.map((cell) => cell.trim())),
    )
  })

  it('a text that looks like a formula is none in any program, and comes back as it was', () => {
    for (const text of [
      '=1+1',
      '+504 0000 0101',
      '-verde',
      '@casa',
      "'=1",
      "''@x",
      '\t=x',
      'normal',
      '-88.5',
      "'comilla",
    ]) {
      const safe = harmless(text)
      expect(/^[=+\-@\t\r]/.test(safe) && !/^-?\d+(?:\.\d+)?$/.test(safe)).toBe(false)
      expect(unprotected(safe)).toBe(text)
    }
    const csv = tableCsv(tableRows(known, { language: 'es', now }))
    expect(csv).not.toMatch(/(?:^|;)"?[=+@]/m)
  })

  it('hours, whatever they are, are written so that they are read back', () => {
    const week = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((seed / 2_147_483_648) * below)
    }
    const clock = () => {
      const quarter = random(97)
      return `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`
    }
    for (let round = 0; round < 3_000; round++) {
      const hours = Array.from({ length: 1 + random(3) }, (): HoursValue => {
        const days = week.filter(() => random(2) === 0)
        const opens = clock().replace('24:00', '00:00')
        const closes = clock().replace('00:00', '24:00')
        return {
          byday: (days.length > 0 ? days : ['MO']).join(','),
          opens,
          closes: closes === opens ? '24:00' : closes,
        }
      })
      for (const language of ['es', 'en'] as const)
        expect(readHours(hoursText(hours, language))).toEqual({ ok: true, value: canonical(hours) })
    }
  })
})

describe('what changes', () => {
  it('a telephone of several services changes for the one row, and in place when all rows say so', () => {
    const rows = tableRows(known, { language: 'es', now })
    const phone = rows[0]!.indexOf('Teléfono')
    const change = (at: number[]) => ({
      name: '',
      rows: rows.map((row, number) =>
        at.includes(number) ? row.map((cell, column) => (column === phone ? '+504 0000 0199' : cell)) : row,
      ),
    })
    const both = plan(change([1, 2])).institutions[0]!
    expect(both.edits.filter(({ table: name }) => name === 'phones')).toMatchObject([
      { kind: 'set', field: 'number', from: '+50400000101', to: '+50400000199' },
      { kind: 'set', field: 'extension', from: 2 },
      { kind: 'set', field: 'type' },
      { kind: 'set', field: 'description' },
    ])
    const one = plan(change([1])).institutions[0]!
    expect(one.previews.map(({ state }) => state)).toEqual(['changed', 'unchanged'])
    expect(one.previews[0]!.changes.map(({ column }) => column)).toEqual(['phone'])
    expect(one.problem).toBeUndefined()
  })

  it('what the list does not have stays, unless somebody ticks it', () => {
    const rows = tableRows(known, { language: 'es', now })
    const sheet = { name: '', rows: rows.slice(0, 2) }
    const kept = plan(sheet).institutions[0]!
    expect(kept.previews.map(({ state }) => state)).toEqual(['unchanged', 'missing'])
    expect(kept.edits).toEqual([])
    const gone = plan(sheet, { remove: new Set([kept.previews[1]!.target]) }).institutions[0]!
    expect(gone.previews.map(({ state }) => state)).toEqual(['unchanged', 'removed'])
    expect(gone.entry.records.services).toHaveLength(1)
    expect(gone.problem).toBeUndefined()
  })

  it('an empty cell changes nothing, unless somebody says that it does', () => {
    const sheet = table(
      'Institución;Servicio;Lugar;Descripción;Idiomas',
      'hn-ejemplo-albergue;Albergue;Casa de ejemplo;;',
    )
    expect(plan(sheet).institutions[0]!.edits).toEqual([])
    const cleared = plan(sheet, { blankClears: true }).institutions[0]!
    expect(cleared.previews[0]!.changes.map(({ column }) => column)).toEqual(['description', 'languages'])
  })

  it('headings are found below a title, and those a person chose are remembered', () => {
    const sheet = table('Directorio 2026', '', 'Entidad;Rubro;Qué da;Fono', 'x;y;z;1')
    const mapping = guessMapping(sheet)
    expect(mapping).toEqual({ headerRow: 2, columns: { institution: 0, category: 1 } })
    const chosen = { headerRow: 2, columns: { institution: 0, category: 1, service: 2, phone: 3 } } as const
    const remembered = toRemember(sheet, chosen)
    expect(remembered).toEqual({ 'que da': 'service', fono: 'phone' })
    expect(guessMapping(sheet, remembered)).toEqual(chosen)
  })
})

describe('hostile files', () => {
  const refusal = (bytes: Uint8Array) => {
    const read = readTable(bytes)
    return read.ok ? 'ok' : read.refusal
  }
  const text = (content: string) => new TextEncoder().encode(content)
  const book = (sheet: string | Uint8Array) =>
    zipSync({
      '_rels/.rels': text(
        '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>',
      ),
      'xl/workbook.xml': text('<workbook xmlns:r="r"><sheets><sheet name="A" r:id="b"/></sheets></workbook>'),
      'xl/_rels/workbook.xml.rels': text(
        '<Relationships><Relationship Id="b" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
      ),
      'xl/worksheets/sheet1.xml': typeof sheet === 'string' ? text(sheet) : sheet,
    })
  const rows = (content: string) => `<worksheet><sheetData>${content}</sheetData></worksheet>`

  it('are refused with a sentence, and nothing of them is taken', () => {
    expect(refusal(new Uint8Array())).toBe('empty')
    expect(refusal(text('   \n '))).toBe('empty')
    expect(refusal(Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 1, 2))).toBe('old_excel')
    expect(refusal(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0))).toBe('not_a_table')
    expect(refusal(Uint8Array.of(0x50, 0x4b, 3, 4, 5))).toBe('broken')
    expect(refusal(zipSync({ 'leame.txt': text('hola') }))).toBe('not_a_table')
    expect(refusal(new Uint8Array(15_000_001))).toBe('too_large')
    // A small file that would fill all memory.
    expect(refusal(book(new Uint8Array(130_000_000)))).toBe('too_large')
    expect(
      refusal(book(rows('<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>'))),
    ).toBe('too_many_rows')
    expect(refusal(book(rows('<row r="1"><c r="XFD1"><v>1</v></c></row>')))).toBe('too_many_columns')
    expect(refusal(text('a;b\n"c;d\n'.concat('x;y\n'.repeat(50))))).toBe('broken')
    expect(refusal(text('a,b\n'.repeat(21_000)))).toBe('too_many_rows')
    expect(refusal(text(','.repeat(250).replaceAll(',', 'a,')))).toBe('too_many_columns')
  })

  it('a part that holds more than it says is not read as if it were whole', () => {
    const bytes = book(rows(`<row r="1">${'<c><v>1</v></c>'.repeat(20)}</row>`))
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < bytes.length - 46; at++)
      if (view.getUint32(at, true) === 0x02014b50 && view.getUint32(at + 24, true) > 300)
        view.setUint32(at + 24, 300, true)
    expect(refusal(bytes)).toBe('broken')
  })

  it('formulas are not evaluated: their saved value counts, and one without is a fault of its cell', () => {
    const sheet = sheetOf(
      book(
        rows(
          '<row r="1"><c r="A1" t="inlineStr"><is><t>Servicio</t></is></c><c r="B1" t="inlineStr"><is><t>Descripción</t></is></c></row>' +
            '<row r="2"><c r="A2" t="str"><f>A1</f><v>Albergue</v></c><c r="B2"><f>WEBSERVICE("http://x")</f></c></row>' +
            '<row r="3"><c r="A3" t="str"><v>Alimentación</v></c><c r="B3" t="e"><v>#REF!</v></c></row>',
        ),
      ),
    )
    expect(sheet.rows[1]![0]).toBe('Albergue')
    expect(plan(sheet, { own: 'hn-ejemplo-albergue' }).faults).toMatchObject([
      { row: 2, letters: 'B', code: 'formula_without_value' },
      { row: 3, letters: 'B', code: 'formula_error', found: '#REF!' },
    ])
  })

  it('entities that grow are not followed', () => {
    const sheet = sheetOf(
      book(
        `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${rows('<row r="1"><c t="inlineStr"><is><t>&b;</t></is></c><c><v>1</v></c></row>')}`,
      ),
    )
    expect(sheet.rows[0]![0]!.length).toBeLessThan(10)
  })
})

describe('cards for a telephone', () => {
  const cards = known.flatMap((each) => cardsOf(each, 'es'))
  const odd: ContactCard = {
    uid: '6f1c1f0e-9d6b-4c0f-8f4f-6f0b7f0a3d52',
    name: 'Ni’ña; Gübida, S.A. \\ "ocho"',
    institution: 'Institución; de, ejemplo',
    title: 'Coordinación: noche',
    phones: [
      {
        number: '+50400000101',
        extension: 7,
        description: 'Recepción; turno',
        whatsapp: true,
        night: true,
        type: 'cell',
      },
      { number: '+50200000202' },
    ],
    email: 'a@ejemplo.org',
    note: `Q’eqchi’ ${'ñandú '.repeat(40)}\nsegunda línea; con, marcas`,
  }

  it.each(['4.0', '3.0'] as const)('are read by another parser as they were meant: %s', (version) => {
    for (const card of [...cards, odd]) {
      const text = vcard(card, version)
      expect(text.split('\r\n').every((line) => new TextEncoder().encode(line).length <= 75)).toBe(true)
      const read = new ICAL.Component(ICAL.parse(text) as unknown as unknown[])
      // This parser leaves a semicolon of a plain text escaped, as RFC 6350 (3.4) lets one write it.
      const plain = (text: unknown) => String(text).replaceAll('\\;', ';')
      const value = (name: string) => read.getFirstPropertyValue(name)
      expect(value('version')).toBe(version)
      expect(plain(value('fn'))).toBe(card.name)
      expect(plain([value('org')].flat().join(';'))).toBe(card.institution)
      const numbers = read.getAllProperties().filter(({ name }) => /(?:^|\.)tel$/i.test(name))
      expect(numbers.map((each) => String(each.getFirstValue()))).toEqual(
        card.phones.map(({ number, extension }) =>
          version === '4.0'
            ? `tel:${number}${extension === undefined ? '' : `;ext=${extension}`}`
            : `${number}${extension === undefined ? '' : `,${extension}`}`,
        ),
      )
      if (card.note) expect(plain(value('note'))).toContain(card.note)
      if (card.phones.some(({ whatsapp }) => whatsapp))
        expect(text.replaceAll('\r\n ', '')).toContain('WhatsApp')
    }
    expect((ICAL.parse(vcards(cards, version)) as unknown[]).length).toBe(cards.length)
  })

  it('lines are cut between letters, never inside one', () => {
    const line = `NOTE:${'ʼñ𝄞'.repeat(60)}`
    expect(folded(line).replaceAll('\r\n ', '')).toBe(line)
    for (const part of folded(line).split('\r\n'))
      expect(new TextDecoder('utf-8', { fatal: true }).decode(new TextEncoder().encode(part))).toBe(part)
  })

  it('fit a code that another reader reads', async () => {
    const { encodeQR } = await import('qr')
    for (const card of [...cards, odd]) {
      const content = vcardForCode(card)
      const code = encodeQR(content, 'raw', { ecc: 'low', border: 4 }) as boolean[][]
      const scale = 4
      const size = code.length * scale
      const pixels = new Uint8ClampedArray(size * size * 4).fill(255)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++)
          if (code[Math.floor(y / scale)]![Math.floor(x / scale)])
            pixels.fill(0, (y * size + x) * 4, (y * size + x) * 4 + 3)
      expect((jsqr as unknown as typeof jsqr.default)(pixels, size, size)?.data).toBe(content)
    }
  })
})

describe('the pocket directory', () => {
  it('is by place, then by service, and the public one has only what anybody may see', () => {
    const all = pocketDirectory(known, now)
    expect(all.map(({ name }) => name)).toEqual(['Puerto Barrios', 'Omoa'])
    expect(all[1]!.services.map(({ category }) => category)).toEqual(['shelter', 'food'])
    const shown = JSON.stringify(
      pocketDirectory(
        known.map((each) => ({ ...each, entry: publicView(each.entry) })),
        now,
      ),
    )
    expect(JSON.stringify(all)).toContain('+504 0000 0102')
    expect(shown).not.toContain('+504 0000 0102')
    expect(shown).toContain('+504 0000 0101')
  })
})
