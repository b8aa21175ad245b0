/** Style and script of the node's pages: files of their own, as the content security policy asks. */
export const CSS = `:root{color-scheme:light dark;--bg:#f4f6f5;--surface:#fff;--line:#6f8188;--soft:#d9e0de;--text:#16262c;--muted:#52646b;--accent:#0f5b6e;--on:#fff;--danger:#a8201a;--danger-soft:#fdecea;--warning:#7a4b00;--warning-soft:#fff3dc}
@media (prefers-color-scheme:dark){:root{--bg:#0e1719;--surface:#152123;--line:#8aa0a5;--soft:#2c3d40;--text:#e8eff0;--muted:#a3b5b9;--accent:#7fd0cf;--on:#06222a;--danger:#ff9d94;--danger-soft:#3a1917;--warning:#f3c677;--warning-soft:#33270f}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif}
header,main{max-width:27rem;margin:0 auto;padding:1rem}
header{padding-block:1.5rem .25rem}
.mark{margin:0;font-weight:700;font-size:1.15rem;color:var(--accent)}
main{background:var(--surface);border:1px solid var(--soft);border-radius:14px;padding:1.25rem}
@media (max-width:29rem){main{border-inline:0;border-radius:0}}
h1{font-size:1.4rem;line-height:1.25;margin:0 0 .75rem}
p{margin:0 0 1rem;overflow-wrap:anywhere}
form{margin:0 0 .75rem}
label{display:block;margin:0 0 1rem;font-weight:600}
input:not([type=hidden]){display:block;width:100%;min-height:44px;margin-top:.3rem;padding:.5rem .75rem;font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:9px}
button,.button{display:block;width:100%;min-height:44px;margin:0 0 .6rem;padding:.6rem 1rem;font:inherit;font-weight:600;text-align:center;text-decoration:none;color:var(--on);background:var(--accent);border:1px solid var(--accent);border-radius:9px;cursor:pointer}
.quiet{color:var(--accent);background:transparent}
button:disabled{opacity:.6}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.notice,.warn{padding:.7rem .9rem;border-radius:9px}
.notice{color:var(--danger);background:var(--danger-soft)}
.warn{color:var(--warning);background:var(--warning-soft)}
.hint,.aside{color:var(--muted);font-size:.92rem}
.aside{margin:1rem 0 0}
a{color:var(--accent)}
dl{margin:0 0 1rem}
dl div{padding:.5rem 0;border-top:1px solid var(--soft)}
dt{color:var(--muted);font-size:.92rem}
dd{margin:0;overflow-wrap:anywhere}
.code{font-family:ui-monospace,"SF Mono","DejaVu Sans Mono",monospace;letter-spacing:.12em;text-transform:uppercase}
.big{font-size:1.6rem;font-weight:700;text-align:center}
.or{text-align:center;color:var(--muted);margin:.25rem 0 .6rem}
[hidden]{display:none}
`

/** A passkey is asked for when somebody presses its button, and its answer sent as the form it stands in. */
export const JS = `'use strict'
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0))
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '')
// Where Enlace is open in this browser already, the code is looked at there: nothing more to type than the proof.
const code = document.querySelector('form[data-code]')?.dataset.code
if (code && localStorage.getItem('enlace.session') !== null) location.replace('/dispositivo/' + encodeURIComponent(code))
for (const form of document.querySelectorAll('form[data-passkey]')) {
  if (!window.PublicKeyCredential) continue
  form.hidden = false
  form.addEventListener('submit', async (event) => {
    if (form.elements.passkey.value !== '') return
    event.preventDefault()
    const button = form.querySelector('button')
    button.disabled = true
    try {
      const options = JSON.parse(form.dataset.passkey)
      const credential = await navigator.credentials.get({
        publicKey: {
          ...options,
          challenge: bytes(options.challenge),
          allowCredentials: (options.allowCredentials || []).map((one) => ({ ...one, id: bytes(one.id) })),
        },
      })
      const { response } = credential
      form.elements.passkey.value = JSON.stringify({
        id: credential.id,
        rawId: text(credential.rawId),
        type: credential.type,
        clientExtensionResults: credential.getClientExtensionResults(),
        authenticatorAttachment: credential.authenticatorAttachment || undefined,
        response: {
          clientDataJSON: text(response.clientDataJSON),
          authenticatorData: text(response.authenticatorData),
          signature: text(response.signature),
          userHandle: response.userHandle ? text(response.userHandle) : undefined,
        },
      })
      form.submit()
    } catch {
      form.querySelector('[role=alert]').hidden = false
    } finally {
      button.disabled = false
    }
  })
}
`
