import type { RiskRecord, RiskReport, RiskStepDraft } from '@enlace/coordination/risks'
import type { RiskSignature } from '@enlace/coordination/risks/published'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'

export interface Risks {
  /** of the channels this device knows, in no order */
  readonly all: ReadableStore<readonly RiskReport[]>
  /** whether the node was asked since the page is open */
  readonly asked: ReadableStore<boolean>
  readonly failure: ReadableStore<Failure | undefined>
  /** Asks the node for what is new in these channels. */
  refresh(roomIds: readonly string[]): Promise<void>
  /**
   * Sends a new report, in three events: that there is one, what it says (encrypted), and that this is what it says.
   *
   * @param attempt the same for each attempt at one report, so that one that was cut off goes on and is not made twice
   * @throws what the request throws; Error for an account of no institution
   */
  report(roomId: string, record: RiskRecord, attempt: string): Promise<void>
  /** @throws as `report` */
  step(report: RiskReport, draft: Omit<RiskStepDraft, 'record'>): Promise<void>
  /** What the institution signed for the public: an encrypted record and the step that names it. @throws as `report` */
  sign(report: RiskReport, signature: RiskSignature): Promise<void>
  close(): void
}
