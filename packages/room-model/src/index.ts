/** The Matrix room model of room versions 10, 11 and 12: pure, synchronous, no I/O and no clock. */
export { type AuthVerdict, authEventTypesFor, checkAuth, checkAuthSelection } from './auth.ts'
export {
  contentHash,
  eventId,
  hasValidContentHash,
  isStateEvent,
  type Pdu,
  redact,
  roomIdOf,
  splitStateKey,
  stateKeyOf,
} from './events.ts'
export {
  isValidRoomId,
  isValidUserId,
  parseEventId,
  parseRoomAlias,
  parseServerName,
  parseUserId,
  serverNameOf,
} from './ids.ts'
export { CanonicalJsonError, canonicalJson, type JsonObject, type JsonValue } from './json.ts'
export { parsePdu } from './parse.ts'
export { type PowerLevels, powerLevelsOf, requiredPower, type StateLookup, userPower } from './power.ts'
export { authChainOf, type GetEvent, resolveState, type StateMap } from './resolution.ts'
export {
  exportSigningKey,
  finishEvent,
  generateSigningKey,
  importSigningKey,
  type SigningKey,
  serversThatMustSign,
  signJson,
  signPdu,
  verifyJson,
  verifyPduSignature,
} from './signing.ts'
export { type RoomVersion, type RoomVersionId, roomVersion, supportedRoomVersions } from './versions.ts'
