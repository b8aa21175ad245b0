import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { standardFolder } from '../../testing/standard.ts'
import { type Cell, parseCsv, writeCsv } from './csv.ts'
import { faultsOf, fromHsdsJson, toHsdsJson } from './interchange.ts'
import { addNested, nest, Ownership } from './nesting.ts'
import { columns, type Row, type TableName, type Tables, tableNames } from './tables.ts'
import { fromDataPackage, fromTabularJson, toDataPackage } from './tabular.ts'

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const organization = {
  id: id(1),
  name: 'Centro de ejemplo',
  description: '',
  folio: 7,
  'x-red': { zonas: ['norte', 'sur'], activa: true },
  phones: [{ id: id(2), number: '+50400000101', turno: 'noche', languages: [{ id: id(3), code: 'cab' }] }],
  services: [
    {
      id: id(4),
      name: 'Albergue',
      status: 'active',
      attributes: [{ id: id(5), link_type: 'color', value: 'azul', origen: 'lista de 2018' }],
      phones: [
        { id: id(2), number: '+50400000101', turno: 'noche', languages: [{ id: id(3), code: 'cab' }] },
      ],
      service_at_locations: [{ id: id(6), location: { id: id(7), location_type: 'physical' } }],
    },
  ],
}

const tablesOf = (value: unknown, table: TableName = 'organizations') => {
  const tables: Tables = {}
  addNested(tables, table, value)
  return tables
}
const rows = (tables: Tables) =>
  Object.fromEntries(
    tableNames.flatMap((name) => {
      const all = [...(tables[name]?.values() ?? [])]
      return all.length > 0 ? [[name, all.sort((a, b) => a.id.localeCompare(b.id))]] : []
    }),
  )

describe('objects in objects', () => {
  it('become rows that name their owners, and come together again', () => {
    const tables = tablesOf(organization)
    expect(tables.phones?.get(id(2))).toEqual({
      id: id(2),
      number: '+50400000101',
      turno: 'noche',
      organization_id: id(1),
      service_id: id(4),
    })
    expect(tables.attributes?.get(id(5))).toMatchObject({ link_id: id(4), link_entity: 'service' })
    expect(tables.service_at_location?.get(id(6))).toEqual({
      id: id(6),
      service_id: id(4),
      location_id: id(7),
    })
    const again = nest(new Ownership(tables), 'organizations', tables.organizations!.get(id(1))!, {
      keys: 'bare',
    })
    expect(again).toEqual({
      ...organization,
      services: [
        {
          ...organization.services[0]!,
          attributes: [{ ...organization.services[0]!.attributes[0]!, link_entity: 'service' }],
        },
      ],
    })
  })

  it('of one ID and two contents or owners are kept both', () => {
    const tables = tablesOf({
      id: id(1),
      locations: [
        { id: id(2), phones: [{ id: id(9), number: '1' }] },
        { id: id(3), phones: [{ id: id(9), number: '1' }] },
        { id: id(4), phones: [{ id: id(8), number: '2' }] },
      ],
      phones: [{ id: id(8), number: '3' }],
    })
    expect(
      [...tables.phones!.values()].map(({ number, location_id }) => [number, location_id ?? null]).sort(),
    ).toEqual([
      ['1', id(2)],
      ['1', id(3)],
      ['2', id(4)],
      ['3', null],
    ])
    const again: Tables = {}
    addNested(
      again,
      'organizations',
      nest(new Ownership(tables), 'organizations', tables.organizations!.get(id(1))!, { keys: 'keyed' }),
    )
    expect(rows(again)).toEqual(rows(tables))
  })

  it('may be anything: what is no object of the standard stays where it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (phones, extra) => {
        const value = { id: id(1), phones, extra }
        const tables = tablesOf(value)
        const again = nest(new Ownership(tables), 'organizations', tables.organizations!.get(id(1))!, {
          keys: 'bare',
        })
        const order = (list: unknown) =>
          Array.isArray(list) ? list.map((each) => JSON.stringify(each)).sort() : list
        const nothing = Array.isArray(phones) && phones.length === 0
        expect(order(again['phones'])).toEqual(nothing ? undefined : order(value.phones))
        expect(again['extra']).toEqual(extra)
      }),
    )
  })
})

