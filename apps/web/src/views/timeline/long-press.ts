import { type MouseEvent, type PointerEvent, type TouchEvent, useRef } from 'react'

const PRESS_MS = 450
const STILL_PX = 10

/** What a finger that rests on something opens. A mouse has its own ways; links and buttons keep theirs. */
export function useLongPress(open: (() => void) | undefined) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | undefined>(undefined)
  const byTouch = useRef(false)
  const opened = useRef(false)
  const end = () => {
    clearTimeout(press.current?.timer)
    press.current = undefined
  }
  return {
    onPointerDown(event: PointerEvent) {
      byTouch.current = event.pointerType === 'touch'
      end()
      opened.current = false
      if (!open || !byTouch.current) return
      press.current = {
        x: event.clientX,
        y: event.clientY,
        timer: setTimeout(() => {
          press.current = undefined
          opened.current = true
          open()
        }, PRESS_MS),
      }
    },
    onPointerMove(event: PointerEvent) {
      const at = press.current
      if (at && Math.hypot(event.clientX - at.x, event.clientY - at.y) > STILL_PX) end()
    },
    onPointerUp: end,
    onPointerCancel: end,
    onTouchEnd(event: TouchEvent) {
      // The finger that opened it rests where a button of it is now: lifting it is no press.
      if (opened.current && event.cancelable) event.preventDefault()
      opened.current = false
    },
    onContextMenu(event: MouseEvent) {
      // Android's own menu would lie over ours.
      if (open && byTouch.current && !(event.target as Element).closest('a')) event.preventDefault()
    },
  }
}
