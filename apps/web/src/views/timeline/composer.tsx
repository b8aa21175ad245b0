import { Camera, Check, Paperclip, SendHorizontal, X } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { type ClipboardEvent, type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react'
import { failureOf } from '../../lib/failure.ts'
import type { Person } from '../../viewmodel/channels/types.ts'
import type { ComposerModel } from '../../viewmodel/timeline/types.ts'
import { DropZone } from '../media/drop-zone.tsx'
import { NowPlaying } from '../media/now-playing.tsx'
import { MicrophoneProblemNotice, RecordButton, VoiceBar } from '../media/voice-recorder.tsx'
import { AttachMenu } from '../share/attach-menu.tsx'
import { usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Avatar, Flag, IconButton, Problem } from '../ui/parts.tsx'
import { ComposerNotice, type Notice } from './composer-notice.tsx'

const PlacePicker = lazyPage(() => import('../share/place-picker.tsx'), 'dialog')
const ContactPicker = lazyPage(() => import('../share/contact-picker.tsx'), 'dialog')
const SendSheetDialog = lazyPage(() => import('../media/send-sheet.tsx'), 'dialog')

/** As much as an event holds, encrypted, whatever the letters. */
const MAX_LENGTH = 20_000

export function Composer(props: { room: Room; model: ComposerModel; onSent(): void }) {
  const { room, model } = props
  const { session, router } = useShell()
  const words = useWords()
  const people = usePeople()
  const target = useStore(model.target)
  const draft = useStore(model.draft)
  const security = useStore(session.encryption.state)
  const voice = useStore(model.voice.state)
  const speaking = voice.kind !== 'idle' && voice.kind !== 'refused'
  const [text, setText] = useState('')
  const [term, setTerm] = useState<string | undefined>(undefined)
  const [chosen, setChosen] = useState(0)
  const [notice, setNotice] = useState<Notice | undefined>(undefined)
  const [attaching, setAttaching] = useState<'menu' | 'place' | 'contact' | undefined>(undefined)
  const area = useRef<HTMLTextAreaElement>(null)
  const files = useRef<HTMLInputElement>(null)
  const photos = useRef<HTMLInputElement>(null)
  const whole = useRef<HTMLDivElement>(null)
  const sheet = useStore(model.sheet)

  useEffect(() => {
    if (draft) setText((now) => (now === '' ? draft : now))
  }, [draft])
  useEffect(() => {
    if (!target) return
    if (target.kind === 'edit') setText(target.text)
    area.current?.focus()
  }, [target])
  useEffect(() => {
    const element = area.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${Math.min(element.scrollHeight, 168)}px`
  }, [text])

  /** What is chosen, pasted or dropped is looked at first. */
  const look = useCallback(
    (list: readonly File[]) => {
      setNotice(undefined)
      if (list.length > 0) model.lookAt(list)
    },
    [model],
  )

  if (!room.maySendMessage()) return <p className="composer-closed">{words.channel.cannotSend}</p>
  if (security === 'unconfirmed') {
    return (
      <div className="composer-closed">
        <span>{words.channel.confirmFirst}</span>
        <button type="button" className="button primary" onClick={() => router.go({ page: 'settings' })}>
          {words.recovery.confirm}
        </button>
      </div>
    )
  }

  const suggestions = term === undefined ? [] : model.suggestions(term)

  function change(value: string): void {
    setText(value)
    model.setDraft(value)
    if (value.trim() !== '') model.typing()
    const before = value.slice(0, area.current?.selectionStart ?? value.length)
    const match = /(?:^|\s)@([\p{L}\p{N}._ -]{0,30})$/u.exec(before)
    setTerm(match?.[1])
    setChosen(0)
  }

  function mention(person: Person): void {
    const caret = area.current?.selectionStart ?? text.length
    const start = text.lastIndexOf('@', caret - 1)
    const next = `${text.slice(0, start)}${model.mentionText(person)} ${text.slice(caret)}`
    setText(next)
    model.setDraft(next)
    setTerm(undefined)
    area.current?.focus()
  }

  function send(): void {
    const body = text.trim()
    if (body === '') return
    if (body.length > MAX_LENGTH) return
    setText('')
    setTerm(undefined)
    setNotice(undefined)
    void deliver(body, false)
    area.current?.focus()
  }

  /** What could not be taken, because too many wait or the device is full, stays in the composer. */
  async function deliver(body: string, unkept: boolean): Promise<void> {
    try {
      await model.send(body, unkept)
      props.onSent()
    } catch (error) {
      setText((now) => now || body)
      const failure = failureOf(error)
      if (failure.kind === 'storage_full') setNotice({ kind: 'storage_full', canSend: true })
    }
  }

  function sendUnkept(): void {
    const body = text.trim()
    setNotice(undefined)
    if (body === '') return
    setText('')
    void deliver(body, true)
  }

  async function attach(list: readonly File[], original = false): Promise<void> {
    setNotice(undefined)
    try {
      for (const file of list)
        if ((await model.sendFile(file, { original })) === 'too_large') setNotice({ kind: 'too_large' })
      props.onSent()
    } catch (error) {
      if (failureOf(error).kind !== 'storage_full') throw error
      setNotice({ kind: 'storage_full', canSend: false })
    }
  }

  /** Whoever did not ask for the original may still send it. */
  async function afterSheet(sent: readonly File[]): Promise<void> {
    props.onSent()
    const reduced = await Promise.all(sent.map((file) => model.isReduced(file)))
    const files = sent.filter((_, at) => reduced[at])
    if (files.length > 0) setNotice((now) => now ?? { kind: 'reduced', files })
  }

  async function asFile(): Promise<void> {
    const body = text
    await attach([new File([body], words.composer.textFile, { type: 'text/plain' })])
    setText((now) => (now === body ? '' : now))
    model.setDraft('')
  }

  function onKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return
    if (suggestions.length > 0) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault()
        const step = event.key === 'ArrowDown' ? 1 : suggestions.length - 1
        setChosen((chosen + step) % suggestions.length)
        return
      }
      if (event.key === 'Enter' || event.key === 'Tab') {
        event.preventDefault()
        mention(suggestions[chosen]!)
        return
      }
      if (event.key === 'Escape') {
        setTerm(undefined)
        return
      }
    }
    if (event.key === 'Escape' && target) cancel()
    // On a phone's keyboard Enter is a new line: the send button is under the thumb.
    if (event.key === 'Enter' && !event.shiftKey && matchMedia('(pointer: fine)').matches) {
      event.preventDefault()
      send()
    }
  }

  function cancel(): void {
    if (target?.kind === 'edit') setText('')
    model.cancelTarget()
  }

  function onPaste(event: ClipboardEvent): void {
    const pasted = [...event.clipboardData.files]
    if (pasted.length === 0) return
    // An office program copies its text and a picture of it. The text is what was meant.
    if (event.clipboardData.getData('text/plain').trim() !== '') {
      setNotice({ kind: 'picture', files: pasted.slice(0, 1) })
      return
    }
    event.preventDefault()
    look(pasted)
  }

  return (
    <div className="composer" ref={whole}>
      <DropZone within={whole} onFiles={look} />
      {attaching === 'menu' && (
        <AttachMenu
          onFiles={() => files.current?.click()}
          onPlace={() => setAttaching('place')}
          onContact={() => setAttaching('contact')}
          onClose={() => setAttaching(undefined)}
        />
      )}
      {attaching === 'place' && (
        <PlacePicker model={model} onClose={() => setAttaching(undefined)} onSent={props.onSent} />
      )}
      {attaching === 'contact' && (
        <ContactPicker model={model} onClose={() => setAttaching(undefined)} onSent={props.onSent} />
      )}
      {sheet && (
        <SendSheetDialog
          sheet={sheet}
          onClose={model.lookAway}
          onSent={(files) => void afterSheet(files)}
          onFree={() => session.searchIndex.clear()}
        />
      )}
      {text.length > MAX_LENGTH && (
        <Problem
          action={
            <button
              type="button"
              className="button"
              data-testid="composer-as-file"
              onClick={() => void asFile()}
            >
              {words.composer.asFile}
            </button>
          }
        >
          {words.composer.tooLong(text.length, MAX_LENGTH)}
        </Problem>
      )}
      {notice && (
        <ComposerNotice
          notice={notice}
          onClose={() => setNotice(undefined)}
          onFree={async () => {
            await session.searchIndex.clear()
            setNotice({ kind: 'freed' })
          }}
          onSendUnkept={sendUnkept}
          onSendFiles={(files, original) => (original ? void attach(files, true) : look(files))}
        />
      )}
      {target && (
        <div className="composer-target">
          <div>
            <b>
              {target.kind === 'edit'
                ? words.composer.editing
                : words.composer.replying(people.person(target.sender, room.roomId).title)}
            </b>
            {target.kind === 'reply' && <span>{target.text}</span>}
          </div>
          <IconButton label={words.cancel} onClick={cancel}>
            <X />
          </IconButton>
        </div>
      )}
      {suggestions.length > 0 && (
        <div className="suggestions" role="listbox" aria-label={words.composer.suggestions}>
          {suggestions.map((person, index) => (
            <button
              key={person.userId}
              type="button"
              role="option"
              aria-selected={index === chosen}
              data-testid="mention-option"
              onClick={() => mention(person)}
            >
              <Avatar id={person.userId} name={person.name} />
              <span>
                <b>{person.name}</b>
                <small>
                  <Flag country={person.country} /> {person.institutionName}
                </small>
              </span>
            </button>
          ))}
        </div>
      )}
      <NowPlaying />
      <MicrophoneProblemNotice voice={model.voice} />
      <VoiceBar voice={model.voice} roomId={room.roomId} onSent={props.onSent} />
      <div className="composer-line" hidden={speaking}>
        <IconButton label={words.composer.attach} testId="attach-open" onClick={() => setAttaching('menu')}>
          <Paperclip />
        </IconButton>
        {(
          [
            ['attach-input', files, undefined],
            ['photo-input', photos, 'image/*'],
          ] as const
        ).map(([testId, ref, accept]) => (
          <input
            key={testId}
            ref={ref}
            type="file"
            multiple
            hidden
            accept={accept}
            data-testid={testId}
            onChange={(event) => {
              look([...(event.target.files ?? [])])
              event.target.value = ''
            }}
          />
        ))}
        <textarea
          ref={area}
          rows={1}
          data-testid="composer-input"
          aria-label={words.composer.label}
          placeholder={words.composer.placeholder}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKey}
          onPaste={onPaste}
          dir="auto"
        />
        {text === '' && !target && (
          <IconButton
            label={words.share.photo}
            className="only-narrow"
            testId="attach-photo"
            onClick={() => photos.current?.click()}
          >
            <Camera />
          </IconButton>
        )}
        {text === '' && !target ? (
          <RecordButton voice={model.voice} onSent={props.onSent} />
        ) : (
          <button
            type="button"
            className="send"
            data-testid="composer-send"
            aria-label={target?.kind === 'edit' ? words.composer.save : words.composer.send}
            disabled={text.trim() === '' || text.length > MAX_LENGTH}
            onClick={send}
          >
            {target?.kind === 'edit' ? <Check aria-hidden="true" /> : <SendHorizontal aria-hidden="true" />}
          </button>
        )}
      </div>
    </div>
  )
}
