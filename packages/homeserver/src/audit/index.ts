/** What a program without a node needs to verify a log. */
export { verifyAuditFile } from '../operator/areas/audit.ts'
export { nodeHashing } from './entry.ts'