describe('CSV', () => {
  it('reads what it wrote, whatever is in the cells', () => {
    const cell = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined })
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { maxLength: 6 }),
        (table: Cell[][]) => {
          expect(parseCsv(writeCsv(table))).toEqual(table)
        },
      ),
    )
  })

  it('reads other programs’ lines', () => {
    expect(parseCsv('\uFEFFa;b\r\n"1 ""uno"";";2\n\n;\r3', ';')).toEqual([
      ['a', 'b'],
      ['1 "uno";', '2'],
      [undefined, undefined],
      ['3'],
    ])
  })
})

describe('a data package', () => {
  it('keeps every field, also those the standard does not have', () => {
    const tables = tablesOf(organization)
    const files = toDataPackage(tables)
    expect(files['organizations.csv']).toContain('id,name,description,folio,x-red')
    const back = fromDataPackage(files)
    expect(back.faults).toEqual([])
    expect(rows(back.tables)).toEqual(rows(tables))
  })

  it('says row and column of what cannot be read, and keeps the rest', () => {
    const { tables, faults } = fromDataPackage({
      'services.csv': `id,name,status,minimum_age\n${id(1)},A,active,doce\n,B,active,\n${id(1)},C,active,1\n${id(2)},D,active,`,
    })
    expect(faults).toEqual([
      { file: 'services.csv', row: 1, column: 'minimum_age', fault: 'not_a_number' },
      { file: 'services.csv', row: 2, column: 'id', fault: 'no_id' },
      { file: 'services.csv', row: 3, column: 'id', fault: 'twice' },
    ])
    expect([...tables.services!.keys()]).toEqual([id(1), id(2)])
  })

  it('keeps any rows through both forms', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      fc.boolean(),
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record(
            { id: fc.uuid(), name: fc.string(), extra: fc.option(value, { nil: undefined }) },
            { requiredKeys: ['id'] },
          ),
          {
            selector: (row) => row.id,
            minLength: 1,
          },
        ),
        (list) => {
          const clean = list.map((row) => JSON.parse(JSON.stringify(row)) as Row)
          const tables: Tables = { services: new Map(clean.map((row) => [row.id, row])) }
          expect(rows(fromDataPackage(toDataPackage(tables)).tables)).toEqual(rows(tables))
          expect(rows(fromHsdsJson(JSON.stringify(toHsdsJson(tables))).tables)).toEqual(rows(tables))
        },
      ),
    )
  })
})

describe('JSON', () => {
  it('is read as object, list, page, lines and tables', () => {
    const one = JSON.stringify(organization)
    const expected = rows(tablesOf(organization))
    for (const text of [
      one,
      `[${one}]`,
      `{"contents":[${one}]}`,
      `${one}\n${one}\n`,
      `{"organizations":[${one}]}`,
    ])
      expect(rows(fromHsdsJson(text).tables)).toEqual(expected)
    expect(fromHsdsJson('{"contents":[1,{"id":"x"}]}').unreadable).toEqual(['contents.0', 'contents.1'])
    expect(fromHsdsJson('nada').unreadable).toEqual(['0'])
  })

  it('says what the standard refuses, and keeps it', () => {
    const { tables } = fromHsdsJson(JSON.stringify({ ...organization, email: 'nadie' }))
    expect(faultsOf(tables)).toEqual([expect.objectContaining({ table: 'organizations', field: 'email' })])
    expect(tables.organizations?.get(id(1))?.['email']).toBe('nadie')
  })

  it('cannot be nested for ever', () => {
    const open = `{"id":"${id(1)}","services":[{"id":"${id(2)}","organization":`
    const deep = `${open.repeat(5_000)}{}${'}]}'.repeat(5_000)}`
    expect(fromHsdsJson(deep, 'organizations').unreadable).toEqual([''])
  })
})

