/** What people write about a material: the content of the encrypted `org.enlace.material.record`, without its relation. */
import { z } from 'zod'
import { eventIdSchema } from '../cases/case-events.ts'
import { maxHeads } from '../causal-order.ts'
import { materialContentSchema } from './published.ts'

/** An event of Matrix is 65,536 bytes at most, and encryption adds a third. */
const maxRecordBytes = 40_000

const versionSchema = z
  .strictObject({
    what: z.literal('version'),
    /** versions the writer had before them: these are superseded knowingly */
    bases: z.array(eventIdSchema).max(maxHeads).optional(),
    content: materialContentSchema,
  })
  .refine(({ content }) => new TextEncoder().encode(JSON.stringify(content)).length <= maxRecordBytes, {
    message: `must not be longer than ${maxRecordBytes} bytes`,
    path: ['content'],
  })

const commentSchema = z.strictObject({
  what: z.literal('comment'),
  text: z.string().trim().min(1).max(4_000),
  /** the block it is about, by its place in the version */
  block: z.int().min(0).max(59).optional(),
})

const approvalSchema = z.strictObject({
  what: z.literal('approval'),
  /** over `materialApproval` of `@enlace/trust`, with keys the network's coordinators gave the institution */
  signatures: z
    .array(
      z.strictObject({
        keyid: z.string().regex(/^[0-9a-f]{64}$/),
        /** Ed25519 */
        sig: z.string().regex(/^[0-9a-f]{128}$/),
      }),
    )
    .min(1)
    .max(8),
})

export const materialRecordSchema = z.discriminatedUnion('what', [
  versionSchema,
  commentSchema,
  approvalSchema,
])
export type MaterialRecord = z.output<typeof materialRecordSchema>
export type MaterialRecordOf<What extends MaterialRecord['what']> = Extract<MaterialRecord, { what: What }>
