/** What the coordinators' tool says, in Spanish and in English. */
import type { BilingualText } from '@enlace/directory/text'
import type { Needed, TrustChange } from '@enlace/trust'

export type Language = 'es' | 'en'

/** Something a person has to do otherwise; the text says what. */
export class ToolError extends Error {
  readonly text: BilingualText

  constructor(es: string, en: string) {
    super(en)
    this.text = { es, en }
  }
}

/** The start of a key's ID, in groups that can be read aloud. */
export function fingerprint(keyid: string): string {
  return (keyid.slice(0, 16).match(/.{4}/g) ?? []).join(' ')
}

const holder = (one: { keyid: string; name?: string; country?: string }): string =>
  `${one.name ?? '—'}${one.country === undefined ? '' : ` (${one.country})`}, ${fingerprint(one.keyid)}`

const described = (one: { kind: string; country: string } | undefined): string =>
  one ? `${one.kind}, ${one.country}` : '—'

export function changeWords(change: TrustChange): BilingualText {
  switch (change.what) {
    case 'server-admitted': {
      const hosts = change.institutions.join(', ') || '—'
      return {
        es: `ENTRA el servidor ${change.server}${change.status === 'suspended' ? ' (suspendido)' : ''}, con las instituciones: ${hosts}.`,
        en: `ADMITS the server ${change.server}${change.status === 'suspended' ? ' (suspended)' : ''}, with the institutions: ${hosts}.`,
      }
    }
    case 'server-removed':
      return {
        es: `SALE de la red el servidor ${change.server}: nadie podrá hablar con él.`,
        en: `REMOVES the server ${change.server} from the network: nobody can talk to it.`,
      }
    case 'server-suspended':
      return {
        es: `SE SUSPENDE el servidor ${change.server}: queda cortado hasta que se readmita.`,
        en: `SUSPENDS the server ${change.server}: it is cut off until it is readmitted.`,
      }
    case 'server-readmitted':
      return { es: `SE READMITE el servidor ${change.server}.`, en: `READMITS the server ${change.server}.` }
    case 'server-keys':
      return {
        es: `CAMBIAN las claves de firma del servidor ${change.server}. Confirme la clave nueva por teléfono con quien lo opera.`,
        en: `CHANGES the signing keys of the server ${change.server}. Confirm the new key by telephone with its operator.`,
      }
    case 'server-case-slot':
      return {
        es: `El servidor ${change.server} numera sus casos con ${change.to ?? '—'} (antes ${change.from ?? '—'}).`,
        en: `The server ${change.server} numbers its cases with ${change.to ?? '—'} (before: ${change.from ?? '—'}).`,
      }
    case 'institution-placed':
      return {
        es: `La institución ${change.institution} queda en el servidor ${change.server}.`,
        en: `The institution ${change.institution} is placed on the server ${change.server}.`,
      }
    case 'institution-left':
      return {
        es: `La institución ${change.institution} deja el servidor ${change.server}.`,
        en: `The institution ${change.institution} leaves the server ${change.server}.`,
      }
    case 'institution-described':
      return {
        es: `La institución ${change.institution}: ${described(change.to)} (antes ${described(change.from)}).`,
        en: `The institution ${change.institution}: ${described(change.to)} (before: ${described(change.from)}).`,
      }
    case 'institution-key-added':
      return {
        es: `FIRMA por ${change.institution} desde ahora la llave ${fingerprint(change.keyid)}. Confirme la huella por teléfono con la institución.`,
        en: `SIGNS for ${change.institution} from now on: the key ${fingerprint(change.keyid)}. Confirm the fingerprint by telephone with the institution.`,
      }
    case 'institution-key-removed':
      return {
        es: `YA NO FIRMA por ${change.institution} la llave ${fingerprint(change.keyid)}: lo que firmó deja de valer en el acto.`,
        en: `SIGNS NO MORE for ${change.institution}: the key ${fingerprint(change.keyid)}. What it signed ends at once.`,
      }
    case 'institution-appointed': {
      const by = change.by.map((one) => holder(one)).join('; ')
      const { id, keyid, keeps } = change.appointment
      return {
        es: `NOMBRA a quien coordina ${change.institution}, por sucesión: persona ${id.slice(0, 12)} (compruébela con «show --person»), llave ${fingerprint(keyid)}. Deciden: ${by}. ${keeps ? 'La lista de personas en vigor sigue valiendo hasta que esa persona firme la suya.' : 'No hay lista en vigor: nadie habla por la institución hasta que esa persona la firme.'}`,
        en: `APPOINTS who coordinates ${change.institution}, by succession: person ${id.slice(0, 12)} (check with “show --person”), key ${fingerprint(keyid)}. Decided by: ${by}. ${keeps ? 'The roster in force stays so until that person signs theirs.' : 'There is no roster in force: nobody speaks for the institution until that person signs one.'}`,
      }
    }
    case 'institution-threshold':
      return {
        es: `Por ${change.institution} hacen falta ${change.to} firmas (antes ${change.from}).`,
        en: `For ${change.institution} ${change.to} signatures are needed (before: ${change.from}).`,
      }
    case 'coordinator-added':
      return {
        es: `FIRMA desde ahora: ${holder(change)}. Confirme la huella por teléfono.`,
        en: `SIGNS from now on: ${holder(change)}. Confirm the fingerprint by telephone.`,
      }
    case 'coordinator-removed':
      return { es: `YA NO FIRMA: ${holder(change)}.`, en: `SIGNS NO MORE: ${holder(change)}.` }
    case 'threshold':
      return {
        es: `Hacen falta ${change.to} firmas (antes ${change.from}), y al menos una de cada país.`,
        en: `${change.to} signatures are needed (before: ${change.from}), and at least one of each country.`,
      }
    case 'registry-key-added':
      return {
        es: `El directorio publica con la clave ${holder(change)}.`,
        en: `The registry publishes with the key ${holder(change)}.`,
      }
    case 'registry-key-removed':
      return {
        es: `El directorio deja de publicar con la clave ${holder(change)}.`,
        en: `The registry no longer publishes with the key ${holder(change)}.`,
      }
  }
}

