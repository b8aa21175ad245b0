import type { ServiceCategory } from '../words.ts'

/** The words people use for what they need, by service category: Spanish and English, in no particular form. */
export const servicePhrases: Record<ServiceCategory, string> = {
  migration:
    'migración, migratorio, trámite migratorio, visa, permiso de paso, permiso migratorio, sello, sello de entrada, prórroga, puesto fronterizo, frontera, asilo, immigration, border post, entry stamp',
  civil_registration:
    'partida, partida de nacimiento, certificado de nacimiento, certificación de nacimiento, acta de nacimiento, acta, fe de nacimiento, nacimiento, inscripción, inscripción tardía, registro civil, registro de nacimiento, documentación, documento, documento de identidad, papel, identidad, tarjeta de identidad, cédula, dpi, dni, carné, defunción, partida de defunción, matrimonio, rectificación de partida, birth certificate, id card, identity card, identity document, papers, civil registry',
  consular:
    'consulado, cónsul, consular, embajada, cancillería, pasaporte, salvoconducto, consulate, consul, embassy, passport, travel document',
  legal:
    'abogado, abogada, licenciado en derecho, asesoría legal, asesor legal, ayuda legal, asistencia legal, legal, notario, defensor, defensoría, refugio, asilo, solicitud de refugio, protección internacional, denuncia, lawyer, attorney, legal aid, legal help, asylum',
  judicial: 'juzgado, juez, jueza, tribunal, corte, audiencia, judicial, court, judge, hearing',
  medical:
    'doctor, doctora, médico, médica, clínica, hospital, centro de salud, salud, enfermero, enfermera, enfermería, medicina, medicamento, pastilla, receta, emergencia, ambulancia, primeros auxilios, vacuna, embarazo, embarazada, parto, herida, herido, enfermo, enferma, dentista, nurse, physician, clinic, health, medicine, emergency, first aid, pregnant, sick',
  psychosocial:
    'psicólogo, psicóloga, psicología, psicosocial, terapia, terapeuta, salud mental, apoyo emocional, apoyo psicológico, consejería, violencia, víctima, psychologist, counselling, counseling, therapy, mental health, trauma',
  shelter:
    'albergue, refugio, posada, hospedaje, alojamiento, dormir, donde dormir, lugar para dormir, pasar la noche, cama, techo, casa del migrante, casa de migrantes, shelter, bed, place to sleep, sleep, hostel, lodging, accommodation',
  food: 'comida, comer, alimento, alimentación, comedor, desayuno, almuerzo, cena, hambre, ración, agua, agua potable, víveres, food, meal, eat, hungry, water, kitchen',
  hygiene_clothing:
    'ropa, zapato, vestuario, vestimenta, baño, bañarse, ducha, aseo, higiene, kit de higiene, pañal, toalla sanitaria, lavar ropa, lavandería, clothes, clothing, shoes, shower, bath, hygiene, diapers, laundry',
  transport:
    'transporte, bus, autobús, pasaje, boleto, viaje, traslado, taxi, transport, ticket, ride, bus ticket',
  child_protection:
    'niño, niña, niñez, menor, menor de edad, menor no acompañado, niñez no acompañada, adolescente, adolescencia, infancia, infante, bebé, protección de niñez, child, children, minor, unaccompanied minor, unaccompanied child, teenager, baby',
  restoring_family_links:
    'búsqueda familiar, buscar familia, buscar familiar, buscar a mi familia, localizar familia, contacto familiar, desaparecido, desaparecida, persona desaparecida, llamar a casa, llamar a la familia, llamada, rcf, family tracing, find family, missing person, call home, family links',
  return_reception:
    'retorno, retornado, retornada, deportado, deportada, deportación, repatriación, repatriado, recepción de retornados, return, returnee, deported, deportation, repatriation',
  reintegration:
    'reintegración, reinserción, empleo, trabajo, buscar trabajo, capacitación, formación, curso, reintegration, job, work, employment, training',
  human_rights:
    'derechos humanos, derecho, violación de derechos, abuso, queja, denuncia, ombudsman, human rights, abuse, complaint',
  information:
    'información, orientación, pregunta, internet, wifi, cargar el teléfono, information, orientation, advice',
}

/** Institutions by what they are called for short. `was`: older names that people still use. */
export interface Acronym {
  key: string
  names: readonly string[]
  /** the name in full; it counts only in `country`, as several countries have one of that name */
  full: string
  country?: 'HN' | 'GT'
}

export const acronyms: readonly Acronym[] = [
  { key: 'renap', names: ['renap'], full: 'registro nacional de las personas', country: 'GT' },
  { key: 'rnp', names: ['rnp'], full: 'registro nacional de las personas', country: 'HN' },
  { key: 'pgn', names: ['pgn'], full: 'procuraduría general de la nación', country: 'GT' },
  { key: 'pdh', names: ['pdh'], full: 'procuraduría de los derechos humanos', country: 'GT' },
  { key: 'conadeh', names: ['conadeh'], full: 'comisionado nacional de los derechos humanos', country: 'HN' },
  {
    key: 'senaf',
    names: ['senaf', 'dinaf', 'ihnfa'],
    full: 'secretaría de niñez adolescencia y familia',
    country: 'HN',
  },
  { key: 'sbs', names: ['sbs'], full: 'secretaría de bienestar social', country: 'GT' },
  { key: 'igm', names: ['igm', 'dgm'], full: 'instituto guatemalteco de migración', country: 'GT' },
  { key: 'inm', names: ['inm'], full: 'instituto nacional de migración', country: 'HN' },
  {
    key: 'sreci',
    names: ['sreci'],
    full: 'secretaría de relaciones exteriores y cooperación internacional',
    country: 'HN',
  },
  { key: 'minex', names: ['minex'], full: 'ministerio de relaciones exteriores', country: 'GT' },
  { key: 'copeco', names: ['copeco'], full: 'comisión permanente de contingencias', country: 'HN' },
  {
    key: 'conred',
    names: ['conred'],
    full: 'coordinadora nacional para la reducción de desastres',
    country: 'GT',
  },
  { key: 'pnc', names: ['pnc'], full: 'policía nacional civil', country: 'GT' },
  {
    key: 'acnur',
    names: ['acnur', 'unhcr'],
    full: 'alto comisionado de las naciones unidas para los refugiados',
  },
  { key: 'oim', names: ['oim', 'iom'], full: 'organización internacional para las migraciones' },
  { key: 'unicef', names: ['unicef'], full: 'fondo de las naciones unidas para la infancia' },
  { key: 'msf', names: ['msf'], full: 'médicos sin fronteras' },
  { key: 'cicr', names: ['cicr', 'icrc'], full: 'comité internacional de la cruz roja' },
  { key: 'camr', names: ['camr'], full: 'centro de atención al migrante retornado', country: 'HN' },
]
