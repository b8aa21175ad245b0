import { foldText } from '@enlace/directory/text'
import type { Room } from 'matrix-js-sdk'
import { failureOf } from '../../lib/failure.ts'
import { ENLACE } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import type { Person } from '../../model/channels/types.ts'
import type { Session } from '../../model/session/types.ts'
import { mediaIn } from '../../model/timeline/media-addresses.ts'
import type { OutgoingContent } from '../../model/timeline/outgoing.ts'
import { isReduced } from '../../model/timeline/photos.ts'
import { language, wordsIn } from '../../words/language.ts'
import { createSendSheet } from '../media/send-sheet.ts'
import type { SendFile, SendSheet } from '../media/types.ts'
import { createVoiceRecorder } from '../media/voice-recorder.ts'
import { mentionedIn, mentionLabels } from './mentions.ts'
import type { ComposerModel, ComposerTarget } from './types.ts'

const words = () => wordsIn(language.get())
/** As a file's name has it: no colons. */
const stamp = (at: Date) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}`
const two = (value: number) => String(value).padStart(2, '0')

const TYPING_MS = 8_000
/** Short: what is sealed when the page already goes away may not get to disk. */
const DRAFT_WAIT_MS = 40

/** Earlier versions kept the text alone, without when it was written. */
function keptDraft(kept: unknown): string {
  const text = typeof kept === 'object' && kept !== null ? (kept as { text?: unknown }).text : kept
  return typeof text === 'string' ? text : ''
}

export function createComposer(session: Session, room: Room): ComposerModel {
  const { client, outbox, database, people, userId } = session
  const target = createStore<ComposerTarget | undefined>(undefined)
  const draft = createStore<string | undefined>(undefined)
  let typingUntil = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest: string | undefined
  void database
    .get('drafts', room.roomId)
    .then((kept) => draft.get() === undefined && latest === undefined && draft.set(keptDraft(kept)))
    .catch(() => draft.set(''))

  function saveDraft(): void {
    clearTimeout(timer)
    timer = undefined
    if (latest === undefined) return
    const text = latest
    const write =
      text === ''
        ? database.remove('drafts', [room.roomId])
        : database.put('drafts', room.roomId, { roomId: room.roomId, at: Date.now(), text })
    void write.catch(() => undefined)
  }

  // The page may go away right after a keystroke: an update, a reload, a closed tab.
  window.addEventListener('pagehide', saveDraft)

  const others = () =>
    people.members(room.roomId).filter((person) => person.userId !== userId && person.membership === 'join')

  const replyTo = () => {
    const now = target.get()
    return now?.kind === 'reply' ? now.eventId : undefined
  }
  const voice = createVoiceRecorder(session, room.roomId, {
    fileName: (at, ending) => words().media.voice.fileName(stamp(at), ending),
    replyTo: () => {
      const answered = replyTo()
      target.set(undefined)
      return answered
    },
  })

  const sheet = createStore<SendSheet | undefined>(undefined)
  const sendFile: SendFile = async (file, options) => {
    const outcome = await outbox.sendFile(room.roomId, file, { ...options, replyTo: replyTo() })
    target.set(undefined)
    return outcome
  }
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
      await outbox.send(room.roomId, messageContent(text, others(), answered), unkept)
      if (target.get() === answered) target.set(undefined)
      // Not before the outbox has it, so that the text is always on disk somewhere; and not what was typed meanwhile.
      if (latest === text) latest = ''
      saveDraft()
      if (typingUntil > Date.now()) {
        typingUntil = 0
        void client.sendTyping(room.roomId, false, 0).catch(() => undefined)
      }
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
    isReduced: async (file) => (await isReduced(file)) === true,
    async remove(eventId) {
      try {
        const event = room.findEventById(eventId)
        const files = event?.getSender() === userId ? uploadsIn(event.getContent(), userId) : []
        // No reason: redactions travel unencrypted.
        await client.redactEvent(room.roomId, eventId)
        // The server cannot see which files the message carried. What stays behind is unreadable without its key.
        for (const id of files)
          void session.request('DELETE', `${ENLACE}/media/${encodeURIComponent(id)}`).catch(() => undefined)
        return undefined
      } catch (error) {
        return failureOf(error)
      }
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
      return others()
        .filter((person) => foldText(`${person.name} ${person.userId}`).includes(wanted))
        .slice(0, 6)
    },
    close() {
      window.removeEventListener('pagehide', saveDraft)
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
): OutgoingContent {
  const mentioned = mentionedIn(text, members)
  if (target?.kind === 'reply' && members.some((member) => member.userId === target.sender)) {
    if (!mentioned.includes(target.sender)) mentioned.push(target.sender)
  }
  const base = {
    msgtype: 'm.text',
    body: text,
    'm.mentions': mentioned.length > 0 ? { user_ids: mentioned } : {},
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

/** Ids of the files a message of one's own carries, as far as one's own server has them: the file, and its thumbnail. */
export function uploadsIn(content: Record<string, unknown>, userId: string): string[] {
  const prefix = `mxc://${userId.slice(userId.indexOf(':') + 1)}/`
  return mediaIn(content).flatMap((address) =>
    address.startsWith(prefix) ? [address.slice(prefix.length)] : [],
  )
}
