import { useState } from 'react'
import '../../styles/index.css'
import { localpartOf } from '../../lib/user-id.ts'
import { sumOf, totalOf } from '../../lib/waiting.ts'
import type { AppState } from '../../viewmodel/session/types.ts'
import { useTitle, useWords } from '../ui/hooks.ts'
import { LoseUnsent } from './lose-unsent.tsx'
import { LanguageSwitch } from './sign-in.tsx'

/** Somebody comes in where something of another account is, or may be, that is nowhere else. */
export default function MakingPlace(props: { state: Extract<AppState, { phase: 'making-place' }> }) {
  const words = useWords()
  const own = words.unsent.place
  const { userId, waiting, go, stop } = props.state
  const [lose, setLose] = useState(false)
  const known = sumOf(waiting.map(({ counts = {} }) => counts))
  useTitle(`${own.title} · Enlace`)
  return (
    <main className="sign-in" data-testid="making-place">
      <div className="sign-in-brand">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>Enlace</h1>
      </div>
      <section className="card sign-in-card" aria-labelledby="making-place-title">
        <h2 id="making-place-title">{own.title}</h2>
        <p>{own.why(localpartOf(userId))}</p>
        <ul className="bullets">
          {waiting.map((one) => (
            <li key={one.userId}>
              {one.counts === undefined
                ? own.unknown(localpartOf(one.userId))
                : words.unsent.in(localpartOf(one.userId), totalOf(one.counts))}
              {!one.keyKept && <small>{words.keyLoss.of(localpartOf(one.userId))}</small>}
            </li>
          ))}
        </ul>
        <LoseUnsent
          counts={totalOf(known) === 0 && waiting.some(({ counts }) => !counts) ? undefined : known}
          keyKept={waiting.every(({ keyKept }) => keyKept)}
          hint={own.hint}
          lose={lose}
          setLose={setLose}
        />
        <button type="button" className="button primary big" data-testid="making-place-stop" onClick={stop}>
          {own.stop}
        </button>
        <button
          type="button"
          className="button danger big"
          data-testid="making-place-go"
          disabled={!lose}
          onClick={go}
        >
          {words.unsent.forgetConfirm}
        </button>
      </section>
      <footer className="sign-in-foot">
        <LanguageSwitch />
      </footer>
    </main>
  )
}
