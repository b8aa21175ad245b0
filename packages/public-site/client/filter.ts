/** A filter over the list that the page is. Nothing of it is in the address, and nothing leaves the page. */
import { foldText } from '@enlace/directory/text'

export function offerFilter(): () => void {
  const form = document.querySelector<HTMLElement>('.filter')
  const cards = [...document.querySelectorAll<HTMLElement>('.cards > li')]
  const text = form?.querySelector<HTMLInputElement>('#filtro')
  const open = form?.querySelector<HTMLInputElement>('#abierto')
  if (!form || !text || !open || cards.length < 2) return () => {}
  const folded = cards.map((card) => {
    const group = card.closest('section')?.querySelector('h2')?.textContent ?? ''
    return foldText(`${card.textContent} ${group}`)
  })
  const hasHours = cards.some((card) => card.querySelector('.now'))
  const tick = open.closest('label')
  if (tick) tick.hidden = !hasHours
  const apply = () => {
    const asked = foldText(text.value).split(/\s+/).filter(Boolean)
    cards.forEach((card, at) => {
      const matches = asked.every((word) => folded[at]!.includes(word))
      card.hidden = !matches || (open.checked && !card.querySelector('.now[data-state="open"]'))
    })
    for (const section of document.querySelectorAll<HTMLElement>('main section'))
      section.hidden = ![...section.querySelectorAll<HTMLElement>('.cards > li')].some((card) => !card.hidden)
    const none = form.querySelector<HTMLElement>('.none')
    if (none) none.hidden = cards.some((card) => !card.hidden)
  }
  form.hidden = false
  form.addEventListener('input', apply)
  return apply
}
