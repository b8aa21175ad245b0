import { materialTopics, readingLevels } from '@enlace/coordination/materials/words'
import { languageName } from '@enlace/directory/language'
import { useState } from 'react'
import type { MaterialRow, MaterialsModel, MaterialsView } from '../../viewmodel/materials/materials.ts'
import { dateTime } from '../../words/format.ts'
import { useInstitutionName, useLabel, useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { MaterialComments } from './material-comments.tsx'
import { capital, dayText, StatusMark } from './material-parts.tsx'
import { MaterialPreview } from './material-preview.tsx'
import { MaterialPublication } from './material-publication.tsx'
import { MaterialReview } from './material-review.tsx'

/** One material: how it stands, what is to be done, how it looks, what was said of it, what it was before. */
export function MaterialPage(props: { model: MaterialsModel; view: MaterialsView; row: MaterialRow }) {
  const { model, view, row } = props
  const { state, content } = row
  const { router } = useShell()
  const words = useWords().materials
  const language = useLanguage()
  const label = useLabel()
  const nameOf = useInstitutionName()
  const [seen, setSeen] = useState<string | undefined>(undefined)
  const shown = state.versions.find(({ id }) => id === seen)?.content ?? content
  const last = state.publications.at(-1)
  const published = last && !last.withdrawn && state.versions.find(({ id }) => id === last.version)?.content
  const mayWrite = content !== undefined && model.may(state, { step: 'version' })
  const write = (translated: boolean) => {
    const draftId = model.beginFrom(row, translated)
    if (draftId !== undefined) router.go({ page: 'materials', draftId })
  }
  return (
    <div className="material-desk" data-testid="material-page" data-status={row.status}>
      <div className="material-column">
        <section className="material-about">
          <p className="material-marks">
            <StatusMark row={row} />
          </p>
          {content ? (
            <>
              <p lang={content.language}>{content.summary}</p>
              <p className="muted">
                {[
                  label(materialTopics[content.topic]),
                  capital(label(languageName(content.language))),
                  label(readingLevels[content.level]),
                ].join(' · ')}
              </p>
              <p className="muted">
                {words.of(nameOf(state.institution), content.number)}{' '}
                {words.validUntil(dayText(content.valid_until, language))}
              </p>
            </>
          ) : (
            <p className="note">{words.unreadable}</p>
          )}
          {state.apart.length > 0 && <p className="note">{words.apart}</p>}
        </section>
        <Changed view={view} row={row} />
        <MaterialReview model={model} view={view} row={row} />
        <MaterialPublication model={model} view={view} row={row} />
        {content && (
          <div className="row-actions">
            {mayWrite && (
              <button
                type="button"
                className="button"
                data-testid="material-version"
                onClick={() => write(false)}
              >
                {words.newVersion}
              </button>
            )}
            {view.actor && (
              <button
                type="button"
                className="button"
                data-testid="material-translate"
                onClick={() => write(true)}
              >
                {words.translate}
              </button>
            )}
          </div>
        )}
        <MaterialComments model={model} state={state} />
        <History row={row} seen={seen} onSee={setSeen} />
      </div>
      {shown && (
        // What nobody approved goes to no print shop.
        <MaterialPreview content={shown} printed={shown === published} />
      )}
    </div>
  )
}

/** What it names and is not as it was. */
function Changed({ view, row }: { view: MaterialsView; row: MaterialRow }) {
  const words = useWords().materials
  const nameOf = useInstitutionName()
  const { review = [] } = row
  if (review.length === 0) return null
  const records = typeof view.directory === 'object' ? view.directory.choices : []
  return (
    <section className="card material-changed" data-testid="material-changed">
      <h2>{words.toReview}</h2>
      <ul className="bullets">
        {review.map(({ name, why }) => {
          const known = records.find(
            ({ institution, service }) => institution === name.institution && service === name.service,
          )
          const said = known?.name ?? nameOf(name.institution)
          return (
            <li key={`${name.institution} ${name.service ?? ''}`}>
              {why === 'gone' ? words.changedGone(said) : words.changed(said)}
            </li>
          )
        })}
      </ul>
      <p>{words.changedHint}</p>
    </section>
  )
}

function History(props: { row: MaterialRow; seen: string | undefined; onSee(id: string): void }) {
  const { versions, publications } = props.row.state
  const all = useWords()
  const words = all.materials
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const when = (at: number) => dateTime(at, language, all)
  const shown = props.seen ?? versions.at(-1)?.id
  return (
    <details className="card" data-testid="material-history">
      <summary>{words.history}</summary>
      <ol className="material-rows" reversed>
        {versions.toReversed().map((version) => (
          <li key={version.id}>
            <span>
              {version.content && <b>{words.version(version.content.number)}</b>}{' '}
              {words.wrote(nameOf(version.by.institution), when(version.at))}
              {publications
                .filter((one) => one.version === version.id)
                .map((one) => (
                  <small key={one.id} className="muted">
                    {' '}
                    {words.publishedOn(nameOf(one.by.institution), when(one.at))}.
                    {one.withdrawn &&
                      ` ${words.withdrawnOn(
                        nameOf(one.withdrawn.by.institution),
                        when(one.withdrawn.at),
                        words.reasons[one.withdrawn.reason],
                      )}.`}
                  </small>
                ))}
            </span>
            {version.content && version.id !== shown && (
              <button type="button" className="button small" onClick={() => props.onSee(version.id)}>
                {words.see}
              </button>
            )}
          </li>
        ))}
      </ol>
    </details>
  )
}
