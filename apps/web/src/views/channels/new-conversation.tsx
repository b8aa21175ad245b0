import { groupLimit } from '@enlace/coordination'
import { Check, X } from 'lucide-react'
import { useState } from 'react'
import {
  type Contact,
  createNewConversation,
  type NewConversation,
} from '../../viewmodel/channels/new-conversation.ts'
import { failureText } from '../../words/format.ts'
import { WriteToDuty } from '../duty/write-to-duty.tsx'
import { useLabel, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Avatar, Dialog, Flag, Problem } from '../ui/parts.tsx'
import { type Halfway, NotReached } from './not-reached.tsx'

/** Choosing whom to write to: one person, or a few for a group. */
export function NewConversationDialog(props: { onClose(): void }) {
  const { session, channels } = useShell()
  const words = useWords()
  const model = useModel(() => createNewConversation(session, channels), [session, channels])
  return (
    <Dialog title={words.conversations.fresh} onClose={props.onClose} testId="conversation-new">
      {model && <Form model={model} onClose={props.onClose} />}
    </Dialog>
  )
}

function Form(props: { model: NewConversation; onClose(): void }) {
  const { model } = props
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { found, chosen, busy, failure } = useStore(model.state)
  const [text, setText] = useState('')
  const [name, setName] = useState('')
  const [duty, setDuty] = useState<string | undefined>(undefined)
  const [halfway, setHalfway] = useState<Halfway | undefined>(undefined)
  const tooMany = chosen.length >= groupLimit

  async function open() {
    const opened = await model.open(name)
    if (!opened) return
    const { roomId, notReached } = opened
    if (notReached.length > 0) {
      const names = notReached.map((id) => chosen.find((one) => one.userId === id)?.name ?? id)
      return setHalfway({ roomId, names })
    }
    router.go({ page: 'channel', roomId })
    props.onClose()
  }

  if (halfway) return <NotReached {...halfway} onClose={props.onClose} />
  return (
    <form
      className="new-conversation"
      onSubmit={(event) => {
        event.preventDefault()
        if (chosen.length > 0 && !tooMany) void open()
      }}
    >
      <label className="field">
        <span>{words.conversations.search}</span>
        <input
          value={text}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-testid="contact-input"
          onChange={(event) => {
            setText(event.target.value)
            setDuty(undefined)
            model.search(event.target.value)
          }}
        />
        <small>{words.conversations.hint}</small>
      </label>
      {chosen.length > 0 && (
        <ul className="chosen-people" aria-label={words.conversations.chosen(chosen.length)}>
          {chosen.map((one) => (
            <li key={one.userId}>
              <button
                type="button"
                className="chip"
                aria-label={words.conversations.remove(one.name)}
                onClick={() => model.toggle(one.userId)}
              >
                {one.name}
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <ul className="contacts" data-testid="contacts">
        {found.map((one) => (
          <Row
            key={one.userId}
            contact={one}
            isChosen={chosen.some((other) => other.userId === one.userId)}
            onToggle={() => model.toggle(one.userId)}
            onDuty={setDuty}
          />
        ))}
      </ul>
      {found.length === 0 && text.trim().length >= 2 && <p className="muted">{words.conversations.none}</p>}
      {duty && (
        <section className="contact-duty">
          <h3>{words.conversations.writeToDuty}</h3>
          <WriteToDuty institution={duty} />
        </section>
      )}
      {chosen.length > 1 && (
        <label className="field">
          <span>{words.conversations.groupName}</span>
          <input
            value={name}
            autoComplete="off"
            data-testid="group-name"
            onChange={(event) => setName(event.target.value)}
          />
          <small>{words.conversations.groupHint}</small>
        </label>
      )}
      {tooMany && <Problem>{words.conversations.tooMany}</Problem>}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="submit"
          className="button primary"
          data-testid="conversation-open"
          disabled={busy || chosen.length === 0 || tooMany}
        >
          {busy
            ? words.conversations.beginning
            : chosen.length > 1
              ? words.conversations.begin
              : words.conversations.write}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </form>
  )
}

function Row(props: {
  contact: Contact
  isChosen: boolean
  onToggle(): void
  onDuty(institution: string): void
}) {
  const { contact, isChosen } = props
  const words = useWords()
  const label = useLabel()
  const { verdict } = contact
  const duty = verdict?.duty_of
  const mayNot = verdict?.allowed === false
  return (
    <li
      className="contact"
      data-testid="contact"
      data-user-id={contact.userId}
      data-allowed={verdict?.allowed}
    >
      <button
        type="button"
        className="contact-choose"
        aria-pressed={isChosen}
        disabled={mayNot}
        data-testid="contact-choose"
        onClick={props.onToggle}
      >
        <Avatar id={contact.userId} name={contact.name} />
        <span className="contact-text">
          <b>{contact.name}</b>
          <span className="muted">
            <Flag country={contact.country} /> {contact.institutionName ?? contact.userId}
          </span>
        </span>
        {isChosen && <Check aria-hidden="true" />}
      </button>
      {mayNot && (
        <p className="contact-refused">
          {verdict.message ? label(verdict.message) : words.conversations.mayNot}{' '}
          {duty && (
            <button
              type="button"
              className="link-button"
              data-testid="contact-duty"
              onClick={() => props.onDuty(duty)}
            >
              {words.conversations.writeToDuty}
            </button>
          )}
        </p>
      )}
    </li>
  )
}
