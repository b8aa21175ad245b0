/** A package held against what was signed: in Node, without a network. */

export { MAX_MINUTES_FILE } from '../minutes.ts'
export type { PackageFault } from './fault.ts'
export type { PackageFaultKind } from './fault-words.ts'
export { type MinutesVerdict, type SignatureWord, verifyMinutes } from './minutes.ts'
export type { ServerKeyFile } from './server-keys.ts'
export { type PackageVerdict, type VerifyOptions, verifyPackage } from './verify.ts'
export { limits as zipLimits } from './zip.ts'
