/** Every area of the command line; one file each in `areas/`. */
import { accountsArea } from './areas/accounts.ts'
import { keysArea } from './areas/keys.ts'
import { retentionArea } from './areas/retention.ts'
import type { Area, Command } from './types.ts'

export const areas: readonly Area[] = [accountsArea, keysArea, retentionArea]

/** Names that areas had before, and that scripts know. */
const FORMER: Readonly<Record<string, string>> = { account: 'accounts' }

export const areaNamed = (name: string): Area | undefined =>
  areas.find((area) => area.name === (Object.hasOwn(FORMER, name) ? FORMER[name] : name))

export const commandNamed = (area: Area, name: string | undefined): Command | undefined =>
  area.commands.find((one) => one.name === (name ?? area.main))
