import { caseTargetsEventType, type TargetSources } from '@enlace/coordination'
import type { Room } from 'matrix-js-sdk'

/** Targets as the channel's coordinators set them. */
export function targetsIn(room: Room | null, institution: string): TargetSources {
  const content = (key: string) => room?.currentState.getStateEvents(caseTargetsEventType, key)?.getContent()
  return { general: content(''), own: content(institution) }
}
