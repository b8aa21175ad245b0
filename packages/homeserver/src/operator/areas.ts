/** Every area of the command line; one file each in `areas/`. */
import { accountsArea } from './areas/accounts.ts'
import { auditArea } from './areas/audit.ts'
import { backupArea } from './areas/backup.ts'
import { configArea } from './areas/config.ts'
import { exportsArea } from './areas/exports.ts'
import { keysArea } from './areas/keys.ts'
import { listArea } from './areas/list.ts'
import { mediaArea } from './areas/media.ts'
import { migrationsArea } from './areas/migrations.ts'
import { minutesArea } from './areas/minutes.ts'
import { restoreArea } from './areas/restore.ts'
import { retentionArea } from './areas/retention.ts'
import { roomsArea } from './areas/rooms.ts'
import { sessionsArea } from './areas/sessions.ts'
import { setupArea } from './areas/setup.ts'
import { diagnoseArea, statisticsArea, statusArea } from './areas/status.ts'
import type { Area, Command } from './types.ts'

export const areas: readonly Area[] = [
  accountsArea,
  sessionsArea,
  listArea,
  keysArea,
  auditArea,
  exportsArea,
  minutesArea,
  mediaArea,
  roomsArea,
  statusArea,
  statisticsArea,
  diagnoseArea,
  configArea,
  migrationsArea,
  backupArea,
  restoreArea,
  retentionArea,
  setupArea,
]

/** Names that areas had before, and that scripts know. */
const FORMER: Readonly<Record<string, string>> = { account: 'accounts' }

export const areaNamed = (name: string): Area | undefined =>
  areas.find((area) => area.name === (Object.hasOwn(FORMER, name) ? FORMER[name] : name))

export const commandNamed = (area: Area, name: string | undefined): Command | undefined =>
  area.commands.find((one) => one.name === (name ?? area.main))
