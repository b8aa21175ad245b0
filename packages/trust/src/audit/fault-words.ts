export type AuditFaultKind =
  | 'unreadable'
  | 'altered'
  | 'removed'
  | 'reordered'
  | 'forged'
  | 'cut'
  | 'rewritten'
  | 'bad-signature'

type Words = { es: string; en: string }

/** What is wrong with a log, for a person: `seq` is the first entry that cannot be believed. */
export const auditFaultWords: Record<AuditFaultKind, (seq: number) => Words> = {
  unreadable: (seq) => ({
    es: `La línea después de la entrada ${seq - 1} no se puede leer: el archivo está dañado o alguien lo cambió.`,
    en: `The line after entry ${seq - 1} cannot be read: the file is damaged, or somebody changed it.`,
  }),
  altered: (seq) => ({
    es: `La entrada ${seq} no sigue de la anterior: alguien cambió la entrada ${seq}${seq > 1 ? ` o la ${seq - 1}` : ''}.`,
    en: `Entry ${seq} does not follow from the one before it: somebody changed entry ${seq}${seq > 1 ? ` or ${seq - 1}` : ''}.`,
  }),
  removed: (seq) => ({
    es: `Falta la entrada ${seq}: alguien la quitó.`,
    en: `Entry ${seq} is missing: somebody removed it.`,
  }),
  reordered: (seq) => ({
    es: `La entrada ${seq} no está en su lugar: alguien cambió el orden.`,
    en: `Entry ${seq} is not in its place: somebody changed the order.`,
  }),
  forged: (seq) => ({
    es: `La entrada ${seq} está de más: alguien la agregó y el servidor no la firmó.`,
    en: `Entry ${seq} is one too many: somebody added it, and the server did not sign it.`,
  }),
  cut: (seq) => ({
    es: `El archivo termina antes de tiempo: falta desde la entrada ${seq}, que el servidor o un nodo socio había firmado.`,
    en: `The file ends too early: it lacks entry ${seq} and what follows, which the server or a partner had signed.`,
  }),
  rewritten: (seq) => ({
    es: `La actividad hasta la entrada ${seq} no es la que se firmó: alguien la escribió de nuevo.`,
    en: `The activity up to entry ${seq} is not the one that was signed: somebody wrote it anew.`,
  }),
  'bad-signature': (seq) => ({
    es: `Una firma sobre la actividad hasta la entrada ${seq} no es válida.`,
    en: `A signature over the activity up to entry ${seq} is not valid.`,
  }),
}
