/**
 * What a message says of a case, for a form to begin with: the kind that is asked for and what is said of the person. Read on the
 * device that decrypted it. Only what is said plainly is taken; a person checks it before anything is sent.
 */
import { foldText, seenText } from '@enlace/directory/text'
import { readIdentityNumber } from '../people/identity-number.ts'
import { isNoName } from '../people/name-sounds.ts'
import { readPartialDate, writePartialDate } from '../time/partial-date.ts'
import type { CaseKind } from './case-kinds.ts'

/** Words by which a kind is asked for, as they are compared; the first that is found counts. */
const askedFor: readonly (readonly [RegExp, CaseKind])[] = [
  [/inscripcion tardia|inscribir(?:la|lo)? (?:de forma )?tardia|late registration/, 'late_registration'],
  [/rectifica|correccion de (?:la )?partida|correction of/, 'correction'],
  [/salvoconducto|documento de viaje|travel document/, 'travel_document'],
  [/verifica\w* (?:de |la |su )*nacionalidad|nationality/, 'nationality_verification'],
  [
    /(?:partida|certificad[oa]|certificacion|acta|fe) (?:\(partida\) )?de nacimiento|\bpartida\b|birth certificate/,
    'birth_certificate',
  ],
  [/repatriacion de (?:la |el |una? )?(?:nin|nna|adolescente|menor)|child.?s return/, 'child_return'],
]

const NAME = String.raw`(?:\p{Lu}[\p{L}\p{M}'’ʼ-]+)`
const LINK = '(?: (?:de la|de los|de las|del|de|y|la) )'
const FULL = `${NAME}(?:(?:${LINK}| )${NAME}){1,5}`
/** In small letters or capitals, while the names beside it keep to capitals. */
const anyCase = (words: string): string =>
  words.replace(/\[\p{L}+\]|\p{L}/gu, (letter) =>
    letter.startsWith('[')
      ? `${letter.slice(0, -1)}${letter.slice(1).toUpperCase()}`
      : `[${letter}${letter.toUpperCase()}]`,
  )
/** "de la niña", "nombre:", "se llama" and the like come before whom it is about. */
const WHOM = new RegExp(
  `(?:${anyCase('(?:nombre(?: completo)?|name)')} ?: ?|${anyCase(
    '(?:se llama|llamad[oa]|a (?:nombre|favor) de|named?|(?:niñ[oa]|menor|joven|adolescente|señora?|persona|hij[oa]|child)(?: de nombre| llamad[oa])?|(?:nacimiento|partida|certificate|salvoconducto|acta|tard[ií]a) (?:de|para|of|for)(?: (?:la|el) (?:niñ[oa]|menor|joven|adolescente|señora?))?)',
  )}[:,]? +)(${FULL})`,
  'u',
)
const parent = (word: string) =>
  new RegExp(`(?:${anyCase(word)})(?: ?: ?| +(?:es |se llama |is )?)(${FULL})`, 'u')
const MOTHER = parent('madre|mamá|mother')
const FATHER = parent('padre|papá|father')
const BORN =
  /(?:naci[oó]|nacid[oa]s?|nacimiento|born|dob)(?:\s+(?:el(?: d[ií]a)?|en|on|in))?\s*[:：]?\s*((?:\d{1,2}[-/.]\d{1,2}[-/.]\d{4})|(?:\d{4}-\d\d-\d\d)|(?:\d{1,2}º?(?: de)? \p{L}+(?: de| del)? \d{4})|(?:\p{L}+(?: de| del)? \d{4})|(?:\d{1,2}\/\d{4})|(?:\d{4}))(?!\d)/iu
const AGED =
  /(?:de |tiene |con |aged |unos |aproximadamente )?\b(\d{1,2}) (?:años|años de edad|years(?: old)?)\b/iu
const PLACE = new RegExp(
  `(?:${anyCase('(?:nació|nacid[oa]|born)')}[^.;\n]*? (?:en|in)|${anyCase(
    '(?:municipio(?: de nacimiento)?|lugar de nacimiento)',
  )} ?:) +(${NAME}(?:(?:${LINK}| )${NAME}){0,3})(?:, *(${NAME}(?:(?:${LINK}| )${NAME}){0,2}))?`,
  'u',
)
const NUMBER = /(?<!\d)\d{4}[ -]?\d{4,5}[ -]?\d{4,5}(?!\d)/g

export interface CaseFromText {
  kind?: CaseKind
  values: Record<string, string>
}

export function readCaseText(text: string, now: number): CaseFromText {
  const seen = seenText(text)
    .normalize('NFC')
    .replace(/[ \t]+/g, ' ')
  const values: Record<string, string> = {}
  const name = WHOM.exec(seen)?.[1]
  if (name && !isNoName(name)) Object.assign(values, partsOfName(name))
  const [mother, father] = [MOTHER.exec(seen)?.[1], FATHER.exec(seen)?.[1]]
  if (mother) values['mother_name'] = mother
  if (father) values['father_name'] = father
  const said = BORN.exec(seen)?.[1] ?? (AGED.test(seen) ? AGED.exec(seen)![0] : undefined)
  const date = said === undefined ? undefined : readPartialDate(said, now)
  if (date) values['birth_date'] = writePartialDate(date)
  const place = PLACE.exec(seen)
  if (place) {
    values['birth_municipality'] = place[1]!
    if (place[2]) values['birth_department'] = place[2]
  }
  for (const [found] of seen.matchAll(NUMBER)) {
    const read = readIdentityNumber(found, now)
    if (!read?.written) continue
    values['identity_number'] = read.written
    if (read.country) values['birth_country'] = read.country
    break
  }
  const folded = foldText(seen)
  const kind = askedFor.find(([words]) => words.test(folded))?.[1]
  return { ...(kind ? { kind } : {}), values }
}

/** Second given names that are common here: of three words, the first two are then given names. */
const second = new Set(
  'jose maria isabel elena alejandra fernanda antonio antonia alberto alfredo carlos david daniel daniela eduardo elizabeth enrique ernesto esteban francisco gabriel gabriela guadalupe javier jesus joel jorge josue juan julia lucia luis luisa manuel margarita miguel nicole noe pablo patricia pedro rafael raul ricardo roberto rosa ruben salvador sofia teresa valeria victoria yolanda alexander alexis suyapa waleska xiomara marisol yamileth michelle orlando armando augusto arturo noel isaac abigail belen celeste nohemi ines mercedes carmen ivan omar rene cesar josefina angel paola andrea milagro saul moises'.split(
    ' ',
  ),
)

/** "María José López Núñez": the last two words are surnames; of three the middle one is told by what is usual. */
function partsOfName(full: string): Record<string, string> {
  const words = full.split(' ')
  const heads: string[] = []
  // A particle goes with the name after it.
  let before = ''
  for (const word of words)
    if (/^\p{Ll}/u.test(word)) before += `${word} `
    else {
      heads.push(before + word)
      before = ''
    }
  const given =
    heads.length <= 2
      ? 1
      : heads.length === 3
        ? second.has(foldText(heads[1]!.split(' ').at(-1)!))
          ? 2
          : 1
        : heads.length - 2
  return { given_names: heads.slice(0, given).join(' '), surnames: heads.slice(given).join(' ') }
}
