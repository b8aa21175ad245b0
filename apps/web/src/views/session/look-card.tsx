import { chooseDensity, densities, density } from '../../lib/density.ts'
import { chooseLanguage } from '../../words/language.ts'
import { RadioCards } from '../ui/choice.tsx'
import { useLanguage, useStore, useWords } from '../ui/hooks.ts'

/** The language; and at a desk, how close things stand. */
export function LookCard() {
  const words = useWords()
  const language = useLanguage()
  const now = useStore(density)
  return (
    <section className="card">
      <h2>{words.look.title}</h2>
      <RadioCards
        label={words.settings.language}
        layout="grid"
        testId="language"
        value={language}
        onChange={(value) => chooseLanguage(value === 'en' ? 'en' : 'es')}
        choices={(['es', 'en'] as const).map((one) => ({
          value: one,
          label: one === 'es' ? words.settings.spanish : words.settings.english,
          lang: one,
        }))}
      />
      <RadioCards
        className="only-desk"
        label={words.look.density}
        layout="grid"
        testId="density"
        value={now}
        onChange={(value) => chooseDensity(densities.find((one) => one === value) ?? 'comfortable')}
        choices={densities.map((one) => ({ value: one, ...words.look.densities[one] }))}
      />
    </section>
  )
}
