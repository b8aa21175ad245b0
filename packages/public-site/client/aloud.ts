/** Reads the page aloud, where the browser has a voice on the device itself: others would send the text to somebody. */
export function offerReading(language: string): void {
  const paragraph = document.querySelector<HTMLElement>('.aloud')
  const button = paragraph?.querySelector('button')
  if (!paragraph || !button || !('speechSynthesis' in globalThis)) return
  const { speechSynthesis } = globalThis
  const voiceOf = () =>
    speechSynthesis
      .getVoices()
      .find((voice) => voice.localService && voice.lang.toLowerCase().startsWith(language))
  const [start, stop] = [button.textContent, button.dataset['stop'] ?? '']
  const show = () => {
    paragraph.hidden = voiceOf() === undefined
  }
  const ended = () => {
    button.textContent = start
  }
  button.addEventListener('click', () => {
    const voice = voiceOf()
    if (speechSynthesis.speaking || !voice) {
      speechSynthesis.cancel()
      ended()
      return
    }
    const parts = [
      ...document.querySelectorAll<HTMLElement>('main :is(h1,h2,h3,p,li,dt,dd,th,td,address)'),
    ].filter(
      (part) =>
        part.checkVisibility() && part.closest('.aloud, .filter') === null && !part.querySelector('p,li,td'),
    )
    parts.forEach((part, at) => {
      const said = new SpeechSynthesisUtterance(part.textContent ?? '')
      said.voice = voice
      said.lang = voice.lang
      if (at === parts.length - 1) said.addEventListener('end', ended)
      speechSynthesis.speak(said)
    })
    button.textContent = stop
  })
  addEventListener('pagehide', () => speechSynthesis.cancel())
  speechSynthesis.addEventListener('voiceschanged', show)
  show()
}
