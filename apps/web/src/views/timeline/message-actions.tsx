import {
  Copy,
  FilePlus2,
  Forward,
  History,
  MessagesSquare,
  Pencil,
  Pin,
  PinOff,
  Reply,
  Flag as ReportFlag,
  Siren,
  SmilePlus,
  Star,
  StarOff,
  Trash2,
} from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { type ReactNode, useState } from 'react'
import { excerptOfBody } from '../../viewmodel/timeline/excerpt.ts'
import type { ComposerModel, MessageItem } from '../../viewmodel/timeline/types.ts'
import { failureText } from '../../words/format.ts'
import { useNewCase } from '../cases/new-case-button.tsx'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Dialog, Problem } from '../ui/parts.tsx'
import { QuickReactions, ReactionPicker, WhoReacted } from './reactions.tsx'

const ReportDialog = lazyPage(() => import('../reports/report-dialog.tsx'), 'dialog')
const ForwardDialog = lazyPage(() => import('./forward-dialog.tsx'), 'dialog')
const VersionsDialog = lazyPage(() => import('./versions-dialog.tsx'), 'dialog')

export interface ActionProps {
  item: MessageItem
  room: Room
  composer: ComposerModel
  canRedactOthers: boolean
  /** it stands in a thread, and begins none */
  inThread?: boolean
  onUrgent(eventId: string): void
}

/** What a dialog over a message shows. */
export type OpenAction = 'menu' | 'react' | 'who' | 'versions' | 'report' | 'remove' | 'forward'

/** Everything that can be done with a message, and what is asked for some of it. */
export function MessageActions(props: ActionProps & { open: OpenAction; onClose(): void }) {
  const { item, composer, room, onClose } = props
  const words = useWords()
  const { router, session } = useShell()
  const language = useLanguage()
  useStore(session.marked.version)
  const { failure: problem, run } = useTask()
  const newCase = useNewCase()
  const openThread = (thread: string) => router.go({ page: 'channel', roomId: room.roomId, thread })
  const [open, setOpen] = useState(props.open)
  const eventId = item.eventId!
  const text = item.body.type === 'text' ? item.body.text : 'name' in item.body ? item.body.name : ''
  const target = { eventId, sender: item.sender, text }
  const then = (action: () => void) => () => {
    onClose()
    action()
  }
  const starred = session.marked.starred(room).includes(eventId)
  const pinned = session.marked.pinned(room).includes(eventId)
  const mark = (work: () => Promise<void>) => () =>
    void run(async () => {
      await work()
      onClose()
    })
  const react = (key: string) => then(() => void composer.react(eventId, key))()
  const remove = then(() => void composer.remove(eventId))

  if (open === 'react') return <ReactionPicker onPick={react} onClose={onClose} />
  if (open === 'who') return <WhoReacted reactions={item.reactions} roomId={room.roomId} onClose={onClose} />
  if (open === 'forward') return <ForwardDialog item={item} room={room} onClose={onClose} />
  if (open === 'report') return <ReportDialog roomId={room.roomId} eventId={eventId} onClose={onClose} />
  if (open === 'versions')
    return <VersionsDialog item={item} roomId={room.roomId} composer={composer} onClose={onClose} />
  if (open === 'remove')
    return (
      <Dialog title={words.message.deleteTitle} onClose={onClose}>
        <p>{words.messages.deleteHint}</p>
        <div className="row-actions">
          <button
            type="button"
            className="button danger"
            data-testid="message-delete-confirm"
            onClick={remove}
          >
            {words.message.delete}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {words.cancel}
          </button>
        </div>
      </Dialog>
    )
  const isText = item.body.type === 'text'
  return (
    <Dialog title={words.message.actions} onClose={onClose} testId="message-menu">
      <QuickReactions onPick={react} onMore={() => setOpen('react')} />
      <div className="menu">
        <MenuItem
          testId="message-reply"
          icon={<Reply />}
          onClick={then(() => composer.reply({ ...target, text: excerptOfBody(item.body) ?? '' }))}
        >
          {words.message.reply}
        </MenuItem>
        {!props.inThread && (
          <MenuItem
            testId="message-thread"
            icon={<MessagesSquare />}
            onClick={then(() => openThread(eventId))}
          >
            {words.messages.replyInThread}
          </MenuItem>
        )}
        <MenuItem testId="message-urgent-menu" icon={<Siren />} onClick={then(() => props.onUrgent(eventId))}>
          {words.urgent.raise}
        </MenuItem>
        <MenuItem
          testId="message-case"
          icon={<FilePlus2 />}
          onClick={then(() => void newCase(room.roomId, { event_id: eventId, room_id: room.roomId }))}
        >
          {words.cases.fromMessage}
        </MenuItem>
        {['text', 'place', 'card', 'image', 'file'].includes(item.body.type) && (
          <MenuItem testId="message-forward" icon={<Forward />} onClick={() => setOpen('forward')}>
            {words.messages.forward}
          </MenuItem>
        )}
        {item.mine && isText && (
          <MenuItem testId="message-edit" icon={<Pencil />} onClick={then(() => composer.edit(target))}>
            {words.message.edit}
          </MenuItem>
        )}
        {isText && (
          <MenuItem icon={<Copy />} onClick={then(() => void navigator.clipboard.writeText(text))}>
            {words.message.copyText}
          </MenuItem>
        )}
        <MenuItem
          testId="message-star"
          icon={starred ? <StarOff /> : <Star />}
          onClick={mark(() => session.marked.star(room, eventId, !starred))}
        >
          {starred ? words.messages.unstar : words.messages.star}
        </MenuItem>
        {session.marked.mayPin(room) && (
          <MenuItem
            testId="message-pin"
            icon={pinned ? <PinOff /> : <Pin />}
            onClick={mark(() => session.marked.pin(room, eventId, !pinned))}
          >
            {pinned ? words.messages.unpin : words.messages.pin}
          </MenuItem>
        )}
        {problem && <Problem>{failureText(problem, language, words)}</Problem>}
        {item.reactions.length > 0 && (
          <MenuItem testId="message-who" icon={<SmilePlus />} onClick={() => setOpen('who')}>
            {words.messages.whoReacted}
          </MenuItem>
        )}
        {item.edited && (
          <MenuItem testId="message-versions" icon={<History />} onClick={() => setOpen('versions')}>
            {words.messages.openVersions}
          </MenuItem>
        )}
        {!item.mine && (
          <MenuItem testId="message-report" icon={<ReportFlag />} onClick={() => setOpen('report')}>
            {words.reports.action}
          </MenuItem>
        )}
        {(item.mine || props.canRedactOthers) && (
          <MenuItem
            testId="message-delete"
            icon={<Trash2 />}
            danger
            onClick={item.mine ? remove : () => setOpen('remove')}
          >
            {words.message.delete}
          </MenuItem>
        )}
      </div>
    </Dialog>
  )
}

function MenuItem(props: {
  testId?: string
  icon: ReactNode
  danger?: boolean
  onClick(): void
  children: ReactNode
}) {
  return (
    <button
      type="button"
      className={props.danger ? 'danger-text' : undefined}
      data-testid={props.testId}
      onClick={props.onClick}
    >
      <span className="menu-icon" aria-hidden="true">
        {props.icon}
      </span>
      {props.children}
    </button>
  )
}
