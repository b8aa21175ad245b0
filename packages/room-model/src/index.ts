/** The Matrix room model of room versions 10, 11 and 12: pure and synchronous, no I/O, no clock. */
export { checkAuth } from './auth/check.ts'
export { type AuthEvent, authEventTypesFor, checkAuthSelection } from './auth/selection.ts'
export type { AuthVerdict } from './auth/verdict.ts'
export { containsWords, matchesWhole, matchesWords } from './glob.ts'
export { contentHash, eventId, hasValidContentHash, roomIdOf } from './hashes.ts'
export {
  isValidRoomId,
  isValidUserId,
  parseEventId,
  parseRoomAlias,
  parseUserId,
} from './ids.ts'
export {
  CanonicalJsonError,
  canonicalJson,
  compareCodePoints,
  type JsonObject,
  type JsonValue,
  MAX_JSON_DEPTH,
} from './json.ts'
export { type FaultyPdu, isTooLarge, type ParsedPdu, type PduFault, parsePdu } from './parse.ts'
export { isStateEvent, type Pdu, splitStateKey, stateKeyOf } from './pdu.ts'
export { type PowerLevels, powerLevelsOf, requiredPower, type StateLookup, userPower } from './power.ts'
export { addSignature, isSignedBy, type PduReading, readPdu, writePdu } from './reading.ts'
export { redact } from './redact.ts'
export { authChainOf, type GetEvent, type StateMap } from './resolution/auth-chain.ts'
export { type ResolutionOptions, resolveState } from './resolution/resolve.ts'
export { parseServerName, serverNameOf } from './server-name.ts'
export {
  exportSigningKey,
  finishEvent,
  generateSigningKey,
  importSigningKey,
  type SigningKey,
  serversThatMustSign,
  signJson,
  signPdu,
  verifyBytes,
  verifyJson,
  verifyPduSignature,
} from './signing.ts'
export { type RoomVersion, type RoomVersionId, roomVersion, supportedRoomVersions } from './versions.ts'
