export {
  createFederationList,
  FederationList,
  type FederationListDocument,
  type ListedServer,
  type ListRefusal,
  type ListVerdict,
  listedServerSchema,
  listedServersSchema,
  maxListBytes,
  maxListLifetimeMs,
  type SignedInstitution,
  verifyFederationList,
} from './federation-list.ts'
export { type CurrentList, FederationListKeeper, type OfferVerdict } from './keeper.ts'
export {
  exportTrustKey,
  generateTrustKey,
  importTrustKey,
  type PublicKeyRecord,
  type SignedMetadata,
  type TrustKey,
} from './keys.ts'
export { createRoot, maxRootBytes, parseRoot, type Root, type RootVerdict } from './root.ts'
