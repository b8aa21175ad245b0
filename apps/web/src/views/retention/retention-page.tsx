import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import { createRetention, type RetentionModel } from '../../viewmodel/retention/retention.ts'
import { failureText } from '../../words/format.ts'
import { useLabel, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { ErasuresCard } from './erasures-card.tsx'
import { HoldsCard, UpcomingCard } from './holds-cards.tsx'
import { RulesCard } from './rules-card.tsx'

/** How long things stay, what is about to be deleted, what stops it, and who has confirmed what was deleted. */
export default function RetentionPage(props: { nav: ReactNode }) {
  const { session, router } = useShell()
  const words = useWords()
  const model = useModel(() => createRetention(session), [session])
  if (!model) return null
  return (
    <section className="page" data-testid="retention-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{words.retention.title}</h1>
      </header>
      {props.nav}
      <Content model={model} />
    </section>
  )
}

function Content({ model }: { model: RetentionModel }) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const { overview, failure } = useStore(model.state)
  return (
    <div className="page-scroll settings">
      <p className="muted">{words.retention.intro}</p>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {!overview && !failure && <Spinner label={words.loading} />}
      {overview && (
        <>
          {!overview.deletes && (
            <section className="card" data-testid="retention-off">
              <h2>{words.retention.off}</h2>
              {overview.message && <p>{label(overview.message)}</p>}
            </section>
          )}
          <UpcomingCard model={model} overview={overview} />
          <HoldsCard model={model} overview={overview} />
          <RulesCard model={model} overview={overview} />
          <ErasuresCard model={model} overview={overview} />
          <section className="card" data-testid="retention-rights">
            <h2>{words.retention.rights}</h2>
            <ul className="plain-list">
              {words.retention.rightsText.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          </section>
          <section className="card">
            <h2>{words.retention.stays}</h2>
            <ul className="plain-list">
              {overview.stays.map((one) => (
                <li key={one.en}>{label(one)}</li>
              ))}
            </ul>
          </section>
        </>
      )}
    </div>
  )
}
