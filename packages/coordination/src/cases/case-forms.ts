/**
 * The form of each kind of case: what is asked, in both languages, what must be filled in. The answers are the content of
 * `org.enlace.case.details`, encrypted in the case's thread; none of them travels in the clear. Checks are in
 * `case-form-check.ts`.
 */
import type { BilingualText } from '@enlace/directory/text'
import type { CaseKind } from './case-kinds.ts'
import { routes, transports } from './case-words.ts'

export type FormFieldType =
  | 'text'
  | 'long_text'
  | 'date' // YYYY-MM-DD
  | 'partial_date' // of what a date is known: see partial-date.ts
  | 'identity_number' // of either country; checked as it is typed, never refused
  | 'country'
  | 'nationality' // a country, none, or not known
  | 'date_time' // YYYY-MM-DDTHH:mm, time of Honduras and Guatemala
  | 'choice'
  | 'count'

export type FormSection = 'group' | 'person' | 'family' | 'record' | 'request' | 'situation' | 'consent'

export const formSections: Record<FormSection, BilingualText> = {
  group: { es: 'El grupo', en: 'The group' },
  person: { es: 'La persona', en: 'The person' },
  family: { es: 'Familia', en: 'Family' },
  record: { es: 'Datos del registro', en: 'Record' },
  request: { es: 'La solicitud', en: 'The request' },
  situation: { es: 'La situación', en: 'The situation' },
  consent: { es: 'Consentimiento', en: 'Consent' },
}

export interface FormField {
  key: string
  section: FormSection
  type: FormFieldType
  label: BilingualText
  help?: BilingualText
  required?: boolean
  options?: Readonly<Record<string, BilingualText>>
  /** what stands for an answer that there is none: kept beside it under `absentKey`, never as a made-up answer */
  absent?: Readonly<Record<string, BilingualText>>
  /** a date may not lie ahead, or may not lie behind */
  time?: 'past' | 'future'
  /** asked only while another field has one of these values */
  when?: { field: string; is: readonly string[] }
}

const yesNo = { yes: { es: 'Sí', en: 'Yes' }, no: { es: 'No', en: 'No' } } as const
const field = (
  section: FormSection,
  key: string,
  type: FormFieldType,
  es: string,
  en: string,
  more: Omit<Partial<FormField>, 'key' | 'section' | 'type' | 'label'> = {},
): FormField => ({ key, section, type, label: { es, en }, ...more })

const needed = { required: true } as const

/** Where it is kept that an answer does not exist or is not known. */
export const absentKey = (key: string): string => `${key}_absent`

const names = [
  field('person', 'given_names', 'text', 'Nombres', 'Given names', {
    required: true,
    absent: {
      not_known: { es: 'No se conoce su nombre', en: 'The name is not known' },
      none: { es: 'Aún no tiene nombre', en: 'Has no name yet' },
    },
  }),
  field('person', 'surnames', 'text', 'Apellidos', 'Surnames', {
    required: true,
    absent: {
      not_known: { es: 'No se conocen sus apellidos', en: 'The surnames are not known' },
      none: { es: 'No tiene apellidos', en: 'Has no surname' },
    },
  }),
]
const sex = field('person', 'sex', 'choice', 'Sexo registral', 'Registered sex', {
  options: {
    female: { es: 'Femenino', en: 'Female' },
    male: { es: 'Masculino', en: 'Male' },
    unknown: { es: 'No consta', en: 'Not on record' },
  },
})
const birthDate = field('person', 'birth_date', 'partial_date', 'Fecha de nacimiento', 'Date of birth', {
  required: true,
  time: 'past',
})
const person = [...names, birthDate, sex]
const birthPlace = [
  field('person', 'birth_country', 'country', 'País de nacimiento', 'Country of birth'),
  field('person', 'birth_department', 'text', 'Departamento', 'Department'),
  field('person', 'birth_municipality', 'text', 'Municipio', 'Municipality', needed),
]
const identityNumber = field(
  'person',
  'identity_number',
  'identity_number',
  'Número de identidad (DNI o CUI)',
  'Identity number (DNI or CUI)',
  { help: { es: 'Si se conoce.', en: 'If known.' } },
)
const parents = [
  field('family', 'mother_name', 'text', 'Nombre de la madre', 'Mother’s name'),
  field('family', 'father_name', 'text', 'Nombre del padre', 'Father’s name'),
]
const note = field(
  'request',
  'note',
  'long_text',
  'Algo más que deban saber',
  'Anything else they should know',
)

