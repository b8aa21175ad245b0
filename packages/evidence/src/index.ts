/** Making a package: for browsers. Verifying one is `@enlace/evidence/verify`, for Node. */
export { attest } from './attestation.ts'
export {
  type Attestation,
  type EventsFile,
  eventsFileOf,
  eventsFileSchema,
  folderOf,
  MANIFEST_TYPE,
  type Manifest,
  NETWORK,
  type Purpose,
  purposes,
  SERVERS,
  type SealedFile,
  type ServersFile,
  STATEMENT_TYPE,
  type Statement,
  serversFileSchema,
  statementSchema,
  type Text,
  type TextsFile,
  textsFileOf,
  type Withholding,
  withholdings,
} from './format.ts'
export { minutesFileText } from './minutes.ts'
export { collectNetwork } from './network-files.ts'
export { createPackage, ExportStopped, type PackageWriter, sha256Hex } from './package.ts'
