/** A spreadsheet of staff: whom its rows name, and what is wrong with each of them. */
import type { Invitee, Role } from './people-api.ts'

export type StaffFault = 'name' | 'user' | 'role' | 'twice' | 'long'
/** `row`: as the spreadsheet counts them. */
export type StaffRow = { row: number; name: string; localpart: string; role: Role; faults: StaffFault[] }
export type StaffSheet = { rows: StaffRow[] } | { problem: 'no_columns' | 'too_many' }

export const MAX_ROWS = 5_000
const MAX_NAME = 100
const LOCALPART = /^[a-z0-9][a-z0-9._=-]{0,59}$/

const plain = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\p{Cc}]/gu, '')
    .trim()
    .toLowerCase()
const tidy = (text: string) =>
  text
    .normalize('NFC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()

const HEADINGS = {
  name: /^(nombre|nombres|nombre completo|nombre y apellido|name|full name)$/,
  user: /^(usuario|user|username|user name|cuenta|account)$/,
  role: /^(funcion|rol|cargo|role|position)$/,
}
const ROLES: readonly (readonly [RegExp, Role])[] = [
  [/^(|personal|staff|empleada|empleado|tecnica|tecnico)$/, 'staff'],
  [/^(coordinacion|coordinadora|coordinador|coordinator|coordination)$/, 'coordinator'],
  [/^(funcionariado|funcionaria|funcionario|oficial|official)$/, 'official'],
]

/** `maria.lopez` of "María José López". */
export function proposedUser(name: string): string {
  const words = plain(tidy(name))
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
  return [words[0], words.length > 1 ? words.at(-1) : undefined].filter(Boolean).join('.').slice(0, 60)
}

export function readStaff(cells: readonly (readonly string[])[]): StaffSheet {
  const at = cells.findIndex((row) => row.some((cell) => cell.trim() !== ''))
  const headings = (cells[at] ?? []).map(plain)
  const column = (name: keyof typeof HEADINGS) => headings.findIndex((one) => HEADINGS[name].test(one))
  const [nameAt, userAt, roleAt] = [column('name'), column('user'), column('role')]
  if (nameAt < 0 && userAt < 0) return { problem: 'no_columns' }
  const below = cells.slice(at + 1)
  if (below.length > MAX_ROWS) return { problem: 'too_many' }
  const taken = new Set<string>()
  const rows: StaffRow[] = []
  below.forEach((cellsOfRow, index) => {
    if (cellsOfRow.every((cell) => cell.trim() === '')) return
    const faults: StaffFault[] = []
    const name = nameAt < 0 ? '' : tidy(cellsOfRow[nameAt] ?? '')
    if (nameAt >= 0 && name === '') faults.push('name')
    if (name.length > MAX_NAME) faults.push('long')
    const typed = userAt < 0 ? '' : (cellsOfRow[userAt] ?? '').trim().toLowerCase()
    let localpart = typed
    if (localpart === '') {
      // Two of one name are two people; two of one user name are a mistake.
      const base = proposedUser(name)
      localpart = base
      for (let n = 2; taken.has(localpart); n += 1) localpart = `${base}.${n}`
    }
    if (!LOCALPART.test(localpart)) {
      if (typed !== '' || name !== '') faults.push('user')
    } else if (taken.has(localpart)) faults.push('twice')
    taken.add(localpart)
    const role = ROLES.find(([pattern]) =>
      pattern.test(plain(roleAt < 0 ? '' : (cellsOfRow[roleAt] ?? ''))),
    )?.[1]
    if (!role) faults.push('role')
    rows.push({ row: at + index + 2, name, localpart, role: role ?? 'staff', faults })
  })
  return { rows }
}

export const inviteesOf = (rows: readonly StaffRow[]): Invitee[] =>
  rows
    .filter(({ faults }) => faults.length === 0)
    .map(({ name, localpart, role }) => ({ localpart, role, ...(name ? { display_name: name } : {}) }))
