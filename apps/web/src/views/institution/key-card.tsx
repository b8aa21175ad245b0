import { Check, Circle, FileKey2, KeyRound } from 'lucide-react'
import { useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import type { OfficeModel, OfficeState } from '../../viewmodel/institution/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { CopyKeyDialog, OpenKeyDialog, RecoveryDialog } from './key-dialogs.tsx'
import { ReadableCode } from './parts.tsx'

type Opened = 'create' | 'open' | 'store' | 'fetch' | 'copy' | 'forget'

/** The institution's key: where it is, whether it counts, and how it comes and goes. */
export function KeyCard({ model, state }: { model: OfficeModel; state: OfficeState }) {
  const words = useWords()
  const own = words.key
  const [open, setOpen] = useState<Opened | undefined>(undefined)
  const [said, setSaid] = useState<string | undefined>(undefined)
  const { key } = state
  const close = () => setOpen(undefined)
  const done = (text: string) => {
    setSaid(text)
    close()
  }
  const show = (what: Opened) => () => {
    setSaid(undefined)
    setOpen(what)
  }
  return (
    <section className="card" data-testid="key-card" data-kind={key.kind}>
      <h2>{own.title}</h2>
      {key.kind === 'none' ? (
        <>
          <p>{key.stored ? own.stored : own.none}</p>
          {!key.stored && <p className="muted">{own.noneHint}</p>}
          <div className="row-actions">
            {key.stored && (
              <button
                type="button"
                className="button primary"
                data-testid="key-fetch"
                onClick={show('fetch')}
              >
                <KeyRound aria-hidden="true" />
                {own.fetch}
              </button>
            )}
            <button
              type="button"
              className={`button ${key.stored ? '' : 'primary'}`}
              data-testid="key-open"
              onClick={show('open')}
            >
              <FileKey2 aria-hidden="true" />
              {own.open}
            </button>
            {!key.stored && (
              <button type="button" className="button" data-testid="key-create" onClick={show('create')}>
                {own.create}
              </button>
            )}
          </div>
        </>
      ) : (
        <>
          {key.kind === 'good' ? (
            <p className="office-line good">
              <Check aria-hidden="true" />
              <b>{own.good}</b>
            </p>
          ) : (
            <p className="note">{own.unnamed}</p>
          )}
          <p className="office-line good">
            <Check aria-hidden="true" />
            {own.onDevice}
          </p>
          <p
            className={`office-line ${key.stored ? 'good' : ''}`}
            data-testid="key-stored"
            data-stored={key.stored}
          >
            {key.stored ? <Check aria-hidden="true" /> : <Circle aria-hidden="true" />}
            {key.stored ? own.inStorage : own.notInStorage}
          </p>
          {key.kind === 'unnamed' ? (
            <HandOver model={model} code={key.code} />
          ) : (
            <ReadableCode code={key.code} label={own.code} testId="key-code" />
          )}
          {said && (
            <p className="note" role="status">
              {said}
            </p>
          )}
          <div className="row-actions">
            {!key.stored && (
              <button
                type="button"
                className="button primary"
                data-testid="key-store"
                onClick={show('store')}
              >
                {own.store}
              </button>
            )}
            <button type="button" className="button" data-testid="key-copy" onClick={show('copy')}>
              {own.copy}
            </button>
            <button type="button" className="button quiet" data-testid="key-forget" onClick={show('forget')}>
              {own.forget}
            </button>
          </div>
        </>
      )}
      {open === 'open' && <OpenKeyDialog model={model} onClose={close} />}
      {open === 'copy' && <CopyKeyDialog model={model} institution={state.institution} onClose={close} />}
      {open === 'store' && (
        <RecoveryDialog
          action={own.store}
          work={model.keys.store}
          onClose={close}
          onDone={() => done(own.storedNow)}
        />
      )}
      {open === 'fetch' && (
        <RecoveryDialog action={own.fetch} work={model.keys.fetch} onClose={close} onDone={close} />
      )}
      {open === 'create' && (
        <AskDialog
          title={own.createTitle}
          text={own.createHint}
          action={own.create}
          testId="key-create-confirm"
          work={() => model.keys.create()}
          onClose={close}
          onDone={() => done(own.createdNext)}
        />
      )}
      {open === 'forget' && key.kind !== 'none' && (
        <AskDialog
          title={own.forgetTitle}
          text={key.stored ? own.forgetStored : own.forgetLost}
          action={own.forget}
          danger
          testId="key-forget-confirm"
          work={() => model.keys.forget()}
          onClose={close}
          onDone={close}
        />
      )}
    </section>
  )
}

/** The way of a new key's public part to those who sign the network's list. */
function HandOver({ model, code }: { model: OfficeModel; code: string }) {
  const words = useWords()
  const own = words.key
  function download() {
    const file = model.keys.publicFile()
    if (!file) return
    const blob = new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: 'application/json' })
    saveFile(blob, `${model.state.get().institution}.publica.json`)
  }
  return (
    <>
      <h3>{own.handOver}</h3>
      <ol className="bullets numbers">
        {own.handOverSteps.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ol>
      <ReadableCode code={code} label={own.code} testId="key-code" />
      <div className="row-actions">
        <button type="button" className="button" data-testid="key-public" onClick={download}>
          {own.publicPart}
        </button>
      </div>
    </>
  )
}

function AskDialog(props: {
  title: string
  text: string
  action: string
  danger?: boolean
  testId: string
  work(): Promise<void>
  onClose(): void
  onDone(): void
}) {
  const words = useWords()
  const language = useLanguage()
  const { busy, failure, run } = useTask()
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className={`button ${props.danger ? 'danger' : 'primary'}`}
          data-testid={props.testId}
          disabled={busy}
          onClick={() =>
            void run(async () => {
              await props.work()
              props.onDone()
            })
          }
        >
          {props.action}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}
