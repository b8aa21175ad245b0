import { foldText } from '@enlace/directory/text'
import type { Room } from 'matrix-js-sdk'
import { onLeaving } from '../../lib/leaving.ts'
import { createStore } from '../../lib/store.ts'
import type { Person } from '../../model/channels/types.ts'
import type { FileOptions } from '../../model/media/types.ts'
import type { Session } from '../../model/session/types.ts'
import { GROUPS_KEY, HTML_FORMAT, threadOf } from '../../model/timeline/event-view.ts'
import { mediaIn } from '../../model/timeline/media-addresses.ts'
import type { OutgoingContent } from '../../model/timeline/outgoing.ts'
import { annotationsOn, reactionsOf } from '../../model/timeline/reactions.ts'
import { versionsOf } from '../../model/timeline/versions.ts'
import { language, wordsIn } from '../../words/language.ts'
import { createSendSheet } from '../media/send-sheet.ts'
import type { SendFile, SendSheet } from '../media/types.ts'
import { createVoiceRecorder } from '../media/voice-recorder.ts'
import {
  createDutyMention,
  DUTY_LABELS,
  dutyTopic,
  type Groups,
  institutionGroups,
  MOST_MENTIONED,
} from './group-mentions.ts'
import { parseMarkup, toHtml } from './markup.ts'
import { meantIn, mentionLabels, namesIn } from './mentions.ts'
import type { ComposerModel, ComposerTarget } from './types.ts'

