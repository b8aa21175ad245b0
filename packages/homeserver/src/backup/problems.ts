/** What is not as it should be with a node's backups, and the sentence for whoever must act. */
import type { BackupState } from './backup-state.ts'
import type { BackupProblem } from './types.ts'

const HOUR_MS = 3_600_000
/** A backup may be late by so much of its interval before somebody is told. */
const LATE = 1.5

/** Pure. The worst first: no backup, an old one, one that could not be opened, one that nobody tried. */
export function backupProblem(
  state: BackupState,
  { every_hours, verify_hours }: { every_hours: number; verify_hours: number },
  now: number,
): BackupProblem | undefined {
  const { made, verified, failing } = state
  const refuted = state.refuted ?? state.damaged
  const late = every_hours * LATE * HOUR_MS
  if (!made && now - state.since > late) return problem('never-made', state.since, failing?.detail ?? '')
  if (made && now - made.ts > late) return problem('too-old', made.ts, failing?.detail ?? '')
  if (refuted) return problem('verification-failed', refuted.since, refuted.detail)
  if (failing && now - failing.since > HOUR_MS) return problem('failed', failing.since, failing.detail)
  // The first backup has as long as any other to be tried.
  const since = verified?.ts ?? state.since
  if (made && now - since > verify_hours * HOUR_MS)
    return problem(verified ? 'verified-too-old' : 'never-verified', since, '')
  return undefined
}

const WORDS: Record<BackupProblem['kind'], { es: string; en: string }> = {
  'never-made': {
    es: 'Todavía no hay ningún respaldo de este servidor. Avise a quien lo administra.',
    en: 'There is no backup of this server yet. Tell whoever runs it.',
  },
  'too-old': {
    es: 'El último respaldo es demasiado viejo: si la máquina se pierde, se pierde lo escrito desde entonces. Avise a quien administra el servidor.',
    en: 'The last backup is too old: if the machine is lost, what was written since is lost. Tell whoever runs the server.',
  },
  failed: {
    es: 'El respaldo está fallando. El anterior todavía sirve. Avise a quien administra el servidor.',
    en: 'Making the backup fails. The one before is still good. Tell whoever runs the server.',
  },
  'verification-failed': {
    es: 'El último respaldo no pudo restaurarse en la prueba. Avise hoy a quien administra el servidor.',
    en: 'The last backup could not be restored when it was tried. Tell whoever runs the server today.',
  },
  'never-verified': {
    es: 'Nadie ha probado todavía que los respaldos se puedan restaurar. Pida a quien administra el servidor que lo haga.',
    en: 'Nobody has tried yet whether the backups can be restored. Ask whoever runs the server to do so.',
  },
  'verified-too-old': {
    es: 'Hace demasiado tiempo que nadie prueba si los respaldos se pueden restaurar. Avise a quien administra el servidor.',
    en: 'It is too long since anybody tried whether the backups can be restored. Tell whoever runs the server.',
  },
}

const problem = (kind: BackupProblem['kind'], since: number, detail: string): BackupProblem => ({
  kind,
  since,
  detail,
  message: WORDS[kind],
})
