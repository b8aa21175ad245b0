import { Check, KeyRound } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import type { FactorsState, GivenFactor } from '../../viewmodel/session/factors.ts'
import type { Asker } from '../../viewmodel/session/with-proof.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { problemText } from './problem-text.ts'

/** The field for a code of the app, or one from the paper. */
export function CodeField(props: {
  methods: readonly string[]
  paper: boolean
  value: string
  onChange(value: string): void
  onPaper(paper: boolean): void
  autoFocus?: boolean
}) {
  const words = useWords()
  const app = props.methods.includes('totp')
  const paper = props.paper || !app
  if (!app && !props.methods.includes('recovery_code')) return null
  return (
    <>
      <label className="field">
        <span>{paper ? words.factors.paper : words.factors.code}</span>
        <input
          key={paper ? 'paper' : 'app'}
          className="mono"
          data-testid={paper ? 'factor-paper' : 'factor-code'}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
          inputMode={paper ? 'text' : 'numeric'}
          autoComplete={paper ? 'off' : 'one-time-code'}
          autoCapitalize={paper ? 'characters' : 'off'}
          spellCheck={false}
          maxLength={30}
          enterKeyHint="go"
          // biome-ignore lint/a11y/noAutofocus: the step has one field, and the person just asked for it
          autoFocus={props.autoFocus}
        />
        <small>{paper ? words.factors.paperHint : words.factors.codeHint}</small>
      </label>
      {app && props.methods.includes('recovery_code') && (
        <button
          type="button"
          className="button quiet"
          data-testid="factor-switch"
          onClick={() => {
            props.onChange('')
            props.onPaper(!paper)
          }}
        >
          {paper ? words.factors.useCode : words.factors.usePaper}
        </button>
      )}
    </>
  )
}

export const givenCode = (value: string, paper: boolean): GivenFactor =>
  paper ? { recovery_code: value } : { code: value }

export interface FactorGate {
  /** Goes into the form that asks for the password; nothing where no second step is needed now. */
  field: ReactNode
  /** Before the password is sent. @returns what to tell the person, when it did not count */
  give(): Promise<string | undefined>
  methods: readonly string[]
  /** Whether there is a password to ask for; true until the server has said otherwise. */
  hasPassword: boolean
}

/** The second step, where the password is asked for again: whoever gave it less than five minutes ago is not asked. */
export function useFactorGate(asker: Asker): FactorGate {
  const words = useWords()
  const language = useLanguage()
  const [factors, setFactors] = useState<FactorsState | undefined>(undefined)
  const [value, setValue] = useState('')
  const [paper, setPaper] = useState(false)
  const [given, setGiven] = useState(false)
  const { request, userId } = asker
  useEffect(() => {
    let current = true
    void import('../../viewmodel/session/factors.ts')
      .then(({ readFactors }) => readFactors({ request, userId }))
      .then((found) => current && setFactors(found))
      // Without an answer the form shows the password alone, and the server's own answer says what is missing.
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [request, userId])

  const methods = factors?.methods ?? []
  const needed = factors !== undefined && methods.length > 0 && !factors.fresh && !given

  async function send(proof: GivenFactor): Promise<string | undefined> {
    const { giveFactor } = await import('../../viewmodel/session/factors.ts')
    const problem = await giveFactor(asker, proof)
    if (problem !== undefined) return problemText(problem, language, words)
    setGiven(true)
    return undefined
  }

  const [passkeyProblem, setPasskeyProblem] = useState<string | undefined>(undefined)
  return {
    methods,
    hasPassword: factors?.password ?? true,
    give: async () => {
      if (!needed) return undefined
      const onlyPasskey = methods.includes('passkey') && value.trim() === ''
      return send(onlyPasskey ? { passkey: true } : givenCode(value, paper || !methods.includes('totp')))
    },
    field: given ? (
      <p className="note" role="status">
        <Check aria-hidden="true" /> {words.factors.given}
      </p>
    ) : needed ? (
      <fieldset className="factor-gate" data-testid="factor-gate">
        <legend>{words.factors.gateTitle}</legend>
        {methods.includes('passkey') && (
          <button
            type="button"
            className="button"
            data-testid="factor-passkey"
            onClick={() => void send({ passkey: true }).then(setPasskeyProblem)}
          >
            <KeyRound aria-hidden="true" />
            {words.factors.usePasskey}
          </button>
        )}
        <CodeField methods={methods} paper={paper} value={value} onChange={setValue} onPaper={setPaper} />
        {passkeyProblem && <p role="alert">{passkeyProblem}</p>}
      </fieldset>
    ) : null,
  }
}
