/** What institutions publish with approvals of both countries inside (materials, risks): what the registry takes, and what stands. */
import { type Library, libraryFault, readLibrary } from '@enlace/coordination/materials/published'
import { type RiskFile, readRiskFile, riskFileFault } from '@enlace/coordination/risks/published'
import { judging, type PublicAsks, riskJudging } from '@enlace/public-site'
import {
  type ApprovedFiles,
  approvedBy,
  type Delegation,
  type PublishedRole,
  readInstitutionFile,
  type SignedItem,
} from '@enlace/trust'
import { PublicationRefused } from './refused.ts'

/** By institution: whose keys count. */
export type Delegated = ReadonlyMap<string, Delegation>

/** What each file is read as. */
export interface ApprovedRead {
  'materials.json': Library
  'risks.json': RiskFile
}
export type ApprovedName = keyof ApprovedRead

interface Way<Name extends ApprovedName> {
  read(
    said: ApprovedFiles[Name],
    approvedBy: (item: SignedItem) => readonly string[],
  ): { read: ApprovedRead[Name]; faults: string[] }
  fault(
    before: ApprovedRead[Name] | undefined,
    next: ApprovedRead[Name],
    asks: PublicAsks,
  ): { reason: PublicationRefused['reason']; detail: string } | undefined
}

const ways: { [Name in ApprovedName]: Way<Name> } = {
  'materials.json': {
    read(said, by) {
      const { library, faults } = readLibrary(said, by)
      return { read: library, faults }
    },
    fault: (before, next, asks) => libraryFault(before, next, judging(asks)),
  },
  'risks.json': {
    read(said, by) {
      const { file, faults } = readRiskFile(said, by)
      return { read: file, faults }
    },
    fault: (before, next, asks) => riskFileFault(before, next, riskJudging(asks)),
  },
}
export const approvedNames = Object.keys(ways) as ApprovedName[]

/** What a role says in the file; undefined: it has none. */
function saidIn<Name extends ApprovedName>(
  { institution, files }: PublishedRole,
  name: Name,
): ApprovedFiles[Name] | undefined {
  const text = files.get(name)
  const read = text === undefined ? undefined : readInstitutionFile(institution, name, text)
  return read?.ok && read.content.file === name && 'approved' in read.content
    ? (read.content.approved as ApprovedFiles[Name])
    : undefined
}

const readWith = <Name extends ApprovedName>(name: Name, said: ApprovedFiles[Name], delegations: Delegated) =>
  ways[name].read(said, (item) => approvedBy(item, (institution) => delegations.get(institution)))

export function approvedIn<Name extends ApprovedName>(
  role: PublishedRole,
  name: Name,
  delegations: Delegated,
): ApprovedRead[Name] | undefined {
  const said = saidIn(role, name)
  return said && readWith(name, said, delegations).read
}

/**
 * What changed in such a file is approved by both countries and only goes forward. A publication that leaves it as it is is not
 * judged: a roster does not wait for a leaflet.
 *
 * @throws PublicationRefused
 */
export function checkApproved<Name extends ApprovedName>(
  name: Name,
  published: PublishedRole,
  before: PublishedRole | undefined,
  delegations: Delegated,
  asks: PublicAsks,
): void {
  if (published.files.get(name) === before?.files.get(name)) return
  const was = before && saidIn(before, name)
  const is = saidIn(published, name)
  if (!is) {
    if (was) throw new PublicationRefused('rollback', `${name} was published: withdraw by name.`)
    return
  }
  if (was && is.revision <= was.revision)
    throw new PublicationRefused('rollback', `${name} is revision ${is.revision}, not above ${was.revision}.`)
  const { read, faults } = readWith(name, is, delegations)
  if (faults.length > 0) throw new PublicationRefused('malformed', `${name}: ${faults[0]}`)
  const fault = ways[name].fault(was && readWith(name, was, delegations).read, read, asks)
  if (fault) throw new PublicationRefused(fault.reason, `${name}: ${fault.detail}`)
}
