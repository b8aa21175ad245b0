/** Somebody else writes to the repository. */
export class BackupInUse extends Error {
  constructor(place: string) {
    super(`Another backup to ${place} is under way; only one may write there at a time.`)
  }
}
/** The backup is not what was written: named, so that nobody puts half of it back. */
export class BackupDamaged extends Error {}
