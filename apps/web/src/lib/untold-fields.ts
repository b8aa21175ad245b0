/**
 * Browsers write what stands in a field into their session files, in the clear, unless the field says `autocomplete="off"`. What
 * people type here is about others, and it is to be nowhere but in what this page seals: so every field says so, wherever it comes
 * from, except where its view names what it is for (a name, an address, a code).
 */
const FIELDS = 'input:not([autocomplete]), textarea:not([autocomplete]), select:not([autocomplete])'

export function keepFieldsUntold(root: Element): void {
  const mark = (within: Element) => {
    if (within.matches(FIELDS)) within.setAttribute('autocomplete', 'off')
    for (const field of within.querySelectorAll(FIELDS)) field.setAttribute('autocomplete', 'off')
  }
  mark(root)
  // Told before the next task, so before anybody can type.
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) if (node instanceof Element) mark(node)
  }).observe(root, { childList: true, subtree: true })
}