const consent = [
  field('consent', 'consent', 'choice', '¿Quién dio su consentimiento?', 'Who consented?', {
    required: true,
    help: {
      es: 'Para compartir estos datos con las instituciones de este canal.',
      en: 'To share these data with the institutions of this channel.',
    },
    options: {
      holder: { es: 'La propia persona', en: 'The person' },
      parent: { es: 'Madre o padre', en: 'A parent' },
      guardian: { es: 'Tutor o representante legal', en: 'A guardian or legal representative' },
      authority: {
        es: 'Decisión de autoridad, por su interés superior',
        en: 'Decision of an authority, in their best interests',
      },
      not_obtained: { es: 'Aún no lo hay', en: 'Nobody yet' },
    },
  }),
  field('consent', 'consent_date', 'date', 'Fecha del consentimiento', 'Date of consent', {
    required: true,
    time: 'past',
    when: { field: 'consent', is: ['holder', 'parent', 'guardian', 'authority'] },
  }),
  field(
    'consent',
    'consent_basis',
    'text',
    'Qué autoridad y con qué fundamento',
    'Which authority, on what basis',
    {
      required: true,
      when: { field: 'consent', is: ['authority'] },
    },
  ),
]

const services = {
  medical: { es: 'Atención médica', en: 'Medical care' },
  psychosocial: { es: 'Apoyo psicosocial', en: 'Psychosocial support' },
  legal: { es: 'Asistencia legal', en: 'Legal assistance' },
  shelter: { es: 'Albergue', en: 'Shelter' },
  family_tracing: { es: 'Localización familiar', en: 'Family tracing' },
  child_protection: { es: 'Protección de niñez', en: 'Child protection' },
  international_protection: { es: 'Protección internacional', en: 'International protection' },
  transport: { es: 'Transporte', en: 'Transport' },
  humanitarian: { es: 'Alimentación, higiene y vestuario', en: 'Food, hygiene and clothing' },
  other: { es: 'Otro', en: 'Other' },
} as const

const count = (key: string, es: string, en: string, more: Partial<FormField> = {}) =>
  field('group', key, 'count', es, en, { required: true, ...more })

