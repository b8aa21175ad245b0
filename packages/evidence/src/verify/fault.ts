import { type PackageFaultKind, packageFaultWords } from './fault-words.ts'

export type PackageFault = { kind: PackageFaultKind; what: string; es: string; en: string }

/** Ends the verification: the first thing that is wrong is named. */
export class PackageFaulty extends Error {
  override readonly name = 'PackageFaulty'
  readonly fault: PackageFault
  constructor(kind: PackageFaultKind, what: string) {
    super(`${kind}: ${what}`)
    const shown = what.length > 300 ? `${what.slice(0, 300)}…` : what
    this.fault = { kind, what: shown, ...packageFaultWords[kind](shown) }
  }
}

export function faulty(kind: PackageFaultKind, what: string): never {
  throw new PackageFaulty(kind, what)
}
