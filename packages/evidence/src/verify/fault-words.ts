/** What is wrong with a package, for a person. `what`: the file, the event or the server it is about. */
export type PackageFaultKind =
  | 'not-a-zip'
  | 'bad-name'
  | 'too-large'
  | 'bad-manifest'
  | 'missing-file'
  | 'extra-file'
  | 'altered-file'
  | 'bad-signature'
  | 'wrong-signer'
  | 'bad-network'
  | 'unreadable-file'
  | 'altered-event'
  | 'event-signature'
  | 'foreign-event'
  | 'unbound-text'
  | 'missing-text'
  | 'altered-attachment'

type Words = { es: string; en: string }

export const packageFaultWords: Record<PackageFaultKind, (what: string) => Words> = {
  'not-a-zip': (what) => ({
    es: `El archivo no es un paquete ZIP entero: ${what}.`,
    en: `The file is not a whole ZIP package: ${what}.`,
  }),
  'bad-name': (what) => ({
    es: `Un archivo del paquete lleva un nombre que ningún paquete de Enlace lleva: ${what}. No lo descomprima.`,
    en: `A file of the package has a name that no package of Enlace has: ${what}. Do not unpack it.`,
  }),
  'too-large': (what) => ({
    es: `El paquete se haría mayor de lo que puede ser: ${what}. No lo descomprima.`,
    en: `The package would become larger than it may be: ${what}. Do not unpack it.`,
  }),
  'bad-manifest': (what) => ({
    es: `La lista de archivos del paquete no se puede leer o se contradice: ${what}.`,
    en: `The package’s list of files cannot be read, or contradicts itself: ${what}.`,
  }),
  'missing-file': (what) => ({
    es: `Falta el archivo ${what}: alguien lo quitó.`,
    en: `The file ${what} is missing: somebody removed it.`,
  }),
  'extra-file': (what) => ({
    es: `El archivo ${what} está de más: alguien lo agregó después.`,
    en: `The file ${what} is one too many: somebody added it later.`,
  }),
  'altered-file': (what) => ({
    es: `El archivo ${what} no es el que se exportó: alguien lo cambió.`,
    en: `The file ${what} is not the one that was exported: somebody changed it.`,
  }),
  'bad-signature': (what) => ({
    es: `La firma de ${what} sobre el paquete no es válida: el paquete se cambió después de firmarlo.`,
    en: `The signature of ${what} over the package is not valid: it was changed after it was signed.`,
  }),
  'wrong-signer': (what) => ({
    es: `El paquete no lo firmó quien dice que lo exportó: ${what}.`,
    en: `The package was not signed by whom it says exported it: ${what}.`,
  }),
  'bad-network': (what) => ({
    es: `La lista de la red o la lista de personas de una institución no es la que se firmó: ${what}.`,
    en: `The network’s list, or an institution’s list of people, is not the one that was signed: ${what}.`,
  }),
  'unreadable-file': (what) => ({
    es: `El archivo ${what} no se puede leer.`,
    en: `The file ${what} cannot be read.`,
  }),
  'altered-event': (what) => ({
    es: `El registro ${what} no es el que se envió: su contenido no corresponde a su huella.`,
    en: `The event ${what} is not the one that was sent: its content does not match its hash.`,
  }),
  'event-signature': (what) => ({
    es: `El registro ${what} no lleva una firma válida del servidor de quien lo envió.`,
    en: `The event ${what} has no valid signature of its sender’s server.`,
  }),
  'foreign-event': (what) => ({
    es: `El registro ${what} no es de este caso.`,
    en: `The event ${what} is not of this case.`,
  }),
  'unbound-text': (what) => ({
    es: `El texto que acompaña al registro ${what} no corresponde a su mensaje cifrado.`,
    en: `The text that stands with event ${what} does not belong to its encrypted message.`,
  }),
  'missing-text': (what) => ({
    es: `El registro cifrado ${what} no tiene texto, y nadie dice por qué falta.`,
    en: `The encrypted event ${what} has no text, and nothing says why it is missing.`,
  }),
  'altered-attachment': (what) => ({
    es: `El archivo adjunto ${what} no es el que se envió en el caso.`,
    en: `The attached file ${what} is not the one that was sent in the case.`,
  }),
}
