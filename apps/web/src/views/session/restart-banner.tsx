import { KeyRound, ShieldAlert } from 'lucide-react'
import type { RestartState } from '../../viewmodel/session/types.ts'
import { useWords } from '../ui/hooks.ts'

/** In place of the usual reminder while somebody has to confirm. */
export function RestartBanner(props: { state: RestartState; onOpen(): void }) {
  const words = useWords()
  const { state } = props
  const [text, action] =
    state.step === 'over'
      ? [words.restart.bannerOver, words.restart.see]
      : state.step === 'finishing'
        ? [words.restart.finishing, undefined]
        : [words.restart.banner, words.restart.showCode]
  return (
    <div className="banner banner-security" role="status" data-testid="restart-banner" data-step={state.step}>
      {state.step === 'over' ? <ShieldAlert aria-hidden="true" /> : <KeyRound aria-hidden="true" />}
      <span>{text}</span>
      {action && (
        <button type="button" className="button" data-testid="restart-open" onClick={props.onOpen}>
          {action}
        </button>
      )}
    </div>
  )
}
