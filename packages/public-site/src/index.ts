export { judging, type PublicAsks, riskJudging } from './judging.ts'
export { type KeptSite, keepSite, type SiteSource } from './keep.ts'
export { serveSite } from './router.ts'
