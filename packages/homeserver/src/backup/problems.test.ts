import { expect, test } from 'vitest'
import type { BackupState } from './backup-state.ts'
import { backupProblem } from './problems.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 0, 10)
const DUE = { every_hours: 24, verify_hours: 48 }
const ago = (hours: number) => NOW - hours * HOUR
const made = (hours: number) => ({ made: { id: 'b', ts: ago(hours), place: '/backups' } })
const verified = (hours: number) => ({ verified: { id: 'a', ts: ago(hours) } })
const failing = (hours: number) => ({ failing: { since: ago(hours), detail: 'disk full' } })
const refuted = { refuted: { since: ago(2), detail: 'a file is missing' } }
const damaged = { damaged: { since: ago(3), detail: 'a pack was altered' } }

const table: [string, Partial<BackupState>, [kind: string, since: number, detail: string] | undefined][] = [
  ['none yet, and there is still time', { since: ago(36) }, undefined],
  ['none when one should be there', {}, ['never-made', ago(1000), '']],
  ['none, because it fails', failing(30), ['never-made', ago(1000), 'disk full']],
  ['late, as one may be', { ...made(36), ...verified(1) }, undefined],
  ['too old', { ...made(37), ...verified(1) }, ['too-old', ago(37), '']],
  ['too old, because it fails', { ...made(37), ...failing(13) }, ['too-old', ago(37), 'disk full']],
  ['too old is worse than refuted', { ...made(37), ...refuted }, ['too-old', ago(37), '']],
  [
    'not to be restored',
    { ...made(5), ...verified(20), ...refuted },
    ['verification-failed', ago(2), 'a file is missing'],
  ],
  [
    'altered in the store',
    { ...made(5), ...verified(20), ...damaged },
    ['verification-failed', ago(3), 'a pack was altered'],
  ],
  ['one attempt that failed', { ...made(25), ...verified(20), ...failing(1) }, undefined],
  ['failing for longer', { ...made(25), ...verified(20), ...failing(2) }, ['failed', ago(2), 'disk full']],
  ['never tried, and there is still time', { ...made(1), since: ago(48) }, undefined],
  ['never tried', { ...made(1), since: ago(49) }, ['never-verified', ago(49), '']],
  ['tried as long ago as it may be', { ...made(1), ...verified(48) }, undefined],
  ['tried too long ago', { ...made(1), ...verified(49) }, ['verified-too-old', ago(49), '']],
  ['good', { ...made(5), ...verified(20) }, undefined],
]

test.each(table)('%s', (_, state, expected) => {
  const found = backupProblem({ proofs: {}, since: ago(1000), ...state }, DUE, NOW)
  expect(found && [found.kind, found.since, found.detail]).toEqual(expected)
  if (found) for (const words of [found.message.es, found.message.en]) expect(words).toMatch(/^\p{Lu}.+\.$/u)
})
