import type { MaterialStatus } from '@enlace/coordination/materials'
import { type MaterialTopic, materialTopics, readingLevels } from '@enlace/coordination/materials/words'
import { languageName } from '@enlace/directory/language'
import { countryName } from '@enlace/directory/words'
import { BookOpen, Plus } from 'lucide-react'
import { useState } from 'react'
import type { MaterialDraft } from '../../viewmodel/materials/material-draft.ts'
import type { MaterialRow, MaterialsModel, MaterialsView } from '../../viewmodel/materials/materials.ts'
import { dateTime } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useLabel, useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Blank, Dialog, Spinner } from '../ui/parts.tsx'
import { capital, dayText, StatusMark } from './material-parts.tsx'

const statuses = ['in_review', 'returned', 'approved', 'published', 'expired', 'withdrawn'] as const

export function MaterialsList(props: { model: MaterialsModel; view: MaterialsView; waiting: boolean }) {
  const { model, view, waiting } = props
  const { router } = useShell()
  const words = useWords().materials
  const loading = useWords().loading
  const label = useLabel()
  const [topic, setTopic] = useState('')
  const [language, setLanguage] = useState('')
  const [status, setStatus] = useState('')
  const [country, setCountry] = useState('')
  const mayWrite = view.actor !== undefined && model.channels().length > 0
  const begin = () => router.go({ page: 'materials', draftId: model.begin() })
  const write = (
    <button type="button" className="button primary" data-testid="material-new" onClick={begin}>
      <Plus aria-hidden="true" />
      {words.create}
    </button>
  )
  const languages = [...new Set(view.rows.flatMap(({ content }) => content?.language ?? []))].sort()
  const found = view.rows.filter(
    ({ content, status: has, review }) =>
      (topic === '' || content?.topic === topic) &&
      (language === '' || content?.language === language) &&
      (status === '' || (status === 'to_review' ? (review?.length ?? 0) > 0 : has === status)) &&
      // What holds everywhere holds there.
      (country === '' || !content?.place || content.place.country === country),
  )
  return (
    <>
      <p className="muted">{words.hint}</p>
      {mayWrite ? <div className="row-actions">{write}</div> : <p className="muted">{words.notAllowed}</p>}
      {view.drafts.length > 0 && <Drafts model={model} drafts={view.drafts} />}
      {view.rows.length === 0 ? (
        waiting ? (
          <Spinner label={loading} />
        ) : (
          <Blank icon={<BookOpen />} title={words.empty} hint={words.emptyHint}>
            <ol className="material-steps">
              {words.emptySteps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </Blank>
        )
      ) : (
        <>
          <fieldset className="material-filters">
            <legend className="visually-hidden">{words.filters}</legend>
            <Select
              label={words.topic}
              testId="material-filter-topic"
              value={topic}
              onChange={setTopic}
              choices={[
                { value: '', label: words.any },
                ...(Object.keys(materialTopics) as MaterialTopic[]).map((value) => ({
                  value,
                  label: label(materialTopics[value]),
                })),
              ]}
            />
            <Select
              label={words.language}
              testId="material-filter-language"
              value={language}
              onChange={setLanguage}
              choices={[
                { value: '', label: words.any },
                ...languages.map((value) => ({ value, label: capital(label(languageName(value))) })),
              ]}
            />
            <Select
              label={words.status}
              testId="material-filter-status"
              value={status}
              onChange={setStatus}
              choices={[
                { value: '', label: words.any },
                { value: 'to_review', label: words.toReview },
                ...statuses.map((value: MaterialStatus) => ({ value, label: words.statuses[value] })),
              ]}
            />
            <Select
              label={words.place}
              testId="material-filter-place"
              value={country}
              onChange={setCountry}
              choices={[
                { value: '', label: words.any },
                ...['HN', 'GT'].map((value) => ({ value, label: label(countryName(value)) })),
              ]}
            />
          </fieldset>
          <p role="status" className="muted">
            {words.count(found.length)}
          </p>
          {found.length === 0 ? (
            <Blank title={words.none} hint={words.noneHint} />
          ) : (
            <ul className="material-rows">
              {found.map((row) => (
                <li key={row.state.id}>
                  <Row row={row} />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </>
  )
}

function Row({ row }: { row: MaterialRow }) {
  const { router } = useShell()
  const words = useWords().materials
  const language = useLanguage()
  const label = useLabel()
  const nameOf = useInstitutionName()
  const { content, state } = row
  return (
    <button
      type="button"
      className="card material-row"
      data-testid="material-row"
      data-status={row.status}
      onClick={() => router.go({ page: 'materials', materialId: state.id })}
    >
      <b lang={content?.language}>{content?.title ?? words.unreadable}</b>
      {content && (
        <span className="muted">
          {[
            label(materialTopics[content.topic]),
            capital(label(languageName(content.language))),
            label(readingLevels[content.level]),
          ].join(' · ')}
        </span>
      )}
      <span className="muted">
        {nameOf(state.institution)}
        {content && ` · ${words.validUntil(dayText(content.valid_until, language))}`}
      </span>
      <span className="material-marks">
        <StatusMark row={row} />
      </span>
    </button>
  )
}

function Drafts({ model, drafts }: { model: MaterialsModel; drafts: readonly MaterialDraft[] }) {
  const { router } = useShell()
  const all = useWords()
  const words = all.materials
  const language = useLanguage()
  const [asking, setAsking] = useState<string | undefined>(undefined)
  return (
    <section className="card material-drafts" data-testid="material-drafts">
      <h2>{words.drafts}</h2>
      <p className="muted">{words.draftsHint}</p>
      <ul className="material-rows">
        {drafts.map((draft) => (
          <li key={draft.id}>
            <span>
              <b lang={draft.language || undefined}>{draft.title || words.untitled}</b>{' '}
              <small className="muted">{words.savedAt(dateTime(draft.savedAt, language, all))}</small>
            </span>
            <span className="row-actions">
              <button
                type="button"
                className="button small"
                data-testid="material-draft"
                onClick={() => router.go({ page: 'materials', draftId: draft.id })}
              >
                {words.continue}
              </button>
              <button type="button" className="button small" onClick={() => setAsking(draft.id)}>
                {words.discard}
              </button>
            </span>
          </li>
        ))}
      </ul>
      {asking !== undefined && (
        <Dialog title={words.discardTitle} onClose={() => setAsking(undefined)}>
          <p>{words.discardHint}</p>
          <div className="row-actions end">
            <button
              type="button"
              className="button danger"
              data-testid="material-discard"
              onClick={() => {
                model.drafts.remove(asking)
                setAsking(undefined)
              }}
            >
              {words.discard}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  )
}
