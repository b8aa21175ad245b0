/** All commands by name. What is not here is answered with CommandNotFound (59). */

import * as admin from './admin.ts'
import { aggregate } from './aggregate.ts'
import * as catalog from './catalog.ts'
import { explain } from './explain.ts'
import { count, distinct, find, getMore, killCursors } from './find.ts'
import type { Command } from './types.ts'
import { validate } from './validate.ts'
import { findAndModify, insert, remove, update } from './write.ts'

export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['hello', admin.hello],
  ['isMaster', admin.isMaster],
  ['ismaster', admin.isMaster],
  ['ping', admin.ping],
  ['buildInfo', admin.buildInfo],
  ['buildinfo', admin.buildInfo],
  ['hostInfo', admin.hostInfo],
  ['serverStatus', admin.serverStatus],
  ['connectionStatus', admin.connectionStatus],
  ['whatsmyuri', admin.whatsMyUri],
  ['getParameter', admin.getParameter],
  ['getLog', admin.getLog],
  ['getCmdLineOpts', admin.getCmdLineOpts],
  ['replSetGetStatus', admin.replSetGetStatus],
  ['startSession', admin.startSession],
  ['endSessions', admin.endSessions],
  ['killSessions', admin.endSessions],
  ['refreshSessions', admin.refreshSessions],
  ['commitTransaction', admin.noTransaction],
  ['abortTransaction', admin.noTransaction],
  ['create', catalog.create],
  ['drop', catalog.drop],
  ['dropDatabase', catalog.dropDatabase],
  ['listCollections', catalog.listCollections],
  ['listDatabases', catalog.listDatabases],
  ['createIndexes', catalog.createIndexes],
  ['dropIndexes', catalog.dropIndexes],
  ['listIndexes', catalog.listIndexes],
  ['collStats', catalog.collStats],
  ['collstats', catalog.collStats],
  ['dbStats', catalog.dbStats],
  ['dbstats', catalog.dbStats],
  ['compact', admin.compact],
  ['validate', validate],
  ['find', find],
  ['getMore', getMore],
  ['killCursors', killCursors],
  ['count', count],
  ['distinct', distinct],
  ['aggregate', aggregate],
  ['explain', explain],
  ['insert', insert],
  ['update', update],
  ['delete', remove],
  ['findAndModify', findAndModify],
  ['findandmodify', findAndModify],
])
