import type { ExportPurpose, ExportWithholding } from '@enlace/coordination'
import type { Failure } from '../../lib/failure.ts'

// What views show of the model.
export type { Grant } from '../../model/exports/exports-api.ts'

export type Progress = { stage: 'events' | 'files' | 'proofs' | 'record'; done: number; total: number }

export interface ExportChoice {
  caseIds: readonly string[]
  purpose: ExportPurpose
  recipient: string
  withheld: readonly ExportWithholding[]
}

export interface MadeExport {
  file: Blob
  name: string
  signedBy: 'institution' | 'server'
  manifestSha256: string
  /** encrypted events of the cases that this device could not open */
  unreadable: number
  /** attached files that no server gives out any more */
  lost: number
}

export type ExportOutcome = { made: MadeExport } | { problem: Failure | 'too_much' }

/** Beyond this a telephone has no room for the package in memory. */
export const MAX_PACKAGE_BYTES = 300 * 1024 * 1024

export class TooMuch extends Error {
  override readonly name = 'TooMuch'
}
