import { applyUpdate, updateWaiting } from '../../viewmodel/session/updates.ts'
import { useStore, useWords } from '../ui/hooks.ts'

export function UpdatePrompt() {
  const words = useWords()
  if (!useStore(updateWaiting)) return null
  return (
    <div className="toast" role="status">
      <span>{words.update.available}</span>
      <button type="button" className="button primary" onClick={applyUpdate}>
        {words.update.apply}
      </button>
    </div>
  )
}
