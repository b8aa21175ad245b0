/** What a material may name: institutions and services as anybody sees them in this device's directory, each with its digest. */
import { readDirectoryCopy } from '@enlace/directory/copy'
import { publicFingerprint } from '@enlace/directory/fingerprint'
import { publicView } from '@enlace/directory/visibility'
import type { DeviceDirectory } from '../../model/directory/types.ts'
import { type DraftName, nameOf } from './material-draft.ts'

export interface NamedChoice {
  /** of `nameOf` */
  value: string
  institution: string
  service?: string
  /** as the directory has it */
  name: string
}

export interface NamedRecords {
  /** institutions with their services behind them */
  choices: readonly NamedChoice[]
  /** SHA-256, hexadecimal; undefined: the public pages do not show it */
  digestOf(name: DraftName): string | undefined
}

/** @returns undefined while this device has no copy of the directory */
export async function namedRecords(
  directory: Pick<DeviceDirectory, 'state' | 'refresh' | 'copy'>,
): Promise<NamedRecords | undefined> {
  await directory.refresh()
  if (directory.state.get().phase !== 'ready') return undefined
  const copy = readDirectoryCopy(await directory.copy())
  if (!copy) return undefined
  const choices: NamedChoice[] = []
  const digests = new Map<string, string>()
  for (const record of copy.entries) {
    const { institution, entry } = record
    const services = entry ? (publicView(entry).records.services ?? []) : []
    const here = [
      { institution: institution.key, name: institution.name },
      ...services.map((row) => ({
        institution: institution.key,
        service: row.id,
        name: `${institution.name}: ${String(row['name'] ?? '')}`,
      })),
    ]
    for (const one of here) {
      const text = publicFingerprint(record, 'service' in one ? one.service : undefined)
      if (text === undefined) continue
      const value = nameOf(one)
      digests.set(value, await sha256(text))
      choices.push({ ...one, value })
    }
  }
  return { choices, digestOf: (name) => digests.get(nameOf(name)) }
}

async function sha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
