/** The registry's one error family: a code for programs, a status, a sentence in both languages for people. */
import type { BilingualText } from '@enlace/directory/text'

export class RegistryError extends Error {
  readonly status: number
  readonly code: string
  readonly text: BilingualText

  constructor(status: number, code: string, text: BilingualText) {
    super(text.en)
    this.status = status
    this.code = code
    this.text = text
  }
}

export const notFound = () =>
  new RegistryError(404, 'not_found', {
    es: 'El directorio no tiene lo que se pide. Revise la dirección.',
    en: 'The directory does not have what was asked for. Check the address.',
  })

export const methodNotAllowed = () =>
  new RegistryError(405, 'method_not_allowed', {
    es: 'El directorio solo se puede leer.',
    en: 'The directory can only be read.',
  })

export const unknownToken = () =>
  new RegistryError(401, 'unknown_token', {
    es: 'El directorio no conoce esa clave de la red. Revise network_token en la configuración del nodo.',
    en: 'The registry does not know that network token. Check network_token in the configuration of the node.',
  })

export const tooManyRequests = () =>
  new RegistryError(429, 'too_many_requests', {
    es: 'Demasiadas solicitudes. Espere un momento y vuelva a intentarlo.',
    en: 'Too many requests. Wait a moment and try again.',
  })

export const bodyTooLarge = () =>
  new RegistryError(413, 'body_too_large', {
    es: 'La solicitud es demasiado grande.',
    en: 'The request is too large.',
  })

export const badBody = () =>
  new RegistryError(400, 'bad_body', {
    es: 'El contenido enviado no es JSON. Envíe el archivo que escribió «npm run trust -- publish».',
    en: 'What was sent is not JSON. Send the file that “npm run trust -- publish” wrote.',
  })

export const notByCoordinators = () =>
  new RegistryError(409, 'not_by_coordinators', {
    es: 'En este directorio la lista la decide quien lo opera: no recibe listas firmadas por coordinaciones.',
    en: 'In this registry its operator decides the list: it takes none signed by coordinators.',
  })

export const refusedPublication = (reason: string, detail: string) =>
  new RegistryError(422, `publication_${reason.replaceAll('-', '_')}`, {
    es: `El directorio no publica lo que recibió (${reason}). Revise con «estado» qué firmas faltan: npm run trust -- status. Detalle: ${detail}`,
    en: `The registry does not publish what it was given (${reason}). See which signatures are missing: npm run trust -- status. Detail: ${detail}`,
  })

export const refusedInstitution = (reason: string, institution: string, detail: string) =>
  new RegistryError(422, `publication_${reason.replaceAll('-', '_')}`, {
    es: `El directorio no publica lo que recibió de ${institution} (${reason}). ${institutionHints[reason]?.es ?? 'Firme de nuevo y vuelva a publicar.'} Detalle: ${detail}`,
    en: `The registry does not publish what it was given of ${institution} (${reason}). ${institutionHints[reason]?.en ?? 'Sign again and publish once more.'} Detail: ${detail}`,
  })

const institutionHints: Record<string, BilingualText | undefined> = {
  'not-approved': {
    es: 'Un material o un riesgo se publica con la aprobación firmada de una institución de cada país: pídala.',
    en: 'A material or a risk is published with the signed approval of an institution of each country: ask for it.',
  },
  'changed-record': {
    es: 'Un registro del directorio que el material nombra cambió después de su aprobación: revíselo y apruébenlo de nuevo.',
    en: 'A record of the directory that the material names changed after its approval: review and approve it anew.',
  },
  'too-fine': {
    es: 'El lugar de un riesgo es más fino de lo que se puede mostrar: fírmenlo de nuevo con uno más grueso.',
    en: 'The place of a risk is finer than may be shown: sign it anew with a coarser one.',
  },
  'no-key': {
    es: 'La institución no tiene llave en la red: pídala a las coordinaciones.',
    en: 'The institution has no key in the network: ask the coordinators.',
  },
  'bad-signature': {
    es: 'Fírmelo con la llave vigente de la institución.',
    en: 'Sign it with the key of the institution that is in force.',
  },
  rollback: {
    es: 'Otra persona publicó después: vea lo vigente y firme sobre eso.',
    en: 'Somebody published since: look at what is in force and sign on top of it.',
  },
  fork: {
    es: 'Otra persona publicó al mismo tiempo: vea lo vigente y firme sobre eso.',
    en: 'Somebody published at the same time: look at what is in force and sign on top of it.',
  },
}

export const networkOnly = () =>
  new RegistryError(403, 'network_only', {
    es: 'Esto es solo para nodos de la red, que muestran su clave (network_token). Pídala a quien opera el directorio.',
    en: 'This is for nodes of the network, which show their token (network_token). Ask the registry’s operator for one.',
  })

export const unavailable = () =>
  new RegistryError(503, 'unavailable', {
    es: 'El directorio aún no tiene una lista vigente. Vuelva a intentarlo.',
    en: 'The registry has no current list yet. Try again.',
  })

export const internal = () =>
  new RegistryError(500, 'internal', {
    es: 'El directorio falló al responder. Vuelva a intentarlo; si continúa, avise a quien lo opera.',
    en: 'The registry failed to answer. Try again; if it goes on, tell its operator.',
  })
