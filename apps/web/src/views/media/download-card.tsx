import { chooseDownloadRule, downloadRule, downloadRules } from '../../viewmodel/media/auto-download.ts'
import { useStore, useWords } from '../ui/hooks.ts'

/** When photos are fetched before anybody asks for them, on this device. */
export function DownloadCard() {
  const words = useWords().media.download
  const chosen = useStore(downloadRule)
  return (
    <section className="card" data-testid="download-card">
      <h2 id="download-title">{words.title}</h2>
      <p className="muted">{words.hint}</p>
      <div className="download-rules" role="radiogroup" aria-labelledby="download-title">
        {downloadRules.map((rule) => (
          <label key={rule}>
            <input
              type="radio"
              name="download-rule"
              autoComplete="off"
              checked={chosen === rule}
              data-testid={`download-${rule}`}
              onChange={() => chooseDownloadRule(rule)}
            />
            <span>{words.rule[rule]}</span>
          </label>
        ))}
      </div>
    </section>
  )
}
