import type { MaterialRecord, MaterialState, MaterialStepDraft } from '@enlace/coordination/materials'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'

export interface Materials {
  /** of the channels this device knows, newest first */
  readonly all: ReadableStore<readonly MaterialState[]>
  /** whether the node was asked since the page is open */
  readonly asked: ReadableStore<boolean>
  readonly failure: ReadableStore<Failure | undefined>
  /** Asks the node for what is new in these channels. */
  refresh(roomIds: readonly string[]): Promise<void>
  /**
   * Sends a new material, in three events: that there is one, what it says (encrypted), and that this is its first version.
   *
   * @param attempt the same for each attempt at one material, so that one that was cut off goes on and is not made twice
   * @returns the material's ID @throws what the request throws; Error for an account of no institution
   */
  propose(roomId: string, version: MaterialRecord, attempt: string): Promise<string>
  /** @param record what the step names, sent before it, encrypted @throws as `propose` */
  step(
    material: MaterialState,
    draft: Omit<MaterialStepDraft, 'record'>,
    record?: MaterialRecord,
  ): Promise<void>
  close(): void
}