const whatIsNeeded: Record<Needed['what'], BilingualText> = {
  'root-before': {
    es: 'Cambio de coordinaciones, por quienes lo eran hasta ahora',
    en: 'Change of coordinators, by those who were until now',
  },
  root: { es: 'Coordinaciones y firmas necesarias (raíz)', en: 'Coordinators and signatures needed (root)' },
  targets: { es: 'Lista de la red', en: 'List of the network' },
}

export function neededWords(one: Needed, language: Language): string[] {
  const signed = language === 'es' ? 'firmó' : 'signed'
  const missing = language === 'es' ? 'falta' : 'missing'
  const lines = one.holders.map(
    (each) =>
      `    ${each.signed ? '[x]' : '[ ]'} ${(each.signed ? signed : missing).padEnd(7)} ${holder(each)}`,
  )
  const short = one.threshold - one.signers.length
  const wanted: string[] = []
  if (short > 0)
    wanted.push(
      language === 'es'
        ? `${short === 1 ? 'falta 1 firma' : `faltan ${short} firmas`}`
        : `${short} more ${short === 1 ? 'signature' : 'signatures'} needed`,
    )
  if (one.missingCountries.length > 0)
    wanted.push(
      language === 'es'
        ? `falta una firma de ${one.missingCountries.join(', ')}`
        : `a signature of ${one.missingCountries.join(', ')} is missing`,
    )
  const complete = language === 'es' ? 'COMPLETO' : 'COMPLETE'
  const verdict = one.ok ? complete : wanted.join('; ')
  return [`  ${whatIsNeeded[one.what][language]}: ${verdict}.`, ...lines]
}
