/** What is wrong with an institution's signed files, and what to do about it, in words. */
import type { BilingualText } from '@enlace/directory/text'
import type { InstitutionProblem } from '../types.ts'

const WORDS: Record<InstitutionProblem['reason'], (key: string) => BilingualText> = {
  malformed: (key) => ({
    es: `Lo que publicó ${key} no se puede leer. Sigue vigente lo anterior; pídale que lo publique de nuevo.`,
    en: `What ${key} published cannot be read. What it said before stays in force; ask it to publish again.`,
  }),
  'no-key': (key) => ({
    es: `${key} no tiene llave propia en la red. Pida a las coordinaciones que la agreguen.`,
    en: `${key} has no key of its own in the network. Ask the coordinators to add it.`,
  }),
  'bad-signature': (key) => ({
    es: `Lo que el directorio entrega de ${key} no lleva la firma de su llave vigente. Si acaba de cambiar de llave, tiene que firmar de nuevo; si no, avise a las coordinaciones.`,
    en: `What the registry gives out of ${key} is not signed by the key in force. If its key was just changed, it has to sign anew; if not, tell the coordinators.`,
  }),
  rollback: (key) => ({
    es: `El directorio entregó algo de ${key} más antiguo que lo que este nodo ya tiene. Sigue vigente lo más nuevo; avise a quien opera el directorio.`,
    en: `The registry gave out something of ${key} that is older than what this node has. The newer one stays in force; tell the registry’s operator.`,
  }),
  fork: (key) => ({
    es: `Hay dos contenidos distintos de ${key} con la misma versión. Sigue vigente el primero; avise a ${key} y a las coordinaciones.`,
    en: `There are two contents of ${key} with one version. The first stays in force; tell ${key} and the coordinators.`,
  }),
  mismatch: (key) => ({
    es: `Lo que el directorio entrega de ${key} no es lo que se firmó: falta algo o cambió en el camino. Sigue vigente lo anterior; se intenta de nuevo.`,
    en: `What the registry gives out of ${key} is not what was signed: something is missing or was changed on the way. What stood before stays in force; it is tried again.`,
  }),
  missing: (key) => ({
    es: `El directorio no entrega lo que ${key} publicó. Sigue vigente lo anterior; se intenta de nuevo.`,
    en: `The registry does not give out what ${key} published. What stood before stays in force; it is tried again.`,
  }),
  'lives-too-long': (key) => ({
    es: `Lo que publicó ${key} valdría demasiado tiempo. Pídale que lo firme de nuevo, por un año como máximo.`,
    en: `What ${key} published would hold too long. Ask it to sign again, for a year at most.`,
  }),
  expired: (key) => ({
    es: `Venció lo que firmó ${key}: mientras no firme de nuevo, nadie puede hablar por ella. Avise a su coordinación.`,
    en: `What ${key} signed has expired: until it signs anew, nobody can speak for it. Tell its coordinator.`,
  }),
  'expires-soon': (key) => ({
    es: `Pronto vence lo que firmó ${key}. Su coordinación tiene que firmar de nuevo antes, o nadie podrá hablar por ella.`,
    en: `What ${key} signed expires soon. Its coordinator has to sign anew before that, or nobody can speak for it.`,
  }),
}

export const institutionWords = (reason: InstitutionProblem['reason'], key: string): BilingualText =>
  WORDS[reason](key)
