import type { RootVerdict } from '@enlace/trust'

type Reason = Extract<RootVerdict, { ok: false }>['reason']

/** What is the matter with a root of trust, in Spanish; in English its `detail` says it more closely. */
export const rootFaults: Record<Reason, string> = {
  malformed: 'no es un root.json entero: está cortado, cambiado o es otro archivo',
  'bad-signature': 'no lleva las firmas que él mismo pide',
  'missing-country': 'le falta la firma de uno de los países',
  expired: 'está vencido',
  mismatch: 'no es la versión que corresponde',
}
