import type { FactorProblem } from '../../viewmodel/session/factors.ts'
import type { ProofOutcome } from '../../viewmodel/session/with-proof.ts'
import { failureText } from '../../words/format.ts'
import type { Language, Words } from '../../words/types.ts'

export type ProofProblem = Exclude<ProofOutcome, undefined> | FactorProblem

/** What is said of any of the ways in which a password, a passkey or the second step may not count. */
export function problemText(problem: ProofProblem, language: Language, words: Words): string {
  if (typeof problem === 'object') return failureText(problem, language, words)
  if (problem === 'wrong_password') return words.passwordWrong
  return problem === 'wrong_passkey' ? words.factors.wrong : words.factors[problem]
}
