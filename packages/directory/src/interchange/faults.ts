import type { BilingualText } from '../text.ts'

/** What may be wrong in a cell: what was expected there. */
export const cellFaults = {
  required: { es: 'Esta celda no puede quedar vacía.', en: 'This cell cannot be empty.' },
  formula_error: {
    es: 'La celda tiene una fórmula con error. Escriba el valor.',
    en: 'The cell has a formula with an error. Write the value.',
  },
  formula_without_value: {
    es: 'La celda tiene una fórmula sin resultado guardado. Abra el archivo en su programa, guárdelo de nuevo, o escriba el valor.',
    en: 'The cell has a formula whose result was not saved. Open the file in its program and save it again, or write the value.',
  },
  too_long: { es: 'El texto es demasiado largo.', en: 'The text is too long.' },
  unreadable_letters: {
    es: 'Tiene letras que no se leen bien: el archivo se guardó con otra codificación. Corrija las letras.',
    en: 'Some letters cannot be read: the file was saved in another encoding. Correct the letters.',
  },
  unknown_institution: {
    es: 'Escriba el nombre de una institución que esté en el directorio. Si todavía no está, pida a la coordinación que la admita.',
    en: 'Write the name of an institution that is in the directory. If it is not there yet, ask the coordination to admit it.',
  },
  ambiguous_institution: {
    es: 'Hay varias instituciones con ese nombre. Escriba la clave de una de ellas.',
    en: 'Several institutions have that name. Write the key of one of them.',
  },
  unknown_row: {
    es: 'Ese código de fila no es de esta institución. Déjelo vacío si el servicio es nuevo.',
    en: 'That row code is not of this institution. Leave it empty if the service is new.',
  },
  which_place: {
    es: 'La institución da este servicio en varios lugares. Escriba en cuál.',
    en: 'The institution gives this service at several places. Write at which.',
  },
  twice: {
    es: 'Ese servicio en ese lugar ya está en otra fila. Deje una sola.',
    en: 'That service at that place is in another row already. Leave only one.',
  },
  disagrees: {
    es: 'Dice otra cosa que otra fila del mismo servicio, lugar o institución. Ponga lo mismo en ambas.',
    en: 'Says something else than another row of the same service, place or institution. Write the same in both.',
  },
  unknown_category: {
    es: 'Escriba una categoría de servicio: albergue, alimentación, médico, legal…',
    en: 'Write a service category: shelter, food, medical, legal…',
  },
  unclear_category: {
    es: 'Esa palabra puede ser de varias categorías. Escriba una.',
    en: 'That word may mean several categories. Write one.',
  },
  no_number: {
    es: 'Escriba un número de teléfono, con el código del país si es de otro.',
    en: 'Write a telephone number, with its country code if it is of another country.',
  },
  no_such_number: {
    es: 'No existe un número así. En Honduras y Guatemala son ocho cifras.',
    en: 'There is no such number. In Honduras and Guatemala they have eight digits.',
  },
  must_not_dial: {
    es: 'La institución es de ejemplo: use un número que no se pueda marcar, como +504 0000 0123.',
    en: 'The institution is an example: use a number that cannot be dialled, such as +504 0000 0123.',
  },
  no_extension: { es: 'La extensión son solo cifras.', en: 'An extension has digits only.' },
  not_yes_or_no: { es: 'Escriba sí o no.', en: 'Write yes or no.' },
  no_phone_for_it: {
    es: 'No hay teléfono en esta fila al que se refiera.',
    en: 'There is no telephone in this row that it could mean.',
  },
  no_hours: {
    es: 'Escriba días y horas, como «L-V 8:00-16:00» o «lunes a viernes de 8 a 4».',
    en: 'Write days and hours, such as "Mon-Fri 8:00-16:00" or "Monday to Friday 8 to 4".',
  },
  no_days: { es: 'Falta decir qué días.', en: 'It does not say which days.' },
  no_times: {
    es: 'Falta la hora de apertura o la de cierre.',
    en: 'The hour to open or to close is missing.',
  },
  no_such_time: {
    es: 'No existe esa hora. Escríbala de 0:00 a 24:00.',
    en: 'There is no such hour. Write it from 0:00 to 24:00.',
  },
  unclear_times: {
    es: 'No está claro si es de mañana o de tarde. Escriba las horas de 0 a 24, como 8:00-16:00.',
    en: 'It is not clear which half of the day is meant. Write hours from 0 to 24, such as 8:00-16:00.',
  },
  not_holidays: {
    es: 'Escriba «abre» o «cierra»: qué pasa en feriados.',
    en: 'Write "open" or "closed": what happens on public holidays.',
  },
  no_date: { es: 'Escriba una fecha, como 28/11/2026.', en: 'Write a date, such as 2026-11-28.' },
  no_such_date: {
    es: 'Esa fecha no existe. Primero el día, después el mes: 28/11/2026.',
    en: 'There is no such date. The day first, then the month: 28/11/2026; or 2026-11-28.',
  },
  future_date: { es: 'Esa fecha todavía no llega.', en: 'That date is yet to come.' },
  no_coordinate: {
    es: 'Escriba grados con decimales, como 15.7275 o -88.5942.',
    en: 'Write degrees with decimals, such as 15.7275 or -88.5942.',
  },
  off_the_earth: {
    es: 'La latitud va de -90 a 90 y la longitud de -180 a 180.',
    en: 'Latitude goes from -90 to 90, longitude from -180 to 180.',
  },
  swapped: {
    es: 'Latitud y longitud parecen cambiadas: aquí la latitud es positiva y la longitud, negativa.',
    en: 'Latitude and longitude seem to be swapped: here latitude is positive and longitude negative.',
  },
  no_minus: {
    es: 'Al oeste de Greenwich la longitud lleva un menos delante.',
    en: 'West of Greenwich longitude has a minus before it.',
  },
  one_coordinate: {
    es: 'Hacen falta las dos: latitud y longitud.',
    en: 'Both are needed: latitude and longitude.',
  },
  no_plus_code: {
    es: 'Escriba un código plus, como «PCH4+4Q Puerto Barrios» o «76CRPCH4+4Q».',
    en: 'Write a plus code, such as "PCH4+4Q Puerto Barrios" or "76CRPCH4+4Q".',
  },
  far_from_place: {
    es: 'El código plus queda a más de un kilómetro de las coordenadas.',
    en: 'The plus code is more than a kilometre from the coordinates.',
  },
  unknown_language: {
    es: 'Escriba un idioma o su código: español, inglés, q’eqchi’, garífuna…',
    en: 'Write a language or its code: Spanish, English, Q’eqchi’, Garífuna…',
  },
  unknown_country: { es: 'Escriba un país o su código: HN, GT…', en: 'Write a country or its code: HN, GT…' },
  unknown_department: {
    es: 'No es un departamento de ese país.',
    en: 'It is no department of that country.',
  },
  no_postal_code: {
    es: 'El código postal tiene cinco cifras. Déjelo vacío si no lo sabe.',
    en: 'A postal code has five digits. Leave it empty if you do not know it.',
  },
  no_age: { es: 'Escriba una edad en años, de 0 a 120.', en: 'Write an age in years, from 0 to 120.' },
  ages_swapped: {
    es: 'La edad máxima es menor que la mínima.',
    en: 'The highest age is less than the lowest.',
  },
  no_count: { es: 'Escriba un número entero.', en: 'Write a whole number.' },
  more_than_all: {
    es: 'Hay más camas libres que camas en total.',
    en: 'More beds are free than there are.',
  },
  no_total: { es: 'Escriba también las camas libres.', en: 'Write how many beds are free as well.' },
  no_cost: {
    es: 'Escriba «gratuito» o un monto con su moneda, como L 50 o Q 20.',
    en: 'Write "free" or an amount with its currency, such as L 50 or Q 20.',
  },
  unknown_choice: { es: 'No es una de las opciones.', en: 'It is not one of the choices.' },
  no_email: {
    es: 'Escriba una dirección de correo, como nombre@institucion.hn.',
    en: 'Write an e-mail address, such as name@institution.hn.',
  },
  no_website: {
    es: 'Escriba una dirección de internet, como https://institucion.gob.gt.',
    en: 'Write an internet address, such as https://institution.gob.gt.',
  },
  no_address: {
    es: 'Escriba el barrio, la calle o una referencia.',
    en: 'Write the neighbourhood, the street or a landmark.',
  },
  no_city: { es: 'Falta el municipio.', en: 'The municipality is missing.' },
} as const satisfies Record<string, BilingualText>