export const caseForms: Record<CaseKind, readonly FormField[]> = {
  birth_certificate: [
    ...person,
    ...birthPlace,
    identityNumber,
    ...parents,
    field('record', 'registration', 'text', 'Tomo, folio, acta o partida', 'Volume, folio, entry', {
      help: { es: 'Como aparezca en cualquier papel que tengan.', en: 'As on any paper they have.' },
    }),
    field('request', 'purpose', 'choice', 'Para qué se necesita', 'What it is needed for', {
      required: true,
      options: {
        return: { es: 'Retorno a su país', en: 'Return to their country' },
        court: { es: 'Proceso en el juzgado', en: 'Court proceedings' },
        protection: { es: 'Medida de protección', en: 'A protection measure' },
        identity: { es: 'Identificación', en: 'Identification' },
        school_health: { es: 'Escuela o salud', en: 'School or health' },
        other: { es: 'Otro', en: 'Other' },
      },
    }),
    note,
    ...consent,
  ],
  late_registration: [
    ...person,
    ...birthPlace,
    ...parents,
    field('record', 'evidence', 'long_text', 'Pruebas del nacimiento', 'Evidence of the birth', {
      required: true,
      help: {
        es: 'Constancia de hospital o partera, fe de bautismo, testigos.',
        en: 'Hospital or midwife’s record, baptism, witnesses.',
      },
    }),
    field('record', 'why_late', 'text', 'Por qué no se inscribió antes', 'Why it was not registered before'),
    note,
    ...consent,
  ],
  correction: [
    ...person,
    identityNumber,
    field('record', 'registration', 'text', 'Tomo, folio, acta o partida', 'Volume, folio, entry', needed),
    field('record', 'says', 'text', 'Qué dice ahora', 'What it says now', needed),
    field('record', 'should_say', 'text', 'Qué debe decir', 'What it should say', needed),
    field('record', 'evidence', 'long_text', 'Con qué se prueba', 'What proves it'),
    note,
    ...consent,
  ],
  nationality_verification: [
    ...person,
    identityNumber,
    ...birthPlace.map((one) => (one.key === 'birth_municipality' ? { ...one, required: false } : one)),
    field(
      'request',
      'nationality',
      'nationality',
      'Nacionalidad que declara',
      'Nationality they state',
      needed,
    ),
    ...parents,
    field(
      'request',
      'evidence',
      'long_text',
      'Documentos o señas que presenta',
      'Documents or evidence they show',
    ),
    note,
    ...consent,
  ],
  travel_document: [
    ...person,
    identityNumber,
    field('request', 'destination', 'text', 'Destino', 'Destination', needed),
    field('request', 'travel_date', 'date', 'Fecha prevista del viaje', 'Expected date of travel', {
      required: true,
      time: 'future',
    }),
    field('request', 'travels_with', 'text', 'Con quién viaja', 'Travels with'),
    field('request', 'photograph', 'choice', '¿Hay fotografía?', 'Is there a photograph?', {
      options: yesNo,
    }),
    note,
    ...consent,
  ],
  return_notice: [
    field('group', 'expected', 'date_time', 'Llegada prevista', 'Expected arrival', {
      required: true,
      time: 'future',
    }),
    field('group', 'route', 'choice', 'Por dónde llega', 'Route', {
      required: true,
      options: routes,
    }),
    field('group', 'transport', 'choice', 'Transporte', 'Transport', {
      required: true,
      options: transports,
    }),
    count('adults', 'Personas adultas', 'Adults'),
    count('families', 'Familias', 'Families'),
    count('unaccompanied_children', 'Niñas, niños y adolescentes sin acompañante', 'Unaccompanied children'),
    count('medical_needs', 'Personas que necesitan atención médica', 'People who need medical care', {
      help: { es: 'De las anteriores.', en: 'Of those above.' },
    }),
    field('request', 'medical_detail', 'long_text', 'Qué atención necesitan', 'What care they need'),
    field(
      'request',
      'escort',
      'text',
      'Quién viene a cargo y cómo llamarle',
      'Who is in charge and how to call',
    ),
    note,
  ],
  child_return: [
    ...person,
    field('person', 'nationality', 'nationality', 'Nacionalidad', 'Nationality', needed),
    identityNumber,
    field('situation', 'found_at', 'date_time', 'Cuándo se le localizó', 'When they were located', {
      required: true,
      time: 'past',
    }),
    field('situation', 'found_place', 'text', 'Dónde se le localizó', 'Where they were located', needed),
    field('situation', 'accompanied', 'choice', 'Con quién estaba', 'Whom they were with', {
      required: true,
      options: {
        alone: { es: 'Sola o solo', en: 'Alone' },
        relative: { es: 'Con un familiar', en: 'With a relative' },
        other_adult: { es: 'Con otra persona adulta', en: 'With another adult' },
      },
    }),
    field('situation', 'current_place', 'text', 'Dónde está ahora', 'Where they are now', needed),
    field(
      'situation',
      'medical_needs',
      'choice',
      '¿Necesita atención médica?',
      'Do they need medical care?',
      {
        required: true,
        options: yesNo,
      },
    ),
    field('situation', 'medical_detail', 'long_text', 'Qué atención necesita', 'What care they need', {
      when: { field: 'medical_needs', is: ['yes'] },
    }),
    field('situation', 'risks', 'long_text', 'Riesgos para su regreso', 'Risks of their return', {
      help: {
        es: 'Violencia, amenazas, necesidad de protección internacional.',
        en: 'Violence, threats, need of international protection.',
      },
    }),
    ...parents,
    field('family', 'family_contact', 'long_text', 'Familia a quien llamar', 'Family to call'),
    note,
    ...consent,
  ],
  referral: [
    ...names,
    { ...birthDate, required: false },
    sex,
    field('request', 'service', 'choice', 'Qué servicio se pide', 'Service asked for', {
      required: true,
      options: services,
    }),
    field('request', 'description', 'long_text', 'Qué se necesita', 'What is needed', needed),
    field('request', 'contact', 'text', 'Cómo encontrar a la persona', 'How to find the person'),
    ...consent,
  ],
  transfer: [
    ...names,
    { ...birthDate, required: false },
    field(
      'request',
      'description',
      'long_text',
      'Qué se transfiere y por qué',
      'What is transferred and why',
      needed,
    ),
    field('request', 'done_so_far', 'long_text', 'Qué se ha hecho', 'What has been done'),
    ...consent,
  ],
}