describe.skipIf(!standardFolder)('the standard’s examples', () => {
  const examples = `${standardFolder}examples/`
  const read = (name: string) => readFileSync(`${examples}${name}`, 'utf8')

  it.each([
    ['organization_full', 'organizations'],
    ['service_full', 'services'],
    ['service_at_location_full', 'service_at_location'],
    ['location', 'locations'],
    ['taxonomy_term', 'taxonomy_terms'],
    ['taxonomy', 'taxonomies'],
  ] as const)('%s comes out as it went in', (name, table) => {
    const example = JSON.parse(read(`${name}.json`)) as Row
    const { tables, unreadable } = fromHsdsJson(JSON.stringify(example))
    expect(unreadable).toEqual([])
    const row = tables[table]!.get(example.id)!
    expect(nest(new Ownership(tables), table, row, { keys: 'bare' })).toEqual(example)
    // The other way round too: as a data package and back it is still the same.
    const back = fromDataPackage(toDataPackage(tables)).tables
    expect(nest(new Ownership(back), table, back[table]!.get(example.id)!, { keys: 'bare' })).toEqual(example)
    expect(rows(fromHsdsJson(JSON.stringify(toHsdsJson(tables))).tables)).toEqual(rows(tables))
  })

  it.each([
    'organization_list',
    'service_list',
    'service_at_location_list',
    'taxonomy_list',
    'taxonomy_term_list',
  ])('%s comes out as it went in', (name) => {
    const { contents } = JSON.parse(read(`${name}.json`)) as { contents: Row[] }
    const { tables } = fromHsdsJson(read(`${name}.json`))
    const ownership = new Ownership(tables)
    const table = tableNames.find((each) => contents.every((row) => tables[each]?.has(row.id)))!
    expect(
      contents.map((row) => nest(ownership, table, tables[table]!.get(row.id)!, { keys: 'bare' })),
    ).toEqual(contents)
  })

  it('as CSV come out as they went in, also by way of JSON', () => {
    const files = Object.fromEntries(readdirSync(`${examples}csv`).map((name) => [name, read(`csv/${name}`)]))
    const { tables, faults } = fromDataPackage(files)
    expect(faults).toEqual([])
    expect(Object.keys(rows(tables)).sort()).toEqual([...tableNames].sort())
    for (const table of tableNames) {
      const [heading, ...lines] = parseCsv(files[`${table}.csv`]!)
      expect(
        [...tables[table]!.values()].map((row) => heading!.map((column) => row[column!]?.toString())),
        table,
      ).toEqual(lines.map((line) => heading!.map((_, at) => line[at])))
    }
    expect(rows(fromDataPackage(toDataPackage(tables)).tables)).toEqual(rows(tables))
    expect(rows(fromHsdsJson(JSON.stringify(toHsdsJson(tables))).tables)).toEqual(rows(tables))
  })

  it('as tables in JSON come out as they went in', () => {
    const example = JSON.parse(read('tabular.json')) as Record<string, Row[]>
    const { tables, faults } = fromTabularJson(example)
    expect(faults).toEqual([])
    // Identifiers of digits are numbers there; the standard's own schema calls them texts.
    const normal = (row: Row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          name.includes('identifier') ? String(value) : value,
        ]),
      )
    for (const [file, list] of Object.entries(example)) {
      const table = file.replace('.csv', '') as TableName
      expect([...tables[table]!.values()], file).toEqual(list.map((row) => normal(row)))
    }
    expect(rows(fromHsdsJson(JSON.stringify(toHsdsJson(tables))).tables)).toEqual(rows(tables))
  })

  it('have no column that is not known', () => {
    for (const name of readdirSync(`${examples}csv`).filter((each) => each.endsWith('.csv'))) {
      const table = name.replace('.csv', '') as TableName
      const [heading] = parseCsv(read(`csv/${name}`))
      for (const column of heading!) expect(columns[table], name).toContain(column)
    }
  })
})
