import {
  type MaterialTopic,
  materialTopics,
  type ReadingLevel,
  readingLevels,
} from '@enlace/coordination/materials/words'
import { languageName } from '@enlace/directory/language'
import { countryName } from '@enlace/directory/words'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { DraftFault, DraftField, MaterialDraft } from '../../viewmodel/materials/material-draft.ts'
import type { MaterialsModel, MaterialsView } from '../../viewmodel/materials/materials.ts'
import { failureText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useLabel, useLanguage, useMedia, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'
import { EditorBlocks } from './editor-blocks.tsx'
import { EditorNames } from './editor-names.tsx'
import { capital } from './material-parts.tsx'
import { MaterialPreview } from './material-preview.tsx'

/** Of the corridor, in the order in which they are offered (BCP 47). */
const offered = ['es', 'en', 'kek', 'cab', 'ht', 'miq']
const OTHER = 'other'

/** What a material says, and beside it how it will look. Each change is kept on the device. */
export function MaterialEditor(props: { model: MaterialsModel; view: MaterialsView; draft: MaterialDraft }) {
  const { model, view, draft } = props
  const { router } = useShell()
  const all = useWords()
  const words = all.materials
  const language = useLanguage()
  const label = useLabel()
  const nameOf = useChannelName()
  const wide = useMedia('(min-width: 1024px)')
  const [tab, setTab] = useState<'write' | 'see'>('write')
  const [faults, setFaults] = useState<readonly DraftFault[]>([])
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [other, setOther] = useState(draft.language !== '' && !offered.includes(draft.language))
  const { save } = model.drafts
  const kept = useStore(model.drafts.kept)
  const set = (change: Partial<MaterialDraft>) => save({ ...draft, ...change, savedAt: Date.now() })
  const wrong = (field: DraftField) => faults.some((one) => one.field === field)
  const fixed = draft.of !== undefined
  const languages = offered.map((value) => ({
    value,
    label: capital(label(languageName(value))),
  }))

  async function send(): Promise<void> {
    setBusy(true)
    setFailure(undefined)
    const outcome = await model.send(draft)
    setBusy(false)
    if ('id' in outcome) return router.go({ page: 'materials', materialId: outcome.id }, { replace: true })
    if ('faults' in outcome) setFaults(outcome.faults)
    else setFailure(outcome.failure)
    setTab('write')
  }

  const line = (
    field: 'title' | 'summary' | 'department' | 'municipality' | 'liveAt',
    name: string,
    { hint, max, of }: { hint?: string; max: number; of?: DraftField } = { max: 120 },
  ) => (
    <label className="field">
      <span>{name}</span>
      <input
        type="text"
        data-testid={`material-${field}`}
        maxLength={max}
        value={draft[field]}
        aria-invalid={wrong(of ?? (field as DraftField)) || undefined}
        {...(field === 'title' || field === 'summary' ? { lang: draft.language || undefined } : {})}
        onChange={(event) => set({ [field]: event.target.value })}
      />
      {hint && <small className="muted">{hint}</small>}
    </label>
  )

  const form = (
    <form
      className="material-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <p className="note" data-testid="material-kept" data-kept={kept}>
        {kept ? words.kept : words.keeping}
      </p>
      {fixed ? (
        <p className="muted">{words.languageFixed}</p>
      ) : (
        <Select
          label={words.channel}
          hint={words.channelHint}
          testId="material-channel"
          value={draft.roomId}
          onChange={(roomId) => set({ roomId })}
          choices={model.channels().map((one) => ({ value: one.roomId, label: nameOf(one) }))}
        />
      )}
      {line('title', words.titleField, { max: 120 })}
      {line('summary', words.summaryField, { max: 300, hint: words.summaryHint })}
      {!fixed && (
        <Select
          label={words.language}
          testId="material-language"
          value={other ? OTHER : draft.language}
          wrong={wrong('language')}
          onChange={(value) => {
            setOther(value === OTHER)
            set({ language: value === OTHER ? '' : value })
          }}
          choices={[...languages, { value: OTHER, label: words.languageOther }]}
        />
      )}
      {!fixed && other && (
        <label className="field">
          <span>{words.languageTag}</span>
          <input
            type="text"
            data-testid="material-language-tag"
            maxLength={35}
            autoCapitalize="none"
            spellCheck={false}
            value={draft.language}
            aria-invalid={wrong('language') || undefined}
            onChange={(event) => set({ language: event.target.value.trim() })}
          />
          <small className="muted">{words.languageTagHint}</small>
        </label>
      )}
      <div className="material-pair">
        <Select
          label={words.topic}
          testId="material-topic"
          value={draft.topic}
          onChange={(topic) => set({ topic })}
          choices={(Object.keys(materialTopics) as MaterialTopic[]).map((value) => ({
            value,
            label: label(materialTopics[value]),
          }))}
        />
        <Select
          label={words.level}
          testId="material-level"
          value={draft.level}
          onChange={(level) => set({ level })}
          choices={(Object.keys(readingLevels) as ReadingLevel[]).map((value) => ({
            value,
            label: label(readingLevels[value]),
          }))}
        />
      </div>
      <EditorBlocks draft={draft} set={set} faults={faultsOfBlocks(model, draft, faults)} />
      <div className="material-pair">
        <Select
          label={words.country}
          testId="material-country"
          value={draft.country}
          onChange={(country) =>
            set({ country, ...(country === '' ? { department: '', municipality: '' } : {}) })
          }
          choices={[
            { value: '', label: words.everywhere },
            ...['HN', 'GT'].map((value) => ({ value, label: label(countryName(value)) })),
          ]}
        />
        {draft.country !== '' && line('department', words.department, { max: 80, of: 'place' })}
        {draft.country !== '' && line('municipality', words.municipality, { max: 80, of: 'place' })}
      </div>
      <EditorNames view={view} draft={draft} set={set} wrong={wrong('names')} />
      <label className="field">
        <span>{words.until}</span>
        <input
          type="date"
          data-testid="material-until"
          value={draft.validUntil}
          aria-invalid={wrong('validUntil') || undefined}
          onChange={(event) => set({ validUntil: event.target.value })}
        />
        <small className="muted">{words.untilHint}</small>
      </label>
      {line('liveAt', words.liveAt, { max: 120, hint: words.liveAtHint })}
      {faults.length > 0 && (
        <Problem>
          <p>{words.faults}</p>
          <ul className="bullets" data-testid="material-faults">
            {[...new Set(faults.map(({ field }) => field))].map((field) => (
              <li key={field}>{words.fault[field]}</li>
            ))}
          </ul>
        </Problem>
      )}
      {failure && <Problem>{failureText(failure, language, all)}</Problem>}
      {busy && <Spinner label={words.sending} />}
      <div className="row-actions end">
        <button type="submit" className="button primary" data-testid="material-send" disabled={busy}>
          {fixed ? words.sendVersion : words.propose}
        </button>
      </div>
    </form>
  )
  const preview = <MaterialPreview content={model.preview(draft)} />
  if (wide)
    return (
      <div className="material-desk">
        {form}
        {preview}
      </div>
    )
  return (
    <>
      <div className="material-sheets">
        {(['write', 'see'] as const).map((one) => (
          <button
            key={one}
            type="button"
            className="chip"
            data-testid={`material-tab-${one}`}
            aria-pressed={tab === one}
            onClick={() => setTab(one)}
          >
            {words.tabs[one]}
          </button>
        ))}
      </div>
      {tab === 'write' ? form : preview}
    </>
  )
}

/** What a text may not have is said as it is written; that it is missing, when it is sent. */
function faultsOfBlocks(
  model: MaterialsModel,
  draft: MaterialDraft,
  asked: readonly DraftFault[],
): readonly DraftFault[] {
  const made = model.content(draft)
  const now = made.ok ? [] : made.faults.filter((one) => one.field === 'blocks' && one.says)
  const before = asked.filter((one) => one.field === 'blocks' && !one.says)
  return [...now, ...before.filter((one) => !now.some(({ block }) => block === one.block))]
}
