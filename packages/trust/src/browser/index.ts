/** `@enlace/trust/browser`: what the web client verifies and signs by itself. No `node:` imports below it. */

export type { Appointment } from '../institution/appointment.ts'
export {
  type EntryFile,
  entryFileSchema,
  type InstitutionFile,
  type InstitutionPublication,
  institutionKeySchema,
  institutionPublicationSchema,
  type RosterContent,
  type RosterRole,
  rosterRoles,
} from '../institution/documents.ts'
export { fromBase64, toBase64 } from './bytes.ts'
export {
  type InstitutionChange,
  institutionLifetimeMs,
  type NamedRosterMember,
  readRosterText,
  rosterText,
  signedAt,
  signInstitution,
} from './institution-signing.ts'
export {
  type OpenKeyFileVerdict,
  openKeyFile,
  type PublicKeyFile,
  publicFileOf,
  readKeyFile,
  type SealedKeyFile,
  sealKeyFile,
} from './key-file.ts'
export { newSalt, openNames, rosterId } from './names.ts'
export {
  appointmentIn,
  type ChainFault,
  delegationOf,
  type FetchFile,
  fetchInstitutionFile,
  firstRoot,
  type InstitutionVerdict,
  type NetworkMemory,
  namedFile,
  networkMemorySchema,
  type Refused,
  rootOf,
  type VerifiedInstitution,
  type VerifiedNetwork,
  verifyInstitution,
  verifyNetwork,
} from './network.ts'
export { readableCode } from './readable-code.ts'
export {
  newSigningKey,
  type PublicKey,
  publicKeySchema,
  type SigningKey,
  signersOf,
  signingKey,
  signText,
} from './signing-keys.ts'
