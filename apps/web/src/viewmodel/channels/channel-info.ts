/** What a channel is, for whoever is in it: who may take part, and what was sent there, as far as this device has it open. */
import { parseTopicPolicy, roles, topicPolicyEventType } from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import { countryName, kindLabel } from '@enlace/directory/words'
import type { Room } from 'matrix-js-sdk'
import { z } from 'zod'
import { plainFileName, plainName } from '../../lib/plain-name.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import { segments } from '../timeline/rich-text.ts'

/** Whom the policy admits; what is absent narrows nothing. */
export interface PolicyWords {
  kinds?: BilingualText[]
  /** Keys of institutions that are named. */
  institutions?: string[]
  countries?: BilingualText[]
  roles?: BilingualText[]
  contact: BilingualText
}

export type SharedThing = { eventId: string; sender: string; ts: number; text: string }
export interface ChannelThings {
  files: SharedThing[]
  media: SharedThing[]
  links: SharedThing[]
  pinned: SharedThing[]
}

const pinnedSchema = z.object({ pinned: z.array(z.string()).max(200) })
const stateOf = (room: Room, type: string): unknown =>
  room.currentState.getStateEvents(type, '')?.getContent()

/** @returns undefined where no policy can be read: then nobody can say who may take part */
export function policyWords(room: Room): PolicyWords | undefined {
  const parsed = parseTopicPolicy(stateOf(room, topicPolicyEventType))
  if (!parsed.ok) return undefined
  const { admits, contact } = parsed.policy
  return {
    ...(admits.institution_kinds ? { kinds: admits.institution_kinds.map(kindLabel) } : {}),
    ...(admits.institutions ? { institutions: admits.institutions } : {}),
    ...(admits.countries ? { countries: admits.countries.map(countryName) } : {}),
    ...(admits.roles ? { roles: admits.roles.map((role) => roles[role]) } : {}),
    contact: contact.text,
  }
}

/** What its coordination says of it; of conversations nobody says anything in the clear. */
export function descriptionOf(room: Room): string {
  const parsed = z.object({ topic: z.string() }).safeParse(stateOf(room, 'm.room.topic'))
  return parsed.success ? plainName(parsed.data.topic) : ''
}

/** Newest first, of what is loaded. */
export function thingsOf(room: Room): ChannelThings {
  const things: ChannelThings = { files: [], media: [], links: [], pinned: [] }
  const parsed = pinnedSchema.safeParse(stateOf(room, 'm.room.pinned_events'))
  const pinned = new Set(parsed.success ? parsed.data.pinned : [])
  for (const event of room.getLiveTimeline().getEvents().toReversed()) {
    const view = viewOf(event, room)
    if (!view?.body || view.redacted) continue
    const thing = (text: string): SharedThing => ({
      eventId: view.id,
      sender: view.sender,
      ts: view.ts,
      text,
    })
    const { body } = view
    if (body.type === 'file') things.files.push(thing(plainFileName(body.name)))
    else if (body.type === 'image') things.media.push(thing(plainFileName(body.name)))
    else if (body.type === 'text')
      for (const one of segments(body.text)) if (one.kind === 'link') things.links.push(thing(one.href))
    if (pinned.has(view.id) && (body.type === 'text' || body.type === 'file' || body.type === 'image'))
      things.pinned.push(thing(body.type === 'text' ? body.text.slice(0, 200) : plainFileName(body.name)))
  }
  return things
}

/** @returns whether there is more before it */
export async function loadOlder(session: Pick<Session, 'client'>, room: Room): Promise<boolean> {
  await session.client.scrollback(room, 100)
  await Promise.all(
    room
      .getLiveTimeline()
      .getEvents()
      .map((event) => session.client.decryptEventIfNeeded(event)),
  )
  return room.oldState.paginationToken !== null
}