const words = () => wordsIn(language.get())
/** As a file's name has it: no colons. */
const stamp = (at: Date) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}`
const two = (value: number) => String(value).padStart(2, '0')

/** An edit says all of it twice, and ciphertext is a third longer, of 65 536 bytes. */
const MAX_FORMATTED_BYTES = 22_000
/** As long as a removal can be taken back. */
const UNDO_MS = 7_000
const TYPING_MS = 8_000
/** Short: what is sealed when the page already goes away may not get to disk. */
const DRAFT_WAIT_MS = 40

/** Earlier versions kept the text alone, without when it was written. */
function keptDraft(kept: unknown): string {
  const text = typeof kept === 'object' && kept !== null ? (kept as { text?: unknown }).text : kept
  return typeof text === 'string' ? text : ''
}

/** @param thread the first event of the thread that is written in */
export function createComposer(session: Session, room: Room, thread?: string): ComposerModel {
  const { client, outbox, gestures, database, people, userId } = session
  const slot = thread === undefined ? room.roomId : `${room.roomId} ${thread}`
  const target = createStore<ComposerTarget | undefined>(undefined)
  const draft = createStore<string | undefined>(undefined)
  let typingUntil = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest: string | undefined
  void database
    .get('drafts', slot)
    .then((kept) => draft.get() === undefined && latest === undefined && draft.set(keptDraft(kept)))
    .catch(() => draft.set(''))

  function saveDraft(): void {
    clearTimeout(timer)
    timer = undefined
    if (latest === undefined) return
    const text = latest
    const write =
      text === ''
        ? database.remove('drafts', [slot])
        : database.put('drafts', slot, { roomId: room.roomId, at: Date.now(), text })
    void write.catch(() => undefined)
  }

  // The page may go away right after a keystroke: an update, a reload, a closed tab.
  const stopListening = onLeaving(saveDraft)

  /** What clients without threads show a message of one as an answer to. */
  const newest = () =>
    room
      .getLiveTimeline()
      .getEvents()
      .findLast((event) => event.status === null && threadOf(event) === thread)
      ?.getId() ?? thread!

  const others = () =>
    people.members(room.roomId).filter((person) => person.userId !== userId && person.membership === 'join')

  const duty = createDutyMention(session, room, () => dutyTopic(session, room))
  const isDuty = (text: string) => DUTY_LABELS.some((label) => namesIn(text, [label]).length > 0)
  /** Whom the groups that a text may call are, at this moment. */
  async function groupsFor(text: string): Promise<Groups> {
    if (!text.includes('@')) return new Map()
    const groups = new Map(institutionGroups(others()))
    if (!isDuty(text)) return groups
    const people = await duty.ask()
    if (people?.length) for (const label of DUTY_LABELS) groups.set(label, people)
    return groups
  }
  /** Drawn among people: what it is called, and whom it means. */
  function groupOptions(wanted: string): Person[] {
    const option = (name: string, ids: readonly string[]): Person => ({
      userId: `group:${name}`,
      name,
      title: name,
      membership: 'join',
      institutionName: ids.map((id) => people.person(id, room.roomId).name).join(', '),
    })
    const isWanted = (name: string) => wanted !== '' && foldText(name).includes(wanted)
    const [label] = DUTY_LABELS.filter((one) => wanted !== '' && one.startsWith(wanted))
    if (label) void duty.ask()
    const onDuty = label ? duty.known() : undefined
    return [
      ...(label && onDuty?.length ? [option(label, onDuty)] : []),
      ...[...institutionGroups(others())]
        .filter(([name]) => isWanted(name))
        .map(([name, ids]) => option(name, ids)),
    ]
  }

  /** What is answered, and in which thread; asked once, as it is sent. */
  const answering = (): Pick<FileOptions, 'replyTo' | 'thread'> => {
    const now = target.get()
    const replyTo = now?.kind === 'reply' ? now.eventId : undefined
    target.set(undefined)
    return thread === undefined
      ? { replyTo }
      : { replyTo: replyTo ?? newest(), thread: { id: thread, isAnswer: replyTo !== undefined } }
  }
  const voice = createVoiceRecorder(session, room.roomId, {
    fileName: (at, ending) => words().media.voice.fileName(stamp(at), ending),
    answering,
  })

  const sheet = createStore<SendSheet | undefined>(undefined)
  const sendFile: SendFile = (file, options) =>
    outbox.sendFile(room.roomId, file, { ...options, ...answering() })
  const lookAway = () => {
    sheet.get()?.close()
    sheet.set(undefined)
  }

  return {
    target,
    draft,
    voice,
    setDraft(text) {
      if (target.get()?.kind === 'edit') return
      latest = text
      timer ??= setTimeout(saveDraft, DRAFT_WAIT_MS)
    },
    reply: (next) => target.set({ kind: 'reply', ...next }),
    edit: (next) => target.set({ kind: 'edit', ...next }),
    cancelTarget: () => target.set(undefined),
    async send(text, unkept) {
      const answered = target.get()
      latest = text
      const content = messageContent(text, others(), answered, await groupsFor(text))
      await outbox.send(
        room.roomId,
        thread === undefined ? content : inThread(content, thread, newest()),
        unkept,
      )
      if (target.get() === answered) target.set(undefined)
      // Not before the outbox has it, so that the text is always on disk somewhere; and not what was typed meanwhile.
      if (latest === text) latest = ''
      saveDraft()
      if (typingUntil > Date.now()) {
        typingUntil = 0
        void client.sendTyping(room.roomId, false, 0).catch(() => undefined)
      }
    },
    async share(content) {
      const { replyTo, thread: within } = answering()
      const answered = replyTo === undefined ? {} : { 'm.in_reply_to': { event_id: replyTo } }
      const relation = within
        ? { rel_type: 'm.thread', event_id: within.id, is_falling_back: !within.isAnswer, ...answered }
        : answered
      const isRelated = within !== undefined || replyTo !== undefined
      await outbox.send(room.roomId, { ...content, ...(isRelated ? { 'm.relates_to': relation } : {}) })
    },
    sheet,
    lookAt(files) {
      const open =
        sheet.get() ?? createSendSheet(sendFile, { pdfName: (at) => words().media.sheet.pdfName(stamp(at)) })
      open.add(files)
      sheet.set(open)
    },
    lookAway,
    sendFile,
    isReduced: async (file) =>
      import('../../model/timeline/photos.ts').then(
        async (photos) => (await photos.isReduced(file)) === true,
        () => false,
      ),
    async remove(eventId) {
      const event = room.findEventById(eventId)
      const files = event?.getSender() === userId ? uploadsIn(event.getContent(), userId) : []
      await gestures.remove(room.roomId, eventId, { files, delayMs: UNDO_MS })
    },
    undo: (id) => void gestures.undo(id),
    versions: (eventId) => versionsOf(client, room, eventId),
    async react(eventId, key) {
      const its = gestures.all.get().filter((one) => one.act.kind === 'remove' || one.eventId === eventId)
      const own = reactionsOf(annotationsOn(room, eventId), its, userId).find((one) => one.key === key)?.own
      if (!own) return gestures.react(room.roomId, eventId, key)
      if (own.gestureId !== undefined && gestures.undo(own.gestureId)) return
      if (own.eventId !== undefined) await gestures.remove(room.roomId, own.eventId)
    },
    typing() {
      const now = Date.now()
      if (now < typingUntil - TYPING_MS / 2) return
      typingUntil = now + TYPING_MS
      void client.sendTyping(room.roomId, true, TYPING_MS).catch(() => undefined)
    },
    mentionText: (person) => `@${mentionLabels(others()).get(person.userId) ?? person.name}`,
    suggestions(term) {
      const wanted = foldText(term)
      const found = others().filter((person) => foldText(`${person.name} ${person.userId}`).includes(wanted))
      return [...groupOptions(wanted).slice(0, 3), ...found].slice(0, 6)
    },
    close() {
      stopListening()
      saveDraft()
      voice.close()
      lookAway()
    },
  }
}

/** The event content of what was written: who is meant by `@name`, what it answers or replaces. */
export function messageContent(
  text: string,
  members: readonly Pick<Person, 'userId' | 'name' | 'institutionName'>[],
  target?: Pick<ComposerTarget, 'kind' | 'eventId' | 'sender'>,
  called: Groups = new Map(),
): OutgoingContent {
  const { userIds: mentioned, groups } = meantIn(text, members, called)
  if (target?.kind === 'reply' && members.some((member) => member.userId === target.sender)) {
    if (!mentioned.includes(target.sender)) mentioned.push(target.sender)
  }
  const base = {
    msgtype: 'm.text',
    body: text,
    ...formattedOf(text, members, mentioned),
    'm.mentions': mentioned.length > 0 ? { user_ids: mentioned.slice(0, MOST_MENTIONED) } : {},
    // Inside the ciphertext: which words of it called whom.
    ...(groups.length > 0 ? { [GROUPS_KEY]: groups } : {}),
  }
  if (target?.kind === 'edit') {
    return {
      ...base,
      body: `* ${text}`,
      'm.new_content': base,
      'm.relates_to': { rel_type: 'm.replace', event_id: target.eventId },
    }
  }
  if (target?.kind === 'reply')
    return { ...base, 'm.relates_to': { 'm.in_reply_to': { event_id: target.eventId } } }
  return base
}

/** In a thread: as an answer to something in it, or after the newest. What replaces something stays where that is. */
export function inThread(content: OutgoingContent, rootId: string, newest: string): OutgoingContent {
  const relation = content['m.relates_to']
  if (relation?.rel_type === 'm.replace') return content
  const answered = relation?.['m.in_reply_to']
  return {
    ...content,
    'm.relates_to': {
      rel_type: 'm.thread',
      event_id: rootId,
      is_falling_back: answered === undefined,
      'm.in_reply_to': answered ?? { event_id: newest },
    },
  }
}

const byteLength = (text: string) => new TextEncoder().encode(text).length

/** The form of what was written, where it has one and the event, which may carry it twice, has room for it. */
function formattedOf(
  text: string,
  members: Parameters<typeof mentionLabels>[0],
  mentioned: readonly string[],
): { format?: string; formatted_body?: string } {
  const nodes = parseMarkup(text)
  if (!nodes) return {}
  const labels = mentionLabels(members)
  const people = new Map(mentioned.flatMap((id) => (labels.has(id) ? [[labels.get(id)!, id] as const] : [])))
  const html = toHtml(nodes, people)
  if (byteLength(text) + byteLength(html) > MAX_FORMATTED_BYTES) return {}
  return { format: HTML_FORMAT, formatted_body: html }
}

/** Ids of the files a message of one's own carries, as far as one's own server has them: the file, and its thumbnail. */
export function uploadsIn(content: Record<string, unknown>, userId: string): string[] {
  const prefix = `mxc://${userId.slice(userId.indexOf(':') + 1)}/`
  return mediaIn(content).flatMap((address) =>
    address.startsWith(prefix) ? [address.slice(prefix.length)] : [],
  )
}
