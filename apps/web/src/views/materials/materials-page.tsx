import { ArrowLeft } from 'lucide-react'
import '../../styles/materials/materials.css'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import { createMaterialsModel, type MaterialsModel } from '../../viewmodel/materials/materials.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { MaterialEditor } from './material-editor.tsx'
import { MaterialPage } from './material-page.tsx'
import { MaterialsList } from './materials-list.tsx'

/** Materials for migrants: all of them, one, or a draft. */
export default function MaterialsPage(props: { materialId?: string; draftId?: string }) {
  const { session, channels } = useShell()
  const model = useModel(
    () => createMaterialsModel(session, channels, institutionsOf(session).desk, location.origin),
    [session, channels],
  )
  return model ? <Frame model={model} {...props} /> : null
}

function Frame(props: { model: MaterialsModel; materialId?: string; draftId?: string }) {
  const { model, materialId, draftId } = props
  const { router } = useShell()
  const all = useWords()
  const words = all.materials
  const language = useLanguage()
  const view = useStore(model.view)
  const row = view.rows.find((one) => one.state.id === materialId)
  const draft = view.drafts.find((one) => one.id === draftId)
  const whole = materialId === undefined && draftId === undefined
  const title = whole
    ? words.title
    : draft
      ? draft.of
        ? words.writeNext
        : words.write
      : (row?.content?.title ?? words.title)
  const waiting = !view.asked && !view.failure
  return (
    <section className="page materials-page" data-testid="materials-page">
      <header className="page-head">
        <IconButton
          label={whole ? all.back : words.back}
          testId="back"
          {...(whole ? { className: 'only-narrow' } : {})}
          onClick={() => (whole ? router.back() : router.go({ page: 'materials' }))}
        >
          <ArrowLeft />
        </IconButton>
        <h1>{title}</h1>
      </header>
      <div className="page-scroll materials-scroll">
        {view.failure && view.failure.kind !== 'offline' && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.refresh()}>
                {all.retry}
              </button>
            }
          >
            {failureText(view.failure, language, all)}
          </Problem>
        )}
        {whole ? (
          <MaterialsList model={model} view={view} waiting={waiting} />
        ) : draft ? (
          <MaterialEditor key={draft.id} model={model} view={view} draft={draft} />
        ) : row ? (
          <MaterialPage key={row.state.id} model={model} view={view} row={row} />
        ) : waiting ? (
          <Spinner label={all.loading} />
        ) : (
          <Blank title={draftId === undefined ? words.gone : words.draftGone}>
            <button type="button" className="button" onClick={() => router.go({ page: 'materials' })}>
              {words.back}
            </button>
          </Blank>
        )}
      </div>
    </section>
  )
}
