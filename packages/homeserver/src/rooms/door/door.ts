/**
 * The one door. Nothing becomes part of what this node knows of a room but in one of these ways:
 *
 *   send                      a local person's event, or one the node sends in their name          send.ts
 *   sendFinished              a local event that another server has signed too: an invite          send.ts
 *   createRoom                the first event of a new room                                        send.ts
 *   receive                   a partner's event of a room this node is in                          receive.ts
 *   importJoin                the state of a partner's room, and the join that makes it ours       import-join.ts
 *   receiveOutliers           events that others refer to, without a place in the timeline         outliers.ts
 *   storeOutOfRoomMembership  an invitation, knock or leaving in a room nobody here is in          outliers.ts
 *
 * and whichever it is, it goes through these steps, on the room's one queue from the second check of rights on:
 *
 *   draft.ts         a local event is built on the room's newest ones, hashed and signed
 *   checks.ts        signatures and authorisation, in the order of the specification; format and hash are told by reading
 *   persist.ts       state group, event (the commit), memberships; then the stream tells everybody
 *   write-buffer.ts  messages that follow each other are written together
 */
import type { Door, Drafts } from '../types.ts'
import { createChecks } from './checks.ts'
import { createDraft } from './draft.ts'
import { createImportJoin } from './import-join.ts'
import { createOutliers } from './outliers.ts'
import { createPersist } from './persist.ts'
import { createReceive } from './receive.ts'
import { createSend } from './send.ts'
import type { DoorDeps, Steps } from './types.ts'

export type OpenDoor = {
  ways: Door
  /** The steps that others need by themselves: templates for other servers, repeated sends, summaries. */
  draft: Steps['draft']
  checks: Steps['checks']
  drained: Steps['drained']
  sentAs: Drafts['sentAs']
}

export function openDoor(deps: DoorDeps): OpenDoor {
  const draft = createDraft(deps)
  const checks = createChecks(deps)
  const { persist, drained } = createPersist(deps)
  const steps: Steps = { ...deps, draft, checks, persist, drained }
  const { receiveOutliers, storeOutOfRoomMembership } = createOutliers(steps)
  const { send, sendFinished, createRoom, sentAs } = createSend(steps)
  const ways: Door = {
    send,
    sendFinished,
    createRoom,
    receive: createReceive(steps, send),
    importJoin: createImportJoin(steps, receiveOutliers),
    receiveOutliers,
    storeOutOfRoomMembership,
  }
  return { ways, draft, checks, drained, sentAs }
}
