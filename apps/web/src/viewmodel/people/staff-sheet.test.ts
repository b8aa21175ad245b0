import { readTable } from '@enlace/directory/lists'
import { strToU8, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { inviteesOf, proposedUser, readStaff } from './staff-sheet.ts'

const rowsOf = (cells: string[][]) => {
  const read = readStaff(cells)
  if ('problem' in read) throw new Error(read.problem)
  return read.rows
}

test('names every fault of a row, and takes the others', () => {
  const rows = rowsOf([
    ['', ''],
    ['Función', 'NOMBRE', 'Usuario'],
    ['Coordinación', 'María José López', ''],
    ['', 'Mari\u0301a  Lo\u0301pez', ''],
    ['jefe supremo', '', 'mal usuario'],
    ['', '', ''],
    ['oficial', 'Ana', 'ana.hn'],
    ['personal', 'Otra Ana', 'ANA.hn'],
    ['staff', 'x'.repeat(101), 'larga'],
    ['staff', 'In\u200bvisible Perez', ''],
    ['staff', 'Иван', ''],
  ])
  expect(rows.map(({ row, localpart, role, faults }) => [row, localpart, role, faults])).toEqual([
    [3, 'maria.lopez', 'coordinator', []],
    [4, 'maria.lopez.2', 'staff', []],
    [5, 'mal usuario', 'staff', ['name', 'user', 'role']],
    [7, 'ana.hn', 'official', []],
    [8, 'ana.hn', 'staff', ['twice']],
    [9, 'larga', 'staff', ['long']],
    [10, 'invisible.perez', 'staff', []],
    [11, '', 'staff', ['user']],
  ])
  expect(inviteesOf(rows).map(({ display_name }) => display_name)).toContain('María López')
})

test('five thousand rows are read, one more is refused, and so is a sheet without headings', () => {
  const many = (count: number) => [
    ['Nombre'],
    ...Array.from({ length: count }, (_, n) => [`Ana Pérez ${n % 7}`]),
  ]
  const rows = rowsOf(many(5_000))
  expect(new Set(rows.map(({ localpart }) => localpart)).size).toBe(5_000)
  expect(rows.every(({ faults }) => faults.length === 0)).toBe(true)
  expect(readStaff(many(5_001))).toEqual({ problem: 'too_many' })
  expect(readStaff([['a', 'b']])).toEqual({ problem: 'no_columns' })
  expect(readStaff([])).toEqual({ problem: 'no_columns' })
})

/** As Excel writes one: texts in a list beside, in pieces where a part is bold, and nothing for an empty cell. */
function workbook(): Uint8Array {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const packaged = 'http://schemas.openxmlformats.org/package/2006'
  const related = (...list: [type: string, target: string][]) =>
    `<Relationships xmlns="${packaged}/relationships">${list
      .map(
        ([type, target], at) =>
          `<Relationship Id="rId${at + 1}" Type="${office}/${type}" Target="${target}"/>`,
      )
      .join('')}</Relationships>`
  const overrides = ['workbook:sheet.main', 'worksheets/sheet1:worksheet', 'sharedStrings:sharedStrings']
    .map((one) => one.split(':'))
    .map(
      ([part, type]) =>
        `<Override PartName="/xl/${part}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${type}+xml"/>`,
    )
    .join('')
  const parts = {
    '[Content_Types].xml': `<Types xmlns="${packaged}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${overrides}</Types>`,
    '_rels/.rels': related(['officeDocument', 'xl/workbook.xml']),
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="Personal" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': related(
      ['worksheet', 'worksheets/sheet1.xml'],
      ['sharedStrings', 'sharedStrings.xml'],
    ),
    'xl/sharedStrings.xml': `<sst xmlns="${main}"><si><t>Nombre completo</t></si><si><t>Cargo</t></si><si><t>Usuario</t></si><si><r><rPr><b/></rPr><t xml:space="preserve">Ana </t></r><r><t>Núñez</t></r></si><si><t>Coordinadora</t></si><si><t>Luis Paz</t></si></sst>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row><row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" t="s"><v>4</v></c></row><row r="4"><c r="A4" t="s"><v>5</v></c><c r="C4"><v>504</v></c></row></sheetData></worksheet>`,
  }
  return zipSync(
    Object.fromEntries(
      Object.entries(parts).map(([name, xml]) => [
        name,
        strToU8(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${xml}`),
      ]),
    ),
  )
}

test('an Excel file, with a row and cells left empty', () => {
  const read = readTable(workbook())
  if (!read.ok) throw new Error(read.refusal)
  expect(rowsOf(read.file.sheets[0]!.rows)).toEqual([
    { row: 2, name: 'Ana Núñez', localpart: 'ana.nunez', role: 'coordinator', faults: [] },
    { row: 4, name: 'Luis Paz', localpart: '504', role: 'staff', faults: [] },
  ])
})

test('a user name is proposed of the name', () => {
  expect(proposedUser('Ñandú Güémez de la O')).toBe('nandu.o')
  expect(proposedUser('')).toBe('')
})
