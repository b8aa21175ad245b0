import { KeyRound, Printer, ScrollText, Smartphone } from 'lucide-react'
import { type FormEvent, useCallback, useEffect, useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import {
  addPasskey,
  beginTotp,
  confirmTotp,
  type FactorsState,
  newRecoveryCodes,
  readFactors,
  removePasskey,
  removeTotp,
  renamePasskey,
} from '../../viewmodel/session/factors.ts'
import type { Asker } from '../../viewmodel/session/with-proof.ts'
import { dateTime } from '../../words/format.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { CopyButton, Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { QrCode } from '../ui/qr-code.tsx'
import { Confirm, NameDialog } from './confirm-dialogs.tsx'
import { problemText } from './problem-text.ts'

type Open =
  | { what: 'passkey' | 'totp' | 'codes' | 'remove-totp' }
  | { what: 'remove-passkey' | 'rename'; id: string; name: string }

/** Passkeys, the app and the codes on paper: what there is, and what can be added or taken away. */
export function SignInSecurity(props: {
  asker: Asker
  /** Known from signing in a moment ago: not asked for again. */
  password?: string | undefined
  onChange?(factors: FactorsState): void
}) {
  const { asker, password, onChange } = props
  const words = useWords()
  const language = useLanguage()
  const [factors, setFactors] = useState<FactorsState | 'failed' | 'absent' | undefined>(undefined)
  const [open, setOpen] = useState<Open | undefined>(undefined)
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined)
  const load = useCallback(() => {
    readFactors(asker).then(
      (found) => {
        setFactors(found ?? 'absent')
        if (found) onChange?.(found)
      },
      () => setFactors('failed'),
    )
  }, [asker, onChange])
  useEffect(load, [load])

  if (factors === 'absent') return null
  if (factors === undefined) return <Spinner label={words.loading} />
  if (factors === 'failed')
    return (
      <Problem
        action={
          <button type="button" className="button" onClick={load}>
            {words.retry}
          </button>
        }
      >
        {words.factors.loadFailed}
      </Problem>
    )
  const when = (ts: number) => dateTime(ts, language, words)
  const canPasskey = factors.passkeys_offered && 'PublicKeyCredential' in globalThis
  const close = () => setOpen(undefined)
  const done = (shown?: readonly string[]): undefined => {
    close()
    if (shown) setCodes(shown)
    load()
  }
  const has = factors.totp !== null || factors.passkeys.length > 0
  return (
    <>
      <p className="muted">
        {words.factors.hint} {!has && words.factors.none}
      </p>
      <h3>{words.factors.passkeys}</h3>
      <p className="muted">{canPasskey ? words.factors.passkeysHint : words.factors.notHere}</p>
      {factors.passkeys.length > 0 && (
        <ul className="plain-list">
          {factors.passkeys.map((one) => (
            <li key={one.id} className="setting" data-testid="passkey">
              <KeyRound aria-hidden="true" />
              <p>
                <b>{one.name}</b>
                <br />
                <span className="muted">
                  {one.last_used_ts
                    ? words.factors.passkeyUsed(when(one.last_used_ts))
                    : words.factors.passkeyCreated(when(one.created_ts))}
                  {one.synced && ` · ${words.factors.passkeySynced}`}
                </span>
              </p>
              <button
                type="button"
                className="button"
                aria-label={`${words.factors.rename}: ${one.name}`}
                onClick={() => setOpen({ what: 'rename', ...one })}
              >
                {words.factors.rename}
              </button>
              <button
                type="button"
                className="button"
                data-testid="passkey-remove"
                aria-label={words.factors.removeTitle(one.name)}
                onClick={() => setOpen({ what: 'remove-passkey', ...one })}
              >
                {words.factors.remove}
              </button>
            </li>
          ))}
        </ul>
      )}
      {canPasskey && (
        <div className="row-actions">
          <button
            type="button"
            className={`button ${has ? '' : 'primary'}`}
            data-testid="passkey-add"
            onClick={() => setOpen({ what: 'passkey' })}
          >
            <KeyRound aria-hidden="true" />
            {words.factors.passkeyAdd}
          </button>
        </div>
      )}
      <h3>{words.factors.totp}</h3>
      <div className="setting">
        <Smartphone aria-hidden="true" />
        <p data-testid="totp-state">
          {factors.totp ? words.factors.totpSince(when(factors.totp.since_ts)) : words.factors.totpHint}
        </p>
        <button
          type="button"
          className="button"
          data-testid={factors.totp ? 'totp-remove' : 'totp-add'}
          onClick={() => setOpen({ what: factors.totp ? 'remove-totp' : 'totp' })}
        >
          {factors.totp ? words.factors.remove : words.factors.totpAdd}
        </button>
      </div>
      {has && (
        <>
          <h3>{words.factors.recovery}</h3>
          <div className="setting">
            <ScrollText aria-hidden="true" />
            <p data-testid="codes-left">{words.factors.recoveryLeft(factors.recovery_codes?.left ?? 0)}</p>
            <button
              type="button"
              className="button"
              data-testid="codes-new"
              onClick={() => setOpen({ what: 'codes' })}
            >
              {words.factors.recoveryNew}
            </button>
          </div>
        </>
      )}
      {open?.what === 'passkey' && (
        <PasskeyDialog asker={asker} password={password} onClose={close} onDone={done} />
      )}
      {open?.what === 'totp' && (
        <TotpDialog asker={asker} password={password} onClose={close} onDone={done} />
      )}
      {open?.what === 'codes' && (
        <Confirm
          asker={asker}
          title={words.factors.recoveryNew}
          hint={words.factors.recoveryNewHint}
          submit={words.factors.recoveryNew}
          onClose={close}
          act={async (proof) => {
            const made = await newRecoveryCodes(asker, proof)
            if ('problem' in made) return made.problem
            done(made.value)
            return undefined
          }}
        />
      )}
      {open?.what === 'remove-totp' && (
        <Confirm
          asker={asker}
          title={words.factors.removeTitle(words.factors.totp)}
          hint={words.factors.removeHint}
          submit={words.factors.remove}
          danger
          onClose={close}
          act={async (proof) => (await removeTotp(asker, proof)) ?? done()}
        />
      )}
      {open?.what === 'remove-passkey' && (
        <Confirm
          asker={asker}
          title={words.factors.removeTitle(open.name)}
          hint={words.factors.removeHint}
          submit={words.factors.remove}
          danger
          onClose={close}
          act={async (proof) => (await removePasskey(asker, open.id, proof)) ?? done()}
        />
      )}
      {open?.what === 'rename' && (
        <NameDialog
          title={words.factors.rename}
          label={words.factors.passkeyName}
          name={open.name}
          onClose={close}
          save={async (name) => {
            await renamePasskey(asker, open.id, name)
            done()
          }}
        />
      )}
      {codes && <CodesDialog account={asker.userId} codes={codes} onClose={() => setCodes(undefined)} />}
    </>
  )
}

