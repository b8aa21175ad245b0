/** How long a browser may take to begin with the download. */
const KEPT_MS = 30_000

/** Hands a file to the person, as a download: nothing is ever opened in the page. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  saveUrl(url, name)
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
}

export function saveUrl(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}
