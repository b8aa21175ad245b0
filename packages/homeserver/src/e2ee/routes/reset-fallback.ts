/**
 * The page that clients show which do not know Enlace's stage (client-server API, "Fallback"): the code to compare, how it
 * stands, and the sign to the client once it is approved. It asks again by itself, without a script until it is over.
 */
import { createHash } from 'node:crypto'
import { restartCode } from '@enlace/coordination'
import { z } from 'zod'
import { clientPaths } from '../../http/client-paths.ts'
import { answered, type Route, route } from '../../http/route.ts'
import type { IdentityResetState, WhoApproves } from '../types.ts'

/** Enlace's stage: somebody of the institution says that it is the person. The client asks again until it has happened. */
export const COORDINATOR = 'org.enlace.coordinator'

const AGAIN_SECONDS = 5
const WORDS: Record<'waiting' | 'approved' | 'over' | 'unknown', { es: string; en: string }> = {
  waiting: {
    es: 'Llame a la persona que decide y léale este código. Deje esta página abierta.',
    en: 'Call the person who decides and read this code to them. Keep this page open.',
  },
  approved: { es: 'Confirmado. Vuelva a su aplicación.', en: 'Approved. Go back to your app.' },
  over: {
    es: 'No se confirmó, o pasó el plazo. Cierre esta página y hable con la coordinación de su institución.',
    en: 'It was not approved, or the time is over. Close this page and talk to your institution’s coordination.',
  },
  unknown: {
    es: 'No hay ninguna solicitud con esta dirección. Cierre esta página e inténtelo de nuevo en su aplicación.',
    en: 'There is no request at this address. Close this page and try again in your app.',
  },
}
const WHO: Record<WhoApproves, { es: string; en: string }> = {
  coordinator: {
    es: 'Decide: la coordinación de su institución.',
    en: 'Who decides: the coordination of your institution.',
  },
  operator: {
    es: 'Decide: quien administra este servidor.',
    en: 'Who decides: the operator of this server.',
  },
}
const DONE =
  'if(window.onAuthDone){window.onAuthDone()}else if(window.opener&&window.opener.postMessage){window.opener.postMessage("authDone","*")}'
const DONE_HASH = createHash('sha256').update(DONE).digest('base64')

export function standing(state: IdentityResetState | undefined): keyof typeof WORDS {
  if (state === undefined) return 'unknown'
  if (state === 'waiting') return 'waiting'
  return state === 'approved' || state === 'done' ? 'approved' : 'over'
}

function page(how: keyof typeof WORDS, code: string | undefined, by: WhoApproves | undefined): string {
  const paragraph = (text: { es: string; en: string }) =>
    `<p>${text.es}</p><p class="en" lang="en">${text.en}</p>`
  return `<!doctype html><html lang="es"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${how === 'waiting' ? `<meta http-equiv="refresh" content="${AGAIN_SECONDS}">` : ''}
<title>Enlace: empezar de nuevo</title>
<style>:root{color-scheme:light dark}body{font:1.05rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.3rem}.en{opacity:.75;font-size:.95rem}.code{font:600 1.7rem/1.4 ui-monospace,monospace;letter-spacing:.04em;
border:1px solid currentColor;border-radius:.5rem;padding:.75rem 1rem;text-align:center}.code span{display:inline-block}</style></head>
<body><h1>Empezar de nuevo con otras claves</h1><p class="en" lang="en">Starting again with new keys</p>
${code === undefined ? '' : `<p class="code"><span>${code.slice(0, 14)}</span> <span>${code.slice(15)}</span></p>`}
${by === undefined ? '' : paragraph(WHO[by])}
${paragraph(WORDS[how])}
${how === 'approved' ? `<script>${DONE}</script>` : ''}</body></html>`
}

export const resetFallbackRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths(`/auth/${COORDINATOR}/fallback/web`),
    auth: 'none',
    query: z.object({ session: z.string().max(500).optional() }),
    async handler({ ctx, query, res }) {
      const reset =
        query.session === undefined ? undefined : await ctx.identityResets.bySession(query.session)
      const how = standing(reset?.state)
      const waiting = reset && how === 'waiting'
      const code = waiting ? await restartCode(reset.userId, reset.masterKey) : undefined
      res.setHeader('Content-Type', 'text/html; charset=utf-8')
      res.setHeader(
        'Content-Security-Policy',
        `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${DONE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      )
      res.end(page(how, code, waiting ? reset.by : undefined))
      return answered
    },
  }),
]
