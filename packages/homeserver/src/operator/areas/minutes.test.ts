import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MinutesVerdict } from '@enlace/evidence/verify'
import { expect, test } from 'vitest'
import type { Here } from '../types.ts'
import { minutesArea, minutesSaid } from './minutes.ts'

const verdict: MinutesVerdict = {
  ok: false,
  meeting: '$meeting',
  startsTs: Date.UTC(2026, 2, 10, 15),
  title: 'Reunión de ejemplo\u001b[2J',
  place: 'Lugar de ejemplo',
  sha256: 'a'.repeat(43),
  counts: { paragraphs: 2, decisions: 1, commitments: 8 },
  signatures: [
    { institution: 'hn-sreci', word: 'proven', keyid: 'ab'.repeat(32) },
    { institution: 'gt-renap', word: 'changed', keyid: 'cd'.repeat(32) },
    { institution: 'gt-sbs', word: 'absent' },
  ],
  rootCode: '12345 67890',
  rootGiven: false,
  listUntil: Date.UTC(2026, 10, 29),
}

test('what holds and what does not is said for each institution, in both languages', () => {
  const es = minutesSaid(verdict, 'es')
  expect(es).toMatch(/hn-sreci: firmó exactamente esta acta.*\(abababababababab\)/)
  expect(es).toMatch(/gt-renap: NO firmó esta acta/)
  expect(es).toContain('gt-sbs: participa y no ha firmado.')
  expect(es).toMatch(/^NO: una firma falla/m)
  expect(es).toContain('12345 67890')
  expect(es).not.toContain('\u001b')
  const en = minutesSaid({ ...verdict, ok: true, rootGiven: true }, 'en')
  expect(en).toMatch(/^Good: no signature fails/m)
  expect(en).not.toContain('12345 67890')
  expect(minutesSaid({ ...verdict, fault: { kind: 'no_network', what: 'x' } }, 'es')).toMatch(/^NO: /)
})

test('a file that is no minutes ends with problems, and not with an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-minutes-'))
  try {
    const file = join(folder, 'acta.json')
    await writeFile(file, '{"_type":"other"}')
    const [verify] = minutesArea.commands
    const answer = await (verify!.run as (here: Here, input: unknown) => Promise<unknown>)({} as Here, {
      file,
    })
    expect(answer).toMatchObject({ ok: false, problems: 1, fault: { kind: 'unreadable' } })
  } finally {
    await rm(folder, { recursive: true })
  }
})
