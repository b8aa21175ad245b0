/** The table for the institutions ("What each server can know" in the README) leaves nothing out of what is in the clear. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { clearEventSchemas, envelopeSchemas, joiningEventType } from './topics/clear-events.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** Names in a table's second column, by what stands in the first; an empty first cell goes on with the one above. */
function table(): Map<string, Set<string>> {
  const section = readme.slice(readme.indexOf('What each server can know\n'))
  const rows = new Map<string, Set<string>>()
  let event = ''
  for (const line of section
    .split('\n')
    .filter((one) => one.startsWith('| '))
    .slice(2)) {
    const [first = '', second = ''] = line.split('|').slice(1)
    event = first.trim() || event
    const names = [...second.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
    rows.set(event, new Set([...(rows.get(event) ?? []), ...names]))
  }
  return rows
}

test('8.12 every field of every event that travels in the clear is in the table of what each server can know', () => {
  const rows = table()
  const names = (part: string) =>
    [...rows].filter(([event]) => event.includes(part)).flatMap(([, all]) => [...all])
  const everywhere = names('todos')
  expect(everywhere).toContain('by')
  for (const [type, schema] of Object.entries(clearEventSchemas)) {
    if (type === joiningEventType) continue
    const part = type.startsWith('org.enlace.escalation')
      ? 'escalation'
      : type.replace('org.enlace.case.', '…case.')
    const told = new Set([...names(part), ...everywhere])
    const fields = Object.keys((schema as z.ZodObject).shape)
    expect(fields.length, type).toBeGreaterThan(0)
    // Which event an envelope belongs to is what it is for; the ciphertext is what they cannot read.
    expect(
      fields.filter(
        (field) => !['m.relates_to', 'ciphertext', 'algorithm'].includes(field) && !told.has(field),
      ),
      type,
    ).toEqual([])
  }
})

test('8.12 what the table says is always encrypted is in no envelope', () => {
  for (const schema of Object.values(envelopeSchemas))
    for (const field of [
      'counts',
      'arrival',
      'minor',
      'route',
      'transport',
      'expected',
      'values',
      'note',
      'name',
    ])
      expect(Object.keys((schema as z.ZodObject).shape)).not.toContain(field)
})
