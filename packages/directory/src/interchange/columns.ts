import type { BilingualText } from '../text.ts'

/** The columns of a list of services: what they are called here, and what people call them. One row is a service at a place. */

interface Column {
  label: BilingualText
  /** headings that mean it, besides its labels; compared without accents, case and marks */
  words: string
  /** of what it says something: rows of one institution, service or place must agree in it */
  of: 'institution' | 'service' | 'place' | 'target' | 'row'
  /** another way to write what other columns say: read, never written */
  reading?: true
  /** for people; not read */
  info?: true
}

export const columns = {
  institution: {
    label: { es: 'Institución', en: 'Institution' },
    words:
      'organización, organizacion nombre, nombre de la institución, entidad, organization, organisation, agency, institución responsable, nombre institución',
    of: 'row',
  },
  institution_key: {
    label: { es: 'Clave de la institución', en: 'Institution key' },
    words: 'clave, clave institución, key, código de institución',
    of: 'row',
  },
  service: {
    label: { es: 'Servicio', en: 'Service' },
    words:
      'nombre del servicio, servicios, service name, services, servicio que brinda, servicio que presta, qué ofrece, program, programa',
    of: 'service',
  },
  category: {
    label: { es: 'Categoría', en: 'Category' },
    words:
      'categorías, tipo de servicio, tipo, rubro, área, sector, service type, service category, type, taxonomía',
    of: 'service',
  },
  description: {
    label: { es: 'Descripción', en: 'Description' },
    words: 'descripción del servicio, detalle, detalles, en qué consiste, service description, details',
    of: 'service',
  },
  status: {
    label: { es: 'Estado', en: 'Status' },
    words: 'situación del servicio, vigente, activo, active, state',
    of: 'service',
  },
  place: {
    label: { es: 'Lugar', en: 'Place' },
    words:
      'sede, oficina, nombre del lugar, sucursal, centro, location, location name, site, office, branch, ubicación',
    of: 'place',
  },
  address: {
    label: { es: 'Dirección', en: 'Address' },
    words: 'dirección exacta, domicilio, calle, street, street address, address 1, dirección física',
    of: 'place',
  },
  landmark: {
    label: { es: 'Referencia', en: 'Landmark' },
    words: 'punto de referencia, señas, cómo llegar, address 2, landmarks, reference point',
    of: 'place',
  },
  city: {
    label: { es: 'Municipio', en: 'Municipality' },
    words: 'ciudad, localidad, municipio ciudad, pueblo, city, town',
    of: 'place',
  },
  department: {
    label: { es: 'Departamento', en: 'Department' },
    words: 'depto, dpto, departamento estado, state, province, state province, estado provincia',
    of: 'place',
  },
  country: { label: { es: 'País', en: 'Country' }, words: 'nación, nation', of: 'place' },
  postal_code: {
    label: { es: 'Código postal', en: 'Postal code' },
    words: 'cp, c p, zip, zip code, postcode, apartado',
    of: 'place',
  },
  latitude: { label: { es: 'Latitud', en: 'Latitude' }, words: 'lat, y, coord y', of: 'place' },
  longitude: {
    label: { es: 'Longitud', en: 'Longitude' },
    words: 'lon, lng, long, x, coord x',
    of: 'place',
  },
  coordinates: {
    label: { es: 'Coordenadas', en: 'Coordinates' },
    words: 'gps, coordenadas gps, lat lon, latitud longitud, latitud y longitud, georreferencia',
    of: 'place',
    reading: true,
  },
  plus_code: {
    label: { es: 'Código plus', en: 'Plus code' },
    words: 'plus code, código plus code, plus codes, código de ubicación, open location code',
    of: 'place',
  },
  accessibility: {
    label: { es: 'Accesibilidad', en: 'Accessibility' },
    words: 'acceso, accesible, acceso para sillas de ruedas, accessible, wheelchair access',
    of: 'place',
  },
  transport: {
    label: { es: 'Cómo llegar en transporte', en: 'Getting there' },
    words: 'transporte, transporte público, transportation, public transport, buses',
    of: 'place',
  },
  phone: {
    label: { es: 'Teléfono', en: 'Telephone' },
    words:
      'teléfonos, tel, tels, telefono fijo, celular, móvil, número, número de teléfono, teléfono de contacto, contacto telefónico, phone, phones, phone number, telephone number, mobile, cell',
    of: 'target',
  },
  extension: {
    label: { es: 'Extensión', en: 'Extension' },
    words: 'ext, extension telefónica, anexo',
    of: 'target',
    reading: true,
  },
  whatsapp: {
    label: { es: 'WhatsApp', en: 'WhatsApp' },
    words: 'whats app, wasap, número de whatsapp, tiene whatsapp, has whatsapp',
    of: 'target',
    reading: true,
  },
  night: {
    label: { es: 'Contesta de noche', en: 'Answers at night' },
    words: 'noche, teléfono de noche, emergencias, nocturno, night phone, after hours',
    of: 'target',
    reading: true,
  },
  hours: {
    label: { es: 'Horario', en: 'Hours' },
    words:
      'horarios, horario de atención, horas, días y horas, horario de servicio, opening hours, schedule, office hours',
    of: 'target',
  },
  days: {
    label: { es: 'Días', en: 'Days' },
    words: 'días de atención, días hábiles, week days, days open',
    of: 'target',
    reading: true,
  },
  opens: {
    label: { es: 'Abre', en: 'Opens' },
    words: 'hora de apertura, apertura, desde, hora inicio, hora de inicio, opening time, from',
    of: 'target',
    reading: true,
  },
  closes: {
    label: { es: 'Cierra', en: 'Closes' },
    words: 'hora de cierre, cierre, hasta, hora fin, hora final, closing time, until',
    of: 'target',
    reading: true,
  },
  holidays: {
    label: { es: 'Feriados', en: 'Public holidays' },
    words: 'en feriados, días feriados, abre en feriados, asuetos, holidays, open on holidays',
    of: 'target',
  },
  contact: {
    label: { es: 'Puesto de contacto', en: 'Contact position' },
    words: 'cargo, puesto, cargo del contacto, position, contact title, job title',
    of: 'target',
  },
  contact_name: {
    label: { es: 'Persona de contacto', en: 'Contact person' },
    words:
      'contacto, nombre del contacto, responsable, encargado, encargada, contact, contact name, person in charge',
    of: 'target',
  },
  contact_phone: {
    label: { es: 'Teléfono del contacto', en: 'Contact telephone' },
    words: 'celular del contacto, teléfono del responsable, contact phone, contact mobile',
    of: 'target',
  },
  contact_email: {
    label: { es: 'Correo del contacto', en: 'Contact e-mail' },
    words: 'email del contacto, correo del responsable, contact email',
    of: 'target',
  },
  languages: {
    label: { es: 'Idiomas', en: 'Languages' },
    words: 'idioma, lenguas, idiomas que atiende, language, spoken languages',
    of: 'service',
  },
  application: {
    label: { es: 'Cómo se pide', en: 'How to apply' },
    words:
      'cómo acceder, proceso, ruta de atención, procedimiento, application process, how to access, intake',
    of: 'service',
  },
  documents: {
    label: { es: 'Documentos que pide', en: 'Required documents' },
    words: 'requisitos, documentos, documentación, documentos requeridos, requirements, documents',
    of: 'service',
  },
  cost: {
    label: { es: 'Costo', en: 'Cost' },
    words: 'precio, tarifa, cobro, coste, fee, fees, price',
    of: 'service',
  },
  wait_time: {
    label: { es: 'Tiempo de espera', en: 'Waiting time' },
    words: 'espera, demora, wait, wait time',
    of: 'service',
  },
  eligibility: {
    label: { es: 'A quién atiende', en: 'Eligibility' },
    words:
      'población, población meta, población atendida, beneficiarios, eligibility description, target population, who can use it',
    of: 'service',
  },
  minimum_age: {
    label: { es: 'Edad mínima', en: 'Lowest age' },
    words: 'edad desde, edad min, minimum age, min age',
    of: 'service',
  },
  maximum_age: {
    label: { es: 'Edad máxima', en: 'Highest age' },
    words: 'edad hasta, edad max, maximum age, max age',
    of: 'service',
  },
  sexes: { label: { es: 'Sexo', en: 'Sex' }, words: 'género, sexos, gender', of: 'service' },
  nationalities: {
    label: { es: 'Nacionalidades', en: 'Nationalities' },
    words: 'nacionalidad, nacionalidad que atiende, nationality',
    of: 'service',
  },
  situations: {
    label: { es: 'Situación que atiende', en: 'Situations served' },
    words: 'situación, perfil, condición migratoria, situations, profile',
    of: 'service',
  },
  service_area: {
    label: { es: 'Zona que cubre', en: 'Service area' },
    words: 'cobertura, área de cobertura, zona, coverage, area served',
    of: 'service',
  },
  beds_free: {
    label: { es: 'Camas libres', en: 'Free beds' },
    words: 'cupo disponible, espacios disponibles, camas disponibles, available beds, beds available',
    of: 'service',
  },
  beds_total: {
    label: { es: 'Camas en total', en: 'Beds' },
    words: 'cupo, capacidad, camas, capacity, total beds',
    of: 'service',
  },
  beds_updated: {
    label: { es: 'Camas al día', en: 'Beds as of' },
    words: 'fecha del cupo, cupo actualizado, capacity updated, beds updated',
    of: 'service',
  },
  website: {
    label: { es: 'Sitio web', en: 'Website' },
    words: 'web, página web, url, sitio, página, web site, homepage',
    of: 'institution',
  },
  institution_email: {
    label: { es: 'Correo de la institución', en: 'Institution e-mail' },
    words: 'correo, correo electrónico, email, e mail, mail, correo institucional',
    of: 'institution',
  },
  verified: {
    label: { es: 'Verificado el', en: 'Verified on' },
    words: 'fecha de verificación, última verificación, última actualización, assured date, last verified',
    of: 'row',
    info: true,
  },
  id: {
    label: { es: 'Código de fila (no cambiar)', en: 'Row code (do not change)' },
    words: 'código de fila, row code, service at location id',
    of: 'row',
  },
} as const satisfies Record<string, Column>

export type ColumnKey = keyof typeof columns

export const columnKeys = Object.keys(columns) as ColumnKey[]

/** The columns an export has, in their order. */
export const writtenColumns = columnKeys.filter((key) => !('reading' in columns[key]))

export const columnLabel = (key: ColumnKey): BilingualText => columns[key].label

/** Column letters as spreadsheets name them: 0 is A, 26 is AA. */
export function columnLetters(position: number): string {
  let letters = ''
  for (let left = position + 1; left > 0; left = Math.floor((left - 1) / 26))
    letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters
  return letters
}
