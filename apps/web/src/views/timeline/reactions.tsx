import { Plus } from 'lucide-react'
import type { Reaction } from '../../viewmodel/timeline/types.ts'
import { usePeople, useWords } from '../ui/hooks.ts'
import { Dialog, Flag } from '../ui/parts.tsx'

const QUICK = ['👍', '❤️', '✅', '🙏', '👀', '😮']
/** Pictographs alone: servers let no other sign travel in the clear. */
const MORE =
  '👍 👎 👌 🙌 👏 🙏 💪 🤝 👋 ✋ ☝️ 🤞 ✅ ☑️ ❌ ❗ ❓ ⚠️ 🚨 ⏳ ⌛ 🕐 📌 📎 📄 📝 📞 📷 🔒 🔑 🚗 🚌 ✈️ 🏠 🏥 ❤️ 💙 💚 💛 🤍 🕊️ 🎉 😀 😊 😂 😍 😮 🤔 😢 😭 😡 😴 🙄 😬 🤗 😇 👀 👶 👧 👦'.split(
    ' ',
  )

/** Six signs at hand, and the way to the others. */
export function QuickReactions(props: { onPick(key: string): void; onMore(): void }) {
  const words = useWords()
  return (
    <ul className="quick-reactions" aria-label={words.messages.quick}>
      {QUICK.map((key) => (
        <li key={key}>
          <button type="button" data-testid="quick-reaction" data-key={key} onClick={() => props.onPick(key)}>
            {key}
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          aria-label={words.messages.moreReactions}
          title={words.messages.moreReactions}
          data-testid="more-reactions"
          onClick={props.onMore}
        >
          <Plus aria-hidden="true" />
        </button>
      </li>
    </ul>
  )
}

export function ReactionPicker(props: { onPick(key: string): void; onClose(): void }) {
  const words = useWords()
  return (
    <Dialog title={words.messages.moreReactions} onClose={props.onClose} testId="reaction-picker">
      <div className="reaction-grid">
        {MORE.map((key) => (
          <button key={key} type="button" data-key={key} onClick={() => props.onPick(key)}>
            {key}
          </button>
        ))}
      </div>
      <p className="muted">{words.messages.reactionsHint}</p>
    </Dialog>
  )
}

/** The signs under a message; one's own are pressed. */
export function ReactionChips(props: {
  reactions: readonly Reaction[]
  roomId: string
  onToggle(key: string): void
}) {
  const words = useWords()
  const people = usePeople()
  return (
    <ul className="reactions" aria-label={words.messages.reactions}>
      {props.reactions.map(({ key, users, own }) => {
        const names = users.map((id) => people.person(id, props.roomId).title).join('; ')
        return (
          <li key={key}>
            <button
              type="button"
              className="reaction"
              data-testid="reaction"
              data-key={key}
              aria-pressed={own !== undefined}
              aria-label={words.messages.chip(key, users.length, names)}
              title={names}
              onClick={() => props.onToggle(key)}
            >
              <span>{key}</span>
              <span>{users.length}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}

export function WhoReacted(props: { reactions: readonly Reaction[]; roomId: string; onClose(): void }) {
  const words = useWords()
  const people = usePeople()
  return (
    <Dialog title={words.messages.whoReacted} onClose={props.onClose} testId="who-reacted">
      {props.reactions.map(({ key, users }) => (
        <section key={key} className="who-reacted">
          <h3>{key}</h3>
          <ul className="plain-list">
            {users.map((id) => {
              const person = people.person(id, props.roomId)
              return (
                <li key={id}>
                  <Flag country={person.country} /> <b>{person.name}</b>
                  {person.institutionName && <span className="muted"> · {person.institutionName}</span>}
                </li>
              )
            })}
          </ul>
        </section>
      ))}
      <p className="muted">{words.messages.reactionsHint}</p>
    </Dialog>
  )
}
