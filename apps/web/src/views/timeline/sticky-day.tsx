import { useEffect, useRef, useState } from 'react'
import type { TimelineItem } from '../../viewmodel/timeline/types.ts'
import { day } from '../../words/format.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'

/** The day of what is at the top, while somebody looks through earlier days. The list says it by itself where a day begins. */
export function StickyDay(props: { items: readonly TimelineItem[] }) {
  const words = useWords()
  const language = useLanguage()
  const own = useRef<HTMLDivElement>(null)
  const [ts, setTs] = useState<number | undefined>(undefined)
  const { items } = props
  useEffect(() => {
    const list = own.current?.parentElement
    if (!list) return
    const look = () => {
      const top = list.getBoundingClientRect().top
      const rows = [...list.querySelectorAll<HTMLElement>('[data-item-index]')]
      const first = rows.find((row) => row.getBoundingClientRect().bottom > top + 4)
      if (!first) return setTs(undefined)
      const key = Number(first.dataset['index'])
      for (let index = Math.min(key, items.length - 1); index >= 0; index--) {
        const item = items[index]
        if (item?.kind === 'day') return setTs(index === key ? undefined : item.ts)
      }
      setTs(undefined)
    }
    // Scrolling does not bubble, and is caught on its way down.
    list.addEventListener('scroll', look, { capture: true, passive: true })
    return () => list.removeEventListener('scroll', look, { capture: true })
  }, [items])
  return (
    <div ref={own} className="sticky-day" data-shown={ts !== undefined} aria-hidden="true">
      {ts !== undefined && <span>{day(ts, language, words)}</span>}
    </div>
  )
}
