import { useEffect } from 'react'
import { useShell } from '../ui/hooks.ts'

/** Ctrl or Cmd and K: search, from wherever one is. */
export function SearchKey() {
  const { router } = useShell()
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      if (event.key.toLowerCase() !== 'k' || document.querySelector('dialog[open]')) return
      event.preventDefault()
      if (router.route.get().page === 'search') focusSearch()
      else router.go({ page: 'search' })
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [router])
  return null
}

function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>('.search-box input')
  field?.focus()
  field?.select()
}
