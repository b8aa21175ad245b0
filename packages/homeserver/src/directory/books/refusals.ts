/** What people are told when a change of an entry is not made. */
import type { BilingualText } from '@enlace/directory/text'
import { type BookRefusal, bookRefusals } from '@enlace/directory/upkeep'
import { MatrixError } from '../../errors.ts'

export const keepingRefusals = {
  no_key: {
    es: 'Esta institución aún no tiene llave propia, y sin ella nadie puede firmar cambios. Su coordinación la crea en Enlace, en «Mi institución»; después la coordinación de la red la admite.',
    en: 'This institution has no key of its own yet, and without one nobody can sign changes. Its coordination makes it in Enlace, under “My institution”; then the coordination of the network admits it.',
  },
  not_hosted: {
    es: 'Esta institución no está en este servidor.',
    en: 'This institution is not on this server.',
  },
  takes_none: {
    es: 'El servidor de esa institución no recibe sugerencias. Llame o escriba a la institución.',
    en: 'The server of that institution takes no suggestions. Call or write to the institution.',
  },
  no_server: {
    es: 'Esa institución todavía no está en Enlace: nadie recibiría la sugerencia. Llame o escriba a la institución.',
    en: 'That institution is not in Enlace yet: nobody would receive the suggestion. Call or write to it.',
  },
  needs_signature: {
    es: 'Falta la firma con la llave de la institución. Ábralo en un dispositivo que la tenga.',
    en: 'The signature with the key of the institution is missing. Open it on a device that has it.',
  },
  publishing: {
    es: 'Hay un cambio firmado que espera al directorio de la red. Intente de nuevo cuando se haya publicado.',
    en: 'A signed change waits for the network’s directory. Try again when it has been published.',
  },
  coordinators_only: {
    es: 'Solo la coordinación ve lo que falta por verificar.',
    en: 'Only the coordination sees what is to be verified.',
  },
  clock: {
    es: 'El reloj de su dispositivo está desfasado. Corrija la fecha y la hora e intente de nuevo.',
    en: 'The clock of your device is wrong. Correct date and time, and try again.',
  },
  quicker: {
    es: 'Alguien cambió el registro mientras tanto. Compare y hágalo de nuevo.',
    en: 'Somebody changed the entry meanwhile. Compare, and do it again.',
  },
} as const satisfies Record<string, BilingualText>

type Refusal = BookRefusal | keyof typeof keepingRefusals

const statuses: Partial<Record<Refusal, [status: number, errcode: string]>> = {
  no_such_proposal: [404, 'M_NOT_FOUND'],
  not_hosted: [404, 'M_NOT_FOUND'],
  already_decided: [409, 'ORG.ENLACE.CONFLICT'],
  exists: [409, 'ORG.ENLACE.CONFLICT'],
  outdated: [409, 'ORG.ENLACE.CONFLICT'],
  quicker: [409, 'ORG.ENLACE.CONFLICT'],
  publishing: [409, 'ORG.ENLACE.CONFLICT'],
  nothing_to_change: [400, 'M_INVALID_PARAM'],
  no_reason: [400, 'M_INVALID_PARAM'],
  not_valid: [400, 'M_INVALID_PARAM'],
  not_by_edit: [400, 'M_INVALID_PARAM'],
  needs_signature: [400, 'M_INVALID_PARAM'],
  clock: [400, 'M_INVALID_PARAM'],
}

export function bookError(refusal: Refusal, message?: BilingualText): MatrixError {
  const [status, errcode] = statuses[refusal] ?? [403, 'M_FORBIDDEN']
  const text = message ?? { ...bookRefusals, ...keepingRefusals }[refusal]
  return new MatrixError(status, errcode, text.es, {
    'org.enlace.rule': `directory.${refusal}`,
    'org.enlace.message': text,
  })
}
