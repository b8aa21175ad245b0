import type { BilingualText } from '@enlace/directory/text'

/** Somebody else writes to the repository. */
export class BackupInUse extends Error {
  constructor(place: string) {
    super(
      `Ya se está haciendo otro respaldo en ${place}: solo uno puede escribir ahí a la vez. / Another backup to ${place} is under way; only one may write there at a time.`,
    )
  }
}
/** The backup is not what was written: named, so that nobody puts half of it back. */
export class BackupDamaged extends Error {
  constructor({ es, en }: BilingualText, options?: ErrorOptions) {
    super(`${es} / ${en}`, options)
  }
}
