import { createStore, type ReadableStore } from '../../lib/store.ts'
import { readAnswer, writeAnswer } from './asked-before.ts'

/** Chromium's event; other browsers have none. */
interface InstallEvent extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>
}

let event: InstallEvent | undefined
const possible = createStore(false)

/** Called once, as the page starts: the browser offers it when it likes, and Enlace when it is of use. */
export function watchInstall(): void {
  addEventListener('beforeinstallprompt', (offered) => {
    offered.preventDefault()
    event = offered as InstallEvent
    possible.set(true)
  })
  addEventListener('appinstalled', () => {
    event = undefined
    possible.set(false)
  })
}

const isInstalled = () =>
  matchMedia('(display-mode: standalone)').matches ||
  (navigator as { standalone?: boolean }).standalone === true

/** Safari of iPhone and iPad has no prompt: it is said in words. */
const isApple = () =>
  /iPhone|iPad|iPod/.test(navigator.userAgent) ||
  (navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1)

export type InstallWay = 'prompt' | 'words'

export const installPossible: ReadableStore<boolean> = possible

/** How it can be installed here and now; undefined where it is, or cannot be. */
export function installWay(): InstallWay | undefined {
  if (isInstalled()) return undefined
  if (event) return 'prompt'
  return isApple() ? 'words' : undefined
}

/** Whether to offer it unasked: not to whoever said no a short while ago, and twice in all. */
export const mayOffer = (now = Date.now()): boolean => {
  const { times, at } = readAnswer('install')
  return times < 2 && (at === undefined || now - at > 30 * 86_400_000)
}

export const notNow = (now = Date.now()): void => writeAnswer('install', now)

/** @returns whether it was taken */
export async function install(): Promise<boolean> {
  const offered = event
  event = undefined
  possible.set(false)
  if (!offered) return false
  const { outcome } = await offered.prompt()
  if (outcome === 'dismissed') notNow()
  return outcome === 'accepted'
}
