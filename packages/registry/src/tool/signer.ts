/** Keys in a person's hands: made, opened, used when they say so; and what they signed, sent. */
import { generateTrustKey, openKey, publicKeyFile, sealKey, type TrustKey } from '@enlace/trust'
import { openRegistryKey } from '../signing.ts'
import { readJson, say, type ToolIo, writeJson } from './io.ts'
import { fingerprint, ToolError } from './words.ts'

const shortestPassphrase = 14

export interface SignerOptions {
  key?: string[] | undefined
  'data-dir'?: string | undefined
  yes?: boolean | undefined
}

export function needed(value: string | undefined, option: string): string {
  if (value !== undefined) return value
  throw new ToolError(
    `Falta --${option}. Vea la ayuda: npm run trust -- help`,
    `--${option} is missing. See the help: npm run trust -- help`,
  )
}

/** A key sealed under a passphrase that is asked for twice, and its public half to hand over. */
export async function makeKey(
  out: string,
  owner: { name: string; country?: string },
  io: ToolIo,
): Promise<number> {
  say(io, {
    es: `Se hace la llave de «${owner.name}». Elija una frase de paso de al menos ${shortestPassphrase} letras: sin ella la llave no sirve, y nadie puede recuperarla.`,
    en: `Making the key of “${owner.name}”. Choose a passphrase of at least ${shortestPassphrase} letters: without it the key is of no use, and nobody can recover it.`,
  })
  const passphrase = await io.ask(io.language === 'es' ? 'Frase de paso: ' : 'Passphrase: ', true)
  if (passphrase.length < shortestPassphrase)
    throw new ToolError(
      `La frase es muy corta: use al menos ${shortestPassphrase} letras, por ejemplo cinco palabras.`,
      `The passphrase is too short: use at least ${shortestPassphrase} letters, such as five words.`,
    )
  const again = await io.ask(io.language === 'es' ? 'Otra vez: ' : 'Once more: ', true)
  if (again !== passphrase)
    throw new ToolError(
      'Las dos frases no son iguales. Empiece de nuevo.',
      'The two passphrases differ. Begin again.',
    )
  const key = generateTrustKey()
  await writeJson(`${out}.llave.json`, sealKey(key, owner, passphrase), { secret: true })
  await writeJson(`${out}.publica.json`, publicKeyFile(key, owner.name, owner.country))
  say(io, {
    es: `Listo. Guarde ${out}.llave.json (y una copia en otro lugar cerrado). Entregue ${out}.publica.json, y diga por teléfono su huella: ${fingerprint(key.keyid)}`,
    en: `Done. Keep ${out}.llave.json (and a copy in another locked place). Hand over ${out}.publica.json, and say its fingerprint by telephone: ${fingerprint(key.keyid)}`,
  })
  return 0
}

/** What was shown is signed when a person types the word. @throws ToolError otherwise */
export async function confirmSigning({ yes }: SignerOptions, io: ToolIo): Promise<void> {
  if (yes) return
  const word = io.language === 'es' ? 'firmar' : 'sign'
  const answer = await io.ask(
    io.language === 'es'
      ? `\nEscriba «${word}» para firmar lo de arriba: `
      : `\nType “${word}” to sign the above: `,
  )
  if (answer.trim().toLowerCase() !== word) throw new ToolError('No se firmó nada.', 'Nothing was signed.')
}

export async function openSigner(
  values: SignerOptions,
  io: ToolIo,
): Promise<{ key: TrustKey; name?: string }> {
  // The registry signs once with its own key: when coordinators take over from a list it signed itself.
  if (values['data-dir']) return { key: await openRegistryKey(values['data-dir']) }
  const path = needed(values.key?.[0], 'key')
  const file = await readJson(path)
  const passphrase = await io.ask(
    io.language === 'es' ? `Frase de paso de ${path}: ` : `Passphrase of ${path}: `,
    true,
  )
  const verdict = openKey(file, passphrase)
  if (verdict.ok) return { key: verdict.key, name: verdict.owner.name }
  if (verdict.reason === 'malformed')
    throw new ToolError(`${path} no es una llave de esta herramienta.`, `${path} is no key of this tool.`)
  throw new ToolError('La frase de paso no es la de esta llave.', 'That is not the passphrase of this key.')
}

/** Hands a publication to a registry. @param path below the registry's address */
export async function send(registry: string, path: string, publication: unknown, io: ToolIo): Promise<void> {
  const url = new URL(path, registry.endsWith('/') ? registry : `${registry}/`)
  const body = JSON.stringify(publication)
  const answer = await io
    .fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    .catch(() => undefined)
  if (!answer)
    throw new ToolError(
      `El directorio ${registry} no responde. Revise la dirección y la conexión, y repita: nada se perdió.`,
      `The registry ${registry} does not answer. Check the address and the connection, and repeat: nothing is lost.`,
    )
  const said = (await answer.json().catch(() => ({}))) as {
    version?: number
    message?: { es: string; en: string }
  }
  if (!answer.ok)
    throw new ToolError(
      said.message?.es ?? `El directorio respondió ${answer.status}.`,
      said.message?.en ?? `The registry answered ${answer.status}.`,
    )
  say(io, {
    es: `Publicado: versión ${said.version}. Los nodos la toman en menos de un minuto.`,
    en: `Published: version ${said.version}. Nodes take it within a minute.`,
  })
}
