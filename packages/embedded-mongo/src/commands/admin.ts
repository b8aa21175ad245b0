/** Handshake, sessions and what tools ask a server about itself. */

import { maxDocumentBytes } from '../bson/encode.ts'
import { Binary, int, isDoc, type Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { sessionMinutes } from '../sessions.ts'
import { maxMessageBytes } from '../wire.ts'
import type { Command, CommandContext, Reply } from './types.ts'

/** The MongoDB whose language is spoken. */
const version = [7, 0, 0, 0] as const
const maxWireVersion = 21
const setName = 'enlace'

function describe(context: CommandContext, legacy: boolean): Reply {
  const { address } = context.engine
  return {
    helloOk: true,
    ...(legacy ? { ismaster: true } : { isWritablePrimary: true }),
    // A replica set of one: drivers then use sessions and retry writes.
    setName,
    setVersion: int(1),
    hosts: [address],
    primary: address,
    me: address,
    secondary: false,
    maxBsonObjectSize: int(maxDocumentBytes),
    maxMessageSizeBytes: int(maxMessageBytes),
    maxWriteBatchSize: int(100_000),
    localTime: new Date(),
    logicalSessionTimeoutMinutes: int(sessionMinutes),
    connectionId: int(context.connectionId),
    minWireVersion: int(0),
    maxWireVersion: int(maxWireVersion),
    readOnly: false,
  }
}

const helloFields = [
  'helloOk',
  'client',
  'compression',
  'saslSupportedMechs',
  'speculativeAuthenticate',
  'topologyVersion',
  'maxAwaitTimeMS',
  'loadBalanced',
  'hello',
  'internalClient',
  'hostInfo',
  'backpressure',
]

export const hello: Command = {
  fields: helloFields,
  writes: false,
  run: (context) => describe(context, false),
}
export const isMaster: Command = {
  fields: helloFields,
  writes: false,
  run: (context) => describe(context, true),
}

const simple = (
  run: (context: CommandContext) => Reply,
  fields: readonly string[] = [],
  writes = false,
): Command => ({
  fields,
  writes,
  run,
})

export const ping: Command = simple(() => ({}))

export const buildInfo: Command = simple(() => ({
  version: version.slice(0, 3).join('.'),
  gitVersion: 'enlace-embedded-mongo',
  modules: ['enlace-embedded-mongo'],
  allocator: 'system',
  javascriptEngine: 'none',
  sysInfo: 'deprecated',
  versionArray: version.map(int),
  bits: int(64),
  debug: false,
  maxBsonObjectSize: int(maxDocumentBytes),
  storageEngines: ['sqlite'],
}))

export const hostInfo: Command = simple(() => ({
  system: { currentTime: new Date(), hostname: 'localhost', cpuAddrSize: int(64) },
  os: { type: process.platform },
  extra: {},
}))

export const serverStatus: Command = simple(
  (context) => ({
    host: 'localhost',
    version: version.slice(0, 3).join('.'),
    process: 'enlace-embedded-mongo',
    pid: BigInt(process.pid),
    uptime: Math.floor((Date.now() - context.engine.started) / 1000),
    localTime: new Date(),
    metrics: { cursor: { open: { total: BigInt(context.engine.cursors.size) } } },
    storageEngine: { name: 'sqlite', persistent: true },
  }),
  ['repl', 'metrics', 'locks', 'recordStats'],
)

export const connectionStatus: Command = simple(
  () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } }),
  ['showPrivileges'],
)

export const whatsMyUri: Command = simple((context) => ({ you: `connection:${context.connectionId}` }))

const parameters: Readonly<Record<string, Value>> = {
  featureCompatibilityVersion: new Map<string, Value>([['version', '7.0']]),
  authenticationMechanisms: [],
  logicalSessionTimeoutMinutes: int(sessionMinutes),
}

export const getParameter: Command = {
  fields: [...Object.keys(parameters), 'allParameters'],
  writes: false,
  run(context) {
    const wanted = context.body.get('getParameter')
    const all = wanted === '*' || (isDoc(wanted) && wanted.get('allParameters') === true)
    const names = Object.keys(parameters).filter((name) => all || context.body.has(name))
    if (names.length === 0) throw new MongoError('InvalidOptions', 'no option found to get')
    return Object.fromEntries(names.map((name) => [name, parameters[name]]))
  },
}

function sessionList(context: CommandContext): void {
  const list = context.body.get(context.body.keys().next().value as string)
  if (!Array.isArray(list)) throw new MongoError('TypeMismatch', `${context.name} needs an array of sessions`)
  const docs = list.filter(isDoc)
  if (docs.length !== list.length) throw new MongoError('TypeMismatch', 'a session is an object')
  context.engine.sessions.end(docs)
}

export const endSessions: Command = simple(
  (context) => {
    sessionList(context)
    return {}
  },
  [],
  true,
)
/** Sessions live by use; there is nothing to renew. */
export const refreshSessions: Command = simple(() => ({}))
export const startSession: Command = simple(() => ({
  id: { id: new Binary(crypto.getRandomValues(new Uint8Array(16)), Binary.SUBTYPE_UUID) },
  timeoutMinutes: int(sessionMinutes),
}))

export const noTransaction: Command = simple(() => {
  throw new MongoError('NoSuchTransaction', 'Transactions are not supported: none is in progress')
}, ['recoveryToken'])

/**
 * As MongoDB's, but of the whole file, whichever collection is named: rows that were deleted are in it no more afterwards, nor in
 * its log. Others wait meanwhile, about a second for each 100 MB.
 */
export const compact: Command = {
  fields: ['compact', 'force', 'comment'],
  writes: false,
  run(context) {
    if (typeof context.body.get('compact') !== 'string')
      throw new MongoError('InvalidNamespace', 'compact needs the name of a collection')
    const { file } = context.engine.store
    const before = file.bytes
    context.engine.afterCommit(context, () => file.rewrite())
    return { bytesBefore: BigInt(before) }
  },
}

/** Tools look for a log or profile; there is none. */
export const getLog: Command = simple(() => ({ totalLinesWritten: int(0), log: [] }))
export const getCmdLineOpts: Command = simple(() => ({ argv: [], parsed: {} }))
export const replSetGetStatus: Command = simple((context) => {
  const { address } = context.engine
  return {
    set: setName,
    date: new Date(),
    myState: int(1),
    members: [{ _id: int(0), name: address, health: 1, state: int(1), stateStr: 'PRIMARY', self: true }],
  }
})
