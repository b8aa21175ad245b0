export { changesOf, type TrustChange } from './changes.ts'
export {
  createList,
  FederationList,
  type ListedServer,
  listedServerSchema,
  listedServersSchema,
  type SignedInstitution,
} from './federation-list.ts'
export type { Appointment } from './institution/appointment.ts'
export { approvedBy } from './institution/approvals.ts'
export {
  type Delegation,
  type Delegations,
  delegatedRefusal,
  delegationsContent,
  type InstitutionKeys,
  institutionDelegations,
  readInstitutionDelegations,
} from './institution/delegation.ts'
export * from './institution/documents.ts'
export {
  type CurrentRoster,
  type InstitutionProblem,
  InstitutionsKeeper,
  type InstitutionVerdict,
} from './institution/keeper.ts'
export {
  createDutyTargets,
  createInstitutionTargets,
  type InstitutionMetadata,
  readInstitutionFile,
  readInstitutionMetadata,
} from './institution/metadata.ts'
export {
  type InstitutionRefusal,
  institutionPublicationOf,
  type PublishedRole,
  readKeptPublication,
  verifyInstitutionPublication,
} from './institution/publication.ts'
export { createRoster, type NamedMember, openNames, Roster, rosterId, seedOf } from './institution/roster.ts'
export type { InstitutionFileRequest } from './institution/word.ts'
export {
  type CurrentList,
  FederationListKeeper,
  type FileRequest,
  maxTimestampLifetimeMs,
  type TrustRefusal,
  type UpdateVerdict,
} from './keeper.ts'
export {
  exportTrustKey,
  generateTrustKey,
  importTrustKey,
  keyId,
  type PublicKeyRecord,
  type SignedMetadata,
  signMetadata,
  type TrustKey,
} from './keys.ts'
export {
  addSignatures,
  draftProposal,
  type Needed,
  type OpenedProposal,
  openProposal,
  type Proposal,
  publicationOf,
  type SignatureFile,
  signatureFileSchema,
  signProposal,
  statusOf,
} from './proposal.ts'
export {
  maxPublicationBytes,
  type Publication,
  type PublicationRefusal,
  publicationSchema,
  type VerifiedPublication,
  verifyPublication,
  withEarlierRoots,
} from './publication.ts'
export { createTargets, fileInfo, listName, type SnapshotEntry, signBelow, snapshotMeta } from './roles.ts'
export {
  createRoot,
  type KeyHolder,
  parseRoot,
  type RootContent,
  type RootVerdict,
  type TrustedRoot,
} from './root.ts'
export { coordinatorSchema, openKey, type PublicKeyFile, publicKeyFile, sealKey } from './sealed-key.ts'
export { compareVersions, type TrustVersions, trustVersionsSchema } from './versions.ts'
