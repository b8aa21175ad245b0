import { ArrowLeft, Building2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import type { OfficeModel } from '../../viewmodel/institution/types.ts'
import { failureText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { KeyCard } from './key-card.tsx'
import { LockRuleCard } from './lock-rule-card.tsx'
import { OfficeNav } from './office-nav.tsx'
import { FaultNotice } from './parts.tsx'
import { PublishCard } from './publish-card.tsx'
import { RosterCard } from './roster-card.tsx'

/** An institution's key, and who speaks for it. */
export default function InstitutionPage(props: { institution: string | undefined }) {
  const { session, router } = useShell()
  const words = useWords()
  const name = useInstitutionName()
  const institutions = institutionsOf(session)
  const me = useStore(session.me)
  const heldFor = useStore(institutions.heldFor)
  const own = me?.institution?.key
  const current = props.institution ?? own ?? heldFor[0]
  const choices = [...new Set([own, ...heldFor, props.institution].filter((one) => one !== undefined))]
  return (
    <section className="page" data-testid="institution-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{current === undefined || current === own ? words.office.title : name(current)}</h1>
      </header>
      <OfficeNav here="key" />
      <div className="page-scroll settings">
        {choices.length > 1 && (
          <Select
            label={words.office.choose}
            testId="institution-choose"
            value={current ?? ''}
            onChange={(value) => router.go({ page: 'institution', key: value }, { replace: true })}
            choices={choices.map((one) => ({ value: one, label: name(one) }))}
          />
        )}
        {current === undefined ? (
          <Blank icon={<Building2 />} title={words.office.nobody} hint={words.office.nobodyHint} />
        ) : (
          <Loaded key={current} institution={current} />
        )}
      </div>
    </section>
  )
}

function Loaded({ institution }: { institution: string }) {
  const { session } = useShell()
  const model = useModel(() => institutionsOf(session).office(institution), [session, institution])
  return model ? <Office model={model} /> : null
}

function Office({ model }: { model: OfficeModel }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const name = useInstitutionName()
  const state = useStore(model.state)
  const network = useStore(institutionsOf(session).network)
  const me = useStore(session.me)
  const [first, setFirst] = useState(true)
  useEffect(() => {
    void model.load().finally(() => setFirst(false))
  }, [model])
  const { obstacle } = state
  const root = network.kind === 'good' || network.kind === 'fault' ? network.root : undefined
  const coordinators = root?.coordinators.flatMap((one) => (one.name ? [one.name] : [])) ?? []
  // Whoever coordinates may take the key up here; others only look.
  const mayHold =
    me?.role === 'coordinator' || state.key.kind !== 'none' || state.key.stored || !me?.institution
  const editable = state.key.kind !== 'none'
  const retry = (
    <button type="button" className="button" onClick={() => void model.load()}>
      {words.retry}
    </button>
  )
  return (
    <>
      <p>
        <b>{name(state.institution)}</b> <span className="muted">{state.institution}</span>
      </p>
      {state.loading && first && <Spinner label={words.loading} />}
      {obstacle?.kind === 'offline' && <Problem action={retry}>{words.office.offline}</Problem>}
      {obstacle?.kind === 'failed' && (
        <Problem action={retry}>{failureText(obstacle.failure, language, words)}</Problem>
      )}
      {obstacle?.kind === 'fault' && <FaultNotice fault={obstacle.fault} coordinators={coordinators} />}
      {obstacle?.kind === 'absent' ? (
        <Blank icon={<Building2 />} title={words.office.absent} hint={words.office.absentHint} />
      ) : (
        !(state.loading && first) && (
          <>
            <PublishCard model={model} state={state} />
            <RosterCard model={model} state={state} editable={editable} />
            {mayHold ? (
              <KeyCard model={model} state={state} />
            ) : (
              <p className="muted">{words.office.staff}</p>
            )}
            {editable && <Limited model={model} />}
            {me?.role === 'coordinator' && me.institution?.key === state.institution && <LockRuleCard />}
          </>
        )
      )}
    </>
  )
}

/** Whether the node may sign the duty roster with a key that is good for nothing else. */
function Limited({ model }: { model: OfficeModel }) {
  const words = useWords()
  const own = words.limited
  const { duty } = useStore(model.state)
  return (
    <section className="card" data-testid="limited-card">
      <h2>{own.title}</h2>
      <p className="muted">{own.hint}</p>
      {duty.available || duty.given ? (
        <label className="switch-row">
          <input
            type="checkbox"
            data-testid="limited-allow"
            checked={duty.wanted ?? duty.given}
            disabled={!duty.available && !duty.given}
            onChange={(event) => model.setDuty(event.target.checked)}
          />
          {own.allow}
        </label>
      ) : (
        <p>{own.unavailable}</p>
      )}
    </section>
  )
}
