export type { PublicRisk } from './public-risk.ts'
export { detailsOf, mergedRisks, publicationOf, type RiskGroup, reduceRisk, riskRefusal } from './risk.ts'
export {
  type RiskContent,
  type RiskStep,
  type RiskStepDraft,
  type RiskUpdateContent,
  riskContentSchema,
  riskEventType,
  riskRecordEventType,
  riskUpdateContent,
  riskUpdateContentSchema,
  riskUpdateEventType,
} from './risk-events.ts'
export { risksCsv, risksGeoJson } from './risk-exports.ts'
export {
  type Bounds,
  boundsOf,
  coarsened,
  coarsenessRank,
  createPlaceGuard,
  municipalities,
  municipalityOf,
  type PlaceGuard,
  placeAt,
  placeKey,
  positionOf,
  type RiskPlace,
  riskArea,
} from './risk-place.ts'
export {
  publishedRisks,
  type RiskPublishing,
  riskPublishing,
  type SignableRisk,
} from './risk-publishing.ts'
export {
  maxNote,
  maxValidDays,
  type ReadRiskRecord,
  type RiskRecord,
  riskRecordSchema,
} from './risk-records.ts'
export type { Publication, RiskRefusal, RiskReport, RiskReview } from './risk-state.ts'
export {
  filteredRisks,
  isExpired,
  type NetworkRisk,
  networkRisks,
  offeredUntil,
  publicRisks,
  type RiskCluster,
  type RiskFilter,
  riskClusters,
  risksByMonth,
  strengthOf,
} from './risk-view.ts'
export {
  type Coarseness,
  coarsenesses,
  coarsenessLabels,
  type Reliability,
  type RiskKind,
  type RiskSource,
  reliabilities,
  reliabilityKeys,
  riskKindKeys,
  riskKinds,
  riskSourceKeys,
  riskSources,
} from './risk-words.ts'
