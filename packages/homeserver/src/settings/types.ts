import type { Config } from '../config.ts'

type Key = keyof Config & string

export type AppliedSettings = {
  /** Keys that count from now on; none when the file says what counts already. */
  applied: string[]
}
/** What a new file would do. */
export type SettingsPlan = { live: string[]; restart: string[] }

/** settings/: the configuration while the node runs. `ctx.config` is always what counts now. */
export interface Settings {
  /** Where the configuration was read from; undefined in tests that have none. */
  readonly file: string | undefined
  /** What the file would change, validated. @throws ConfigError */
  plan(): Promise<SettingsPlan>
  /**
   * Reads the file again and makes it count: all of it, or nothing.
   * @throws ConfigError when it is not valid, a part cannot work with it, or a key needs a restart
   */
  apply(by: 'operator'): Promise<AppliedSettings>
  /**
   * A part that made something of these keys. `prepare` makes it anew and may fail; what it returns is called when
   * everybody is prepared, and may not.
   */
  whenApplied(keys: readonly Key[], prepare: (next: Config) => Promise<Prepared> | Prepared): void
}
export type Prepared = { commit(): void; discard?(): Promise<void> | void }
