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
    ['', 'Maria\u0301  Lo\u0301pez', ''],
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

test('a user name is proposed of the name', () => {
  expect(proposedUser('Ñandú Güémez de la O')).toBe('nandu.o')
  expect(proposedUser('')).toBe('')
})
