/** MongoDB's error codes and names, as far as this server answers with them. */
const errorCodes = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  UserNotFound: 11,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  InvalidBSON: 22,
  AlreadyInitialized: 23,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  CommandNotSupported: 115,
  CommandNotSupportedOnView: 166,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  UnsatisfiableWriteConcern: 100,
  InvalidIndexSpecificationOption: 197,
  NoSuchTransaction: 251,
  TransactionTooOld: 225,
  NotImplemented: 238,
  OutOfDiskSpace: 14031,
  DataCorruptionDetected: 246,
  QueryPlanKilled: 175,
  CursorKilled: 237,
  CursorInUse: 12051,
  ExceededTimeLimit: 262,
  InterruptedAtShutdown: 11600,
  IndexBuildAborted: 276,
  ExceededCursorLimit: 9_006_001,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  ExceededMemoryLimit: 146,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
} as const

export type ErrorName = keyof typeof errorCodes

/**
 * A refusal that the client sees as MongoDB would have answered it. `extra` fields are added to the reply
 * (`keyPattern` and `keyValue` of a duplicate key, for example).
 */
export class MongoError extends Error {
  readonly code: number
  readonly codeName: string
  readonly extra: Readonly<Record<string, unknown>>

  constructor(name: ErrorName, message: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'MongoError'
    this.code = errorCodes[name]
    this.codeName = name
    this.extra = extra
  }
}

/** An error that MongoDB gives only a location number (`Location40352`). */
export class LocationError extends MongoError {
  override readonly code: number
  override readonly codeName: string
  constructor(location: number, message: string) {
    super('BadValue', message)
    this.code = location
    this.codeName = `Location${location}`
  }
}
