/** Whether a picture is fetched before anybody asks for it: on a telephone's contract each costs somebody money. */
import { createStore } from '../../lib/store.ts'

export const downloadRules = ['wifi', 'always', 'never'] as const
export type DownloadRule = (typeof downloadRules)[number]

/** As small as a small picture of a photo: fetched wherever it does not cost much. */
const SMALL = 150 * 1024
/** Where the browser does not say what the line is. */
const FAIR = 2 * 1024 * 1024

/** What a browser says of the line; many say nothing. */
export interface Line {
  type?: string | undefined
  saveData?: boolean | undefined
  effectiveType?: string | undefined
}

/** @param size undefined: its sender did not say */
export function fetchedByItself(
  rule: DownloadRule,
  size: number | undefined,
  line: Line | undefined,
): boolean {
  if (rule === 'always') return true
  if (rule === 'never') return false
  if (line?.type === 'wifi' || line?.type === 'ethernet') return !line.saveData
  const slow = line?.saveData || line?.effectiveType === '2g' || line?.effectiveType === 'slow-2g'
  const most = slow ? SMALL / 2 : line?.type === undefined || line.type === 'unknown' ? FAIR : SMALL
  return size !== undefined && size <= most
}

const KEY = 'enlace.auto_download'
const kept = typeof localStorage === 'undefined' ? null : localStorage.getItem(KEY)

/** Of this device, for whoever signs in on it. */
export const downloadRule = createStore<DownloadRule>(downloadRules.find((rule) => rule === kept) ?? 'wifi')

export function chooseDownloadRule(rule: DownloadRule): void {
  localStorage.setItem(KEY, rule)
  downloadRule.set(rule)
}

export function lineNow(): Line | undefined {
  return typeof navigator === 'undefined'
    ? undefined
    : (navigator as unknown as { connection?: Line }).connection
}