export type CellFaultCode = keyof typeof cellFaults

/** Why a file is not read at all, and what to do. */
export const tableRefusals = {
  empty: { es: 'El archivo está vacío.', en: 'The file is empty.' },
  too_large: {
    es: 'El archivo es demasiado grande, o crece demasiado al abrirlo. Guarde solo la hoja que quiere importar.',
    en: 'The file is too large, or grows too much when it is opened. Save only the sheet that you want to import.',
  },
  too_many_rows: {
    es: 'La hoja tiene más de 20.000 filas. Divídala en varias.',
    en: 'The sheet has more than 20,000 rows. Divide it into several.',
  },
  too_many_columns: {
    es: 'La hoja tiene más de 200 columnas. Borre las que no hacen falta.',
    en: 'The sheet has more than 200 columns. Delete those that are not needed.',
  },
  too_many_sheets: {
    es: 'El archivo tiene más de 50 hojas. Guarde solo la que quiere importar.',
    en: 'The file has more than 50 sheets. Save only the one that you want to import.',
  },
  old_excel: {
    es: 'Es un archivo antiguo de Excel (.xls) o está protegido con contraseña. Ábralo y guárdelo como .xlsx sin contraseña.',
    en: 'It is an old Excel file (.xls), or protected by a password. Open it and save it as .xlsx without a password.',
  },
  not_a_table: {
    es: 'Esto no es una tabla. Elija un archivo CSV o XLSX.',
    en: 'This is no table. Choose a CSV or XLSX file.',
  },
  broken: {
    es: 'El archivo está dañado y no se puede leer completo. Guárdelo de nuevo desde su programa.',
    en: 'The file is damaged and cannot be read whole. Save it again from its program.',
  },
} as const satisfies Record<string, BilingualText>

export type TableRefusal = keyof typeof tableRefusals
