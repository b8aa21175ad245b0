import { createRecent } from '../../lib/recent.ts'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import type { Player, PlayerState, Track } from './types.ts'

const RATES = [1, 1.5, 2]
/** Heard again without being fetched again. */
const KEPT = { count: 8, bytes: 24 * 1024 * 1024 }
const players = new WeakMap<Session, Player>()

/** The one of a session: what plays goes on wherever the page goes. */
export function playerOf(session: Session): Player {
  const known = players.get(session)
  if (known) return known
  const made = createPlayer(session, new Audio())
  players.set(session, made)
  return made
}

export function createPlayer(
  session: Pick<Session, 'media' | 'client' | 'ended' | 'people'>,
  audio: HTMLAudioElement,
): Player {
  const state = createStore<PlayerState>({ phase: 'idle', position: 0, duration: 0, rate: 1 })
  const change = (fields: Partial<PlayerState>) => state.update((now) => ({ ...now, ...fields }))
  const lengthOf = (track: Track) => track.durationMs / 1000
  const heard = createRecent<Blob>(KEPT)
  let turn = 0
  audio.preload = 'auto'
  let measuring = false
  audio.ontimeupdate = () => !measuring && change({ position: audio.currentTime })
  audio.onpause = () => !audio.ended && state.get().phase === 'playing' && change({ phase: 'paused' })
  audio.onplaying = () => change({ phase: 'playing' })
  audio.ondurationchange = () => Number.isFinite(audio.duration) && change({ duration: audio.duration })
  audio.onended = () => {
    if (measuring) return
    const ended = state.get().track
    const next = ended && followingNote(ended)
    if (next) void play(next, 0)
    else change({ phase: 'paused', position: 0 })
  }

  /** Of its own: the addresses that pictures share are given up while one scrolls, and this plays on. */
  async function soundOf({ source, mimetype }: Track): Promise<Blob> {
    if (source instanceof Blob) return source
    const kept = heard.get(source.url)
    if (kept) return kept
    const sound = new Blob([await session.media.plain(source)], { type: mimetype })
    heard.put(source.url, sound, sound.size)
    return sound
  }

  async function play(track: Track, from: number): Promise<void> {
    turn += 1
    const mine = turn
    const same = state.get().track?.key === track.key && audio.src !== ''
    change({ track, phase: 'loading', position: from, duration: lengthOf(track) })
    try {
      if (!same) {
        audio.pause()
        const sound = await soundOf(track)
        if (mine !== turn) return
        URL.revokeObjectURL(audio.src)
        audio.src = URL.createObjectURL(sound)
        measuring = true
        await measured(audio).finally(() => {
          measuring = false
        })
        if (mine !== turn) return
      }
      audio.currentTime = from
      audio.playbackRate = state.get().rate
      await audio.play()
      if (mine === turn) announce(track)
    } catch {
      if (mine === turn) {
        audio.removeAttribute('src')
        change({ phase: 'failed' })
      }
    }
  }

  /** The next message of the channel, if it is a voice note too. */
  function followingNote(track: Track): Track | undefined {
    const room = session.client.getRoom(track.roomId)
    const events = room?.getLiveTimeline().getEvents() ?? []
    const at = events.findIndex((event) => event.getId() === track.eventId)
    if (at < 0) return undefined
    for (const event of events.slice(at + 1)) {
      const view = viewOf(event, room)
      if (!view || view.redacted || !view.body) continue
      if (view.body.type !== 'voice' || !view.body.spoken) return undefined
      const { file, mimetype, durationMs } = view.body
      const title = session.people.person(view.sender, track.roomId).title
      return {
        key: file.url,
        eventId: view.id,
        roomId: track.roomId,
        source: file,
        mimetype,
        durationMs,
        title,
      }
    }
    return undefined
  }

  /** The lock screen and the keys of a headset: with who speaks, and nothing else of the channel. */
  function announce(track: Track): void {
    if (!('mediaSession' in navigator)) return
    navigator.mediaSession.metadata = new MediaMetadata({ title: track.title, artist: 'Enlace' })
    navigator.mediaSession.setActionHandler('play', () => void audio.play().catch(() => undefined))
    navigator.mediaSession.setActionHandler('pause', () => audio.pause())
    navigator.mediaSession.setActionHandler('stop', stop)
    navigator.mediaSession.setActionHandler('seekbackward', () => {
      audio.currentTime = Math.max(0, audio.currentTime - 10)
    })
    navigator.mediaSession.setActionHandler('seekforward', () => {
      audio.currentTime = Math.min(state.get().duration, audio.currentTime + 10)
    })
  }

  function stop(): void {
    turn += 1
    audio.pause()
    audio.removeAttribute('src')
    heard.clear()
    const { rate } = state.get()
    state.set({ phase: 'idle', position: 0, duration: 0, rate })
    if ('mediaSession' in navigator) navigator.mediaSession.metadata = null
  }
  session.ended.subscribe(stop)

  return {
    state,
    toggle(track) {
      const now = state.get()
      if (now.track?.key !== track.key) return void play(track, 0)
      if (now.phase === 'playing') audio.pause()
      else if (now.phase !== 'loading') void play(track, now.position)
    },
    seek(track, part) {
      const now = state.get()
      const at = Math.min(1, Math.max(0, part))
      if (now.track?.key !== track.key) return void play(track, at * lengthOf(track))
      const to = at * (now.duration || lengthOf(track))
      if (audio.src !== '') audio.currentTime = to
      change({ position: to })
    },
    nextRate() {
      const rate = RATES[(RATES.indexOf(state.get().rate) + 1) % RATES.length]!
      audio.playbackRate = rate
      change({ rate })
    },
    stop,
  }
}

/** What a browser recorded says how long it is only to who asks for its end; before that there are no places in it. */
async function measured(audio: HTMLAudioElement): Promise<void> {
  if (audio.readyState < HTMLMediaElement.HAVE_METADATA) await happens(audio, 'loadedmetadata')
  if (Number.isFinite(audio.duration)) return
  const known = happens(audio, 'durationchange')
  audio.currentTime = 1e7
  await known
}

/** A browser that never says so is not waited for. */
const PATIENCE_MS = 5_000

const happens = (audio: HTMLAudioElement, what: string) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    audio.addEventListener(what, done, { once: true })
    audio.addEventListener('error', done, { once: true })
  })
