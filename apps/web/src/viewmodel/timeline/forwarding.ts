import type { Room } from 'matrix-js-sdk'
import { readHtml } from '../../lib/rich-html.ts'
import type { Session } from '../../model/session/types.ts'
import { FORWARDED_KEY, HTML_FORMAT } from '../../model/timeline/event-view.ts'
import type { OutgoingContent } from '../../model/timeline/outgoing.ts'
import { cardContent, placeContent } from '../../model/timeline/shared-things.ts'
import type { MessageItem } from '../../model/timeline/types.ts'
import { kindOf, topicOf } from '../channels/channel-list.ts'
import type { Channel, ChannelsState } from '../channels/types.ts'
import { documentFacts, isShown } from '../media/document.ts'
import { cardText } from './contact-card.ts'
import { toHtml } from './markup.ts'

/** The topic whose words are about children. */
const GUARDED = 'minors'

/** What those of another channel have in common with those of this one. */
export interface Reach {
  /** in the other channel, and not in this one */
  others: number
  institutions: readonly string[]
  /** what is forwarded is about children, and more people would read it: to be said expressly */
  guarded: boolean
}

/** Where this person may write and what is written is encrypted, but for the channel itself. */
export function forwardTargets(session: Session, state: ChannelsState, from: Room): Channel[] {
  return state.corridors
    .flatMap((one) => one.channels)
    .filter(({ roomId }) => {
      const room = session.client.getRoom(roomId)
      return (
        room !== null &&
        roomId !== from.roomId &&
        room.getMyMembership() === 'join' &&
        room.maySendMessage() &&
        kindOf(session, room).kind !== 'open'
      )
    })
}

/** Who would read a forwarded message that could not read it before. */
export async function reachOf(session: Session, from: Room, roomId: string): Promise<Reach> {
  const to = session.client.getRoom(roomId)
  if (!to) return { others: 0, institutions: [], guarded: false }
  await Promise.all([from, to].map((room) => room.loadMembersIfNeeded().catch(() => false)))
  session.people.need(roomId)
  const here = new Set(from.getJoinedMembers().map((one) => one.userId))
  const others = to.getJoinedMembers().filter((one) => !here.has(one.userId))
  const institutions = others.flatMap(
    (one) => session.people.person(one.userId, roomId).institutionName ?? [],
  )
  const { topic, known } = topicOf(session, from)
  return {
    others: others.length,
    institutions: [...new Set(institutions)].sort((a, b) => a.localeCompare(b, 'es')),
    guarded: known && topic === GUARDED && others.length > 0,
  }
}

/** Sends a message on, with where it comes from; nobody is told by it, whoever it mentions. @throws QuotaExceededError */
export async function forward(session: Session, from: Room, item: MessageItem, to: string): Promise<void> {
  const { topic, known } = topicOf(session, from)
  const origin = {
    [FORWARDED_KEY]: {
      sender: item.forwarded?.sender ?? item.sender,
      origin_server_ts: item.forwarded?.ts ?? item.ts,
      ...(item.forwarded
        ? item.forwarded.topic
          ? { topic: item.forwarded.topic }
          : {}
        : known
          ? { topic }
          : {}),
    },
  }
  const { body } = item
  if (body.type === 'text') {
    const content: OutgoingContent = { msgtype: 'm.text', body: body.text, 'm.mentions': {}, ...origin }
    // Not the HTML that came: what this client understood of it.
    const nodes = body.html === undefined ? undefined : readHtml(body.html)
    if (nodes) Object.assign(content, { format: HTML_FORMAT, formatted_body: toHtml(nodes) })
    return session.outbox.send(to, content)
  }
  if (body.type === 'place') return session.outbox.send(to, { ...placeContent(body), ...origin })
  if (body.type === 'card')
    return session.outbox.send(to, { ...cardContent(body, cardText(body)), ...origin })
  if (body.type !== 'image' && body.type !== 'file') return
  // Encrypted anew, with a key of its own: the copy of the other channel is for its members.
  const plain = await session.media.plain(body.file)
  const kept = body.type === 'image' || isShown(body.mimetype)
  const type = (kept && body.mimetype) || 'application/octet-stream'
  const file = new File([plain], body.name, { type })
  await session.outbox.sendFile(to, file, { extra: origin, document: await documentFacts(file) })
}
