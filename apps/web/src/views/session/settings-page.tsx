import { roles } from '@enlace/coordination'
import { ArrowLeft, KeyRound, ShieldCheck } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { version } from '../../../package.json'
import { AlertSettingsCard } from '../calls/alert-settings.tsx'
import { OwnDataCard } from '../exports/own-data-card.tsx'
import { DownloadCard } from '../media/download-card.tsx'
import { StorageCard } from '../phone/storage-card.tsx'
import { anchor } from '../ui/anchor.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Avatar, Flag, IconButton } from '../ui/parts.tsx'
import { EnterKeyDialog, NewKeyDialog } from './key-dialogs.tsx'
import { LinkedAccountsCard } from './linked-accounts-card.tsx'
import { LockCard } from './lock-card.tsx'
import { LookCard } from './look-card.tsx'
import { SessionsCard } from './sessions-card.tsx'
import { SignInSecurity } from './sign-in-security.tsx'
import { SignOut } from './sign-out.tsx'

export default function SettingsPage() {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const me = useStore(session.me)
  const person = people.person(session.userId)
  const name = me?.display_name ?? person.name
  return (
    <section className="page">
      <header className="page-head">
        <IconButton
          label={words.back}
          className="only-narrow"
          onClick={() => router.go({ page: 'channels' })}
        >
          <ArrowLeft />
        </IconButton>
        <h1>{words.settings.title}</h1>
      </header>
      <div className="page-scroll settings">
        <Section title={words.settings.account} place="perfil">
          <div className="member">
            <Avatar id={session.userId} name={name} />
            <div className="member-text">
              <b>{name}</b>
              <span className="muted">{session.userId}</span>
              {me?.institution && (
                <span>
                  <Flag country={me.institution.country} /> {me.institution.name}
                  {me.role && ` · ${roles[me.role][language]}`}
                </span>
              )}
            </div>
          </div>
        </Section>
        <LookCard />
        <AlertSettingsCard />
        <DownloadCard />
        <Section title={words.duty.title}>
          <p className="muted">{words.duty.hint}</p>
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="duty-open"
              onClick={() => router.go({ page: 'duty' })}
            >
              {words.duty.open}
            </button>
          </div>
        </Section>
        <Section title={words.meetings.title}>
          <p className="muted">{words.meetings.hint}</p>
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="meetings-open"
              onClick={() => router.go({ page: 'meetings' })}
            >
              {words.meetings.back}
            </button>
          </div>
        </Section>
        <Section title={words.risks.title}>
          <p className="muted">{words.risks.hint}</p>
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="risks-open"
              onClick={() => router.go({ page: 'risks' })}
            >
              {words.risks.open}
            </button>
          </div>
        </Section>
        <Section title={words.materials.title}>
          <p className="muted">{words.materials.hint}</p>
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="materials-open"
              onClick={() => router.go({ page: 'materials' })}
            >
              {words.materials.open}
            </button>
          </div>
        </Section>
        <LinkCard page="institution" words={words.office} testId="institution-open" />
        <LinkCard page="network" words={words.network} testId="network-open" />
        <Coordination />
        <Security />
        <Section title={words.factors.title} testId="factors">
          <SignInSecurity asker={session} />
        </Section>
        <LinkedAccountsCard />
        <LockCard />
        <StorageCard />
        <SessionsCard />
        <OwnDataCard />
        {me?.institution && (
          <Section title={words.leaving.cardOwn} place="cerrar-cuenta">
            <p className="muted">{words.leaving.cardOwnHint}</p>
            <div className="row-actions">
              <button
                type="button"
                className="button"
                data-testid="leaving-own"
                onClick={() => router.go({ page: 'office', part: 'leaving', detail: session.userId })}
              >
                {words.leaving.cardOwnOpen}
              </button>
            </div>
          </Section>
        )}
        <SignOut />
        <Section title={words.settings.about}>
          <p>{words.settings.aboutText}</p>
          <p className="muted">
            {words.settings.version(version)} · {words.settings.server(session.client.getDomain() ?? '')}
          </p>
        </Section>
      </div>
    </section>
  )
}

function Section(props: { title: string; children: ReactNode; testId?: string; place?: string }) {
  return (
    <section
      className="card"
      data-testid={props.testId}
      {...(props.place === undefined ? {} : anchor(props.place))}
    >
      <h2>{props.title}</h2>
      {props.children}
    </section>
  )
}

/** A page that is reached from here. */
function LinkCard(props: {
  page: 'institution' | 'network'
  words: { card: string; cardHint: string; open: string }
  testId: string
}) {
  const { router } = useShell()
  return (
    <Section title={props.words.card}>
      <p className="muted">{props.words.cardHint}</p>
      <div className="row-actions">
        <button
          type="button"
          className="button"
          data-testid={props.testId}
          onClick={() => router.go({ page: props.page })}
        >
          {props.words.open}
        </button>
      </div>
    </Section>
  )
}

/** For coordinators: whoever of their people starts again. */
function Coordination() {
  const { resets, router } = useShell()
  const words = useWords()
  const mine = useStore(resets.mine)
  if (!mine) return null
  return (
    <Section title={words.resets.card}>
      <p className="muted">{words.resets.cardHint}</p>
      <div className="row-actions">
        <button
          type="button"
          className="button"
          data-testid="resets-settings"
          onClick={() => router.go({ page: 'resets' })}
        >
          {words.resets.open}
        </button>
      </div>
    </Section>
  )
}

function Security() {
  const { session } = useShell()
  const words = useWords()
  const state = useStore(session.encryption.state)
  const [open, setOpen] = useState<'new' | 'enter' | undefined>(undefined)
  const close = () => setOpen(undefined)
  return (
    <Section title={words.settings.security}>
      {state === 'unconfirmed' ? (
        <div className="setting">
          <KeyRound aria-hidden="true" />
          <p>{words.settings.unconfirmed}</p>
          <button
            type="button"
            className="button primary"
            data-testid="recovery-open"
            onClick={() => setOpen('enter')}
          >
            {words.settings.confirmDevice}
          </button>
        </div>
      ) : (
        <div className="setting">
          {state === 'ready' ? <ShieldCheck aria-hidden="true" /> : <KeyRound aria-hidden="true" />}
          <p>
            <b>{words.settings.recovery}</b>
            <br />
            {state === 'ready' ? words.settings.recoveryReady : words.settings.recoveryUnsaved}
            {state === 'ready' && <span className="muted"> {words.settings.recoveryAgainHint}</span>}
          </p>
          <button
            type="button"
            className={`button ${state === 'ready' ? '' : 'primary'}`}
            data-testid="recovery-open"
            onClick={() => setOpen('new')}
          >
            {state === 'ready' ? words.settings.recoveryAgain : words.settings.recoveryNew}
          </button>
        </div>
      )}
      {open === 'new' && <NewKeyDialog onClose={close} />}
      {open === 'enter' && <EnterKeyDialog onClose={close} />}
    </Section>
  )
}
