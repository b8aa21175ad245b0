import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import type { VirtuosoHandle } from 'react-virtuoso'

const NEAR_PX = 80
const GESTURE_MS = 1_200
const SCROLL_KEYS: readonly string[] = ['PageUp', 'PageDown', 'Home', 'End', 'ArrowUp', 'ArrowDown', ' ']

/**
 * Keeps the newest message in view until the person scrolls away. Rows grow after they are drawn (an urgent call is
 * answered, a picture comes, the keyboard opens): only the person's own scrolling may let go of the end.
 */
export function useStickToBottom(list: RefObject<VirtuosoHandle | null>, live: boolean) {
  const [scroller, setScroller] = useState<HTMLElement | null>(null)
  const stuck = useRef(true)
  const isLive = useRef(live)
  isLive.current = live

  const scrollerRef = useCallback(
    (element: HTMLElement | null | Window) => setScroller(element instanceof HTMLElement ? element : null),
    [],
  )
  const letGo = useCallback(() => {
    stuck.current = false
  }, [])
  const element = useRef<HTMLElement | null>(null)
  element.current = scroller
  const settle = useCallback(() => {
    if (!stuck.current || !isLive.current) return
    list.current?.scrollToIndex({ index: 'LAST', align: 'end' })
    // The list may not have measured itself again yet (a banner came, the keyboard opened).
    requestAnimationFrame(() => {
      const box = element.current
      if (box && stuck.current && isLive.current) box.scrollTop = box.scrollHeight
    })
  }, [list])

  useEffect(() => {
    if (!scroller) return
    let gesture = 0
    const onGesture = () => {
      gesture = Date.now()
    }
    const onKey = (event: KeyboardEvent) => SCROLL_KEYS.includes(event.key) && onGesture()
    const onScroll = () => {
      if (Date.now() - gesture > GESTURE_MS) return
      onGesture()
      stuck.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX
    }
    const size = new ResizeObserver(settle)
    size.observe(scroller)
    const passive = { passive: true }
    scroller.addEventListener('wheel', onGesture, passive)
    scroller.addEventListener('touchmove', onGesture, passive)
    scroller.addEventListener('pointerdown', onGesture, passive)
    scroller.addEventListener('keydown', onKey)
    scroller.addEventListener('scroll', onScroll, passive)
    return () => {
      size.disconnect()
      scroller.removeEventListener('wheel', onGesture)
      scroller.removeEventListener('touchmove', onGesture)
      scroller.removeEventListener('pointerdown', onGesture)
      scroller.removeEventListener('keydown', onKey)
      scroller.removeEventListener('scroll', onScroll)
    }
  }, [scroller, settle])

  return {
    scrollerRef,
    /** After the list's height changed. */
    settle,
    /** To the end, and stay there. */
    stick() {
      stuck.current = true
      requestAnimationFrame(settle)
    },
    letGo,
    follow: () => (stuck.current && isLive.current ? ('auto' as const) : false),
  }
}
