import { type RefObject, useLayoutEffect, useRef } from 'react'

/** A panel that was opened with the keyboard has the focus, and whatever closes it gives it back to what opened it. */
export function usePanelFocus<E extends HTMLElement>(): { ref: RefObject<E | null>; tabIndex: -1 } {
  const ref = useRef<E>(null)
  useLayoutEffect(() => {
    const panel = ref.current
    const opener = document.activeElement
    if (opener?.matches(':focus-visible')) panel?.focus()
    return () => {
      if (!panel?.contains(document.activeElement)) return
      // On a phone what opened it is not seen before the panel is away. Another panel may have the focus by then.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus()
      })
    }
  }, [])
  return { ref, tabIndex: -1 }
}
