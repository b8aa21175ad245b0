/** The `audit` keys of a node's configuration. */

import { inBoth } from '@enlace/directory/both-languages'
import { z } from 'zod'
import { webhookUrl } from '../alerts/config.ts'

const syslogUrl = z.string().refine(
  (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined
    return url !== undefined && /^(tcp|tls|udp):$/.test(url.protocol) && url.hostname !== ''
  },
  inBoth(
    'debe ser tls://SERVIDOR:PUERTO, tcp://SERVIDOR:PUERTO o udp://SERVIDOR:PUERTO',
    'must be tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT',
  ),
)

export const auditConfigSchema = z
  .strictObject({
    /** Entries are kept for so long, and longer where partners have not countersigned them. */
    keep_days: z.number().int().min(30).max(36_500).default(1_825),
    webhook: z.strictObject({ url: webhookUrl, secret_file: z.string().min(1) }).optional(),
    syslog: z.strictObject({ url: syslogUrl }).optional(),
  })
  .prefault({})