function PasskeyDialog(props: {
  asker: Asker
  password?: string | undefined
  onClose(): void
  onDone(codes?: readonly string[]): void
}) {
  const words = useWords()
  const [name, setName] = useState<string>(words.factors.passkeyDefault)
  return (
    <Confirm
      asker={props.asker}
      password={props.password}
      title={words.factors.passkeyAdd}
      hint={words.factors.passkeyNext}
      submit={words.factors.add}
      onClose={props.onClose}
      act={async (proof) => {
        const added = await addPasskey(props.asker, proof, name.trim() || words.factors.passkeyDefault)
        if ('problem' in added) return added.problem
        props.onDone(added.value)
        return undefined
      }}
    >
      <label className="field">
        <span>{words.factors.passkeyName}</span>
        <input
          data-testid="passkey-name"
          value={name}
          maxLength={60}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
    </Confirm>
  )
}

function TotpDialog(props: {
  asker: Asker
  password?: string | undefined
  onClose(): void
  onDone(codes?: readonly string[]): void
}) {
  const words = useWords()
  const language = useLanguage()
  const [secret, setSecret] = useState<{ secret: string; uri: string } | undefined>(undefined)
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  if (!secret)
    return (
      <Confirm
        asker={props.asker}
        password={props.password}
        title={words.factors.totpAdd}
        hint={words.factors.totpHint}
        submit={words.factors.add}
        onClose={props.onClose}
        act={async (proof) => {
          const begun = await beginTotp(props.asker, proof)
          if ('problem' in begun) return begun.problem
          setSecret(begun.value)
          return undefined
        }}
      />
    )
  async function confirm(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    const confirmed = await confirmTotp(props.asker, code)
    setBusy(false)
    if ('problem' in confirmed) setProblem(problemText(confirmed.problem, language, words))
    else props.onDone(confirmed.value)
  }
  return (
    <Dialog title={words.factors.totpAdd} onClose={props.onClose} testId="totp-dialog">
      <form onSubmit={(event) => void confirm(event)}>
        <p>{words.factors.totpScan}</p>
        <QrCode text={secret.uri} label={words.factors.totpQr} />
        <p className="muted">{words.factors.totpByHand}</p>
        <code className="recovery-key" data-testid="totp-secret">
          {secret.secret.replace(/(.{4})(?=.)/g, '$1 ')}
        </code>
        <label className="field">
          <span>{words.factors.totpCode}</span>
          <input
            className="mono"
            data-testid="totp-code"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={20}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </label>
        {problem && <Problem>{problem}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="totp-confirm"
            disabled={busy || code.trim() === ''}
          >
            {words.factors.totpConfirm}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function CodesDialog(props: { account: string; codes: readonly string[]; onClose(): void }) {
  const words = useWords()
  const text = [
    words.factors.recoverySheet,
    props.account,
    '',
    ...props.codes,
    '',
    words.factors.recoverySheetHint,
  ]
  return (
    // No way out but "I have kept them": they are not shown again.
    <Dialog title={words.factors.recoveryTitle} testId="codes-dialog">
      <p>{words.factors.recoveryText}</p>
      <div className="printable">
        <p className="only-print">{words.factors.recoverySheet}</p>
        <p className="only-print">{props.account}</p>
        <ol className="recovery-codes" data-testid="codes">
          {props.codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <p className="only-print">{words.factors.recoverySheetHint}</p>
      </div>
      <div className="row-actions">
        <CopyButton text={props.codes.join('\n')} />
        <button
          type="button"
          className="button"
          onClick={() =>
            saveFile(
              new Blob([`\ufeff${text.join('\r\n')}\r\n`], { type: 'text/plain;charset=utf-8' }),
              words.factors.recoveryFile,
            )
          }
        >
          {words.factors.download}
        </button>
        <button type="button" className="button" onClick={() => window.print()}>
          <Printer aria-hidden="true" />
          {words.factors.print}
        </button>
      </div>
      <div className="row-actions end">
        <button type="button" className="button primary" data-testid="codes-saved" onClick={props.onClose}>
          {words.factors.recoverySaved}
        </button>
      </div>
    </Dialog>
  )
}
