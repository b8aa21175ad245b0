/**
 * What must be right around a node before people can rely on it: looked at from outside where that is how others see it. Each
 * finding says what is wrong and what to do next. Nothing is sent to anybody, and mail only when somebody asks for a test.
 */

import { lookup } from 'node:dns/promises'
import { access, constants, readFile, stat, statfs } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import type { BilingualText } from '@enlace/directory/text'
import { parseRoot } from '@enlace/trust'
import { Agent, request } from 'undici'
import type { Config } from '../config.ts'
import { rootFaults } from '../federation/trust/root-words.ts'
import { shownCertificate } from './certificates.ts'

export type Finding = { check: string; state: 'good' | 'wrong' | 'skipped'; words: BilingualText }

const TIMEOUT_MS = 8_000
const CLOCK_MS = 30_000
const SOON_MS = 14 * 24 * 3_600_000
const LEAST_FREE = 5 * 1024 ** 3

const good = (check: string, es: string, en: string): Finding => ({ check, state: 'good', words: { es, en } })
const wrong = (check: string, es: string, en: string): Finding => ({
  check,
  state: 'wrong',
  words: { es, en },
})
const skipped = (check: string, es: string, en: string): Finding => ({
  check,
  state: 'skipped',
  words: { es, en },
})
const codeOf = (error: unknown): string => {
  const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: unknown }
  return code ?? (cause === undefined ? message : codeOf(cause))
}

export async function checkSurroundings(
  config: Config,
  options: { testMailTo?: string } = {},
): Promise<Finding[]> {
  const groups = await Promise.all([
    folders(config),
    names(config),
    certificates(config),
    ports(config),
    registry(config),
    mail(config, options.testMailTo),
  ])
  return groups.flat()
}

async function folders(config: Config): Promise<Finding[]> {
  const found: Finding[] = []
  let place = config.data_dir
  const there = await stat(place).catch(() => undefined)
  if (!there) place = dirname(place)
  try {
    await access(place, constants.R_OK | constants.W_OK | constants.X_OK)
    found.push(
      there && (there.mode & 0o077) !== 0
        ? wrong(
            'folder',
            `Otros usuarios de la máquina pueden leer ${place}, donde están las claves. Ejecute: chmod 700 ${place}`,
            `Other users of the machine can read ${place}, where the keys are. Run: chmod 700 ${place}`,
          )
        : good(
            'folder',
            `La carpeta de datos ${config.data_dir} se puede usar.`,
            `The data folder ${config.data_dir} can be used.`,
          ),
    )
  } catch (error) {
    found.push(
      wrong(
        'folder',
        `No se puede escribir en ${place} (${codeOf(error)}). Créela y désela al usuario del nodo: install -d -m 700 -o USUARIO ${config.data_dir}`,
        `${place} cannot be written to (${codeOf(error)}). Make it and give it to the node’s user: install -d -m 700 -o USER ${config.data_dir}`,
      ),
    )
  }
  const disk = await statfs(place).catch(() => undefined)
  if (disk) {
    const free = disk.bavail * disk.bsize
    const gib = Math.round((free / 1024 ** 3) * 10) / 10
    found.push(
      free < LEAST_FREE
        ? wrong(
            'disk',
            `Solo quedan ${gib} GiB libres. Un nodo necesita al menos 5 GiB: agregue disco o cambie data_dir.`,
            `Only ${gib} GiB are free. A node needs at least 5 GiB: add disk or change data_dir.`,
          )
        : good('disk', `Hay ${gib} GiB libres.`, `${gib} GiB are free.`),
    )
  }
  return found
}

const hostOf = (config: Config) => nameAndPort(config).host
function nameAndPort({ server_name }: Config): { host: string; port: number } {
  const match = /^(.*?)(?::(\d+))?$/.exec(server_name)!
  return { host: match[1]!, port: Number(match[2] ?? 8448) }
}
const isNearby = (host: string) => host === 'localhost' || host.endsWith('.localhost')

async function names(config: Config): Promise<Finding[]> {
  const hosts = new Set([hostOf(config)])
  if (config.public_base_url !== undefined) hosts.add(new URL(config.public_base_url).hostname)
  return Promise.all(
    [...hosts].map(async (host) => {
      try {
        const addresses = isNearby(host) ? [{ address: '127.0.0.1' }] : await lookup(host, { all: true })
        const list = addresses.map(({ address }) => address).join(', ')
        const own = Object.values(networkInterfaces()).flatMap((all) =>
          (all ?? []).map(({ address }) => address),
        )
        return addresses.some(({ address }) => own.includes(address))
          ? good('dns', `${host} lleva a esta máquina (${list}).`, `${host} leads to this machine (${list}).`)
          : good(
              'dns',
              `${host} existe y lleva a ${list}. Si esa no es la dirección pública de esta máquina o de su proxy, corrija el registro DNS.`,
              `${host} exists and leads to ${list}. If that is not the public address of this machine or its proxy, correct the DNS record.`,
            )
      } catch (error) {
        return wrong(
          'dns',
          `El nombre ${host} no existe en el DNS (${codeOf(error)}). Pida a quien lleva el dominio un registro A (o AAAA) con la dirección pública de esta máquina; tarda hasta una hora en verse.`,
          `The name ${host} is not in the DNS (${codeOf(error)}). Ask whoever keeps the domain for an A (or AAAA) record with this machine’s public address; it takes up to an hour to show.`,
        )
      }
    }),
  )
}

/** Where partners reach the node, and where people do. */
function placesOf(config: Config): { host: string; port: number; what: 'federation' | 'client' }[] {
  const places: ReturnType<typeof placesOf> = [
    { host: hostOf(config), port: nameAndPort(config).port, what: 'federation' },
  ]
  if (config.public_base_url?.startsWith('https:')) {
    const { hostname, port } = new URL(config.public_base_url)
    places.push({ host: hostname, port: Number(port || 443), what: 'client' })
  }
  return places
}

const addressOf = (host: string) => (isNearby(host) ? '127.0.0.1' : host)
const authorities = (config: Config) =>
  Promise.all(config.federation.trusted_ca.map((file) => readFile(file, 'utf8')))

async function certificates(config: Config): Promise<Finding[]> {
  // What is given here replaces the well-known ones: where there are none of their own, nothing is given.
  const ca =
    config.federation.trusted_ca.length > 0 ? await authorities(config).catch(() => undefined) : undefined
  return Promise.all(
    placesOf(config).map(async ({ host, port }) => {
      const place = `${host}:${port}`
      try {
        const shown = await shownCertificate(addressOf(host), port, {
          servername: host,
          ...(ca ? { ca } : {}),
        })
        const until = new Date(shown.ends_ts).toISOString().slice(0, 10)
        if (shown.ends_ts < Date.now())
          return wrong(
            'tls',
            `El certificado de ${place} venció el ${until}. Renuévelo (certbot renew, o mire el registro de Caddy).`,
            `The certificate of ${place} ended on ${until}. Renew it (certbot renew, or look at Caddy’s log).`,
          )
        if (!shown.trusted && shown.why === 'ERR_TLS_CERT_ALTNAME_INVALID')
          return wrong(
            'tls',
            `El certificado de ${place} es para ${shown.names} y no para ${host}. Pida uno con ese nombre.`,
            `The certificate of ${place} is for ${shown.names} and not for ${host}. Get one with that name.`,
          )
        if (!shown.trusted)
          return wrong(
            'tls',
            `Nadie confiará en el certificado de ${place} (${shown.why}). Falta la cadena intermedia, o lo firmó una autoridad que los demás no conocen: use fullchain.pem.`,
            `Nobody will trust the certificate of ${place} (${shown.why}). The intermediate chain is missing, or an authority others do not know signed it: use fullchain.pem.`,
          )
        if (shown.ends_ts - Date.now() < SOON_MS)
          return wrong(
            'tls',
            `El certificado de ${place} vence el ${until} y debería haberse renovado ya. Revise la renovación automática.`,
            `The certificate of ${place} ends on ${until} and should have been renewed by now. Look at the automatic renewal.`,
          )
        return good(
          'tls',
          `El certificado de ${place} vale hasta el ${until}.`,
          `The certificate of ${place} is good until ${until}.`,
        )
      } catch (error) {
        return wrong(
          'tls',
          `En ${place} nadie contesta con TLS (${codeOf(error)}). ¿Está en marcha el nodo (o el proxy)? ¿Deja pasar el cortafuegos el puerto ${port}?`,
          `Nobody answers with TLS at ${place} (${codeOf(error)}). Is the node (or the proxy) running? Does the firewall let port ${port} through?`,
        )
      }
    }),
  )
}

async function get(url: string, config: Config, servername?: string) {
  const ca = config.federation.trusted_ca.length > 0 ? await authorities(config) : undefined
  const dispatcher = new Agent({ connect: { ...(ca ? { ca } : {}), ...(servername ? { servername } : {}) } })
  try {
    const answer = await request(url, {
      dispatcher,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      ...(servername ? { headers: { host: new URL(url).host } } : {}),
    })
    return { status: answer.statusCode, date: answer.headers['date'], text: await answer.body.text() }
  } finally {
    await dispatcher.close()
  }
}

async function ports(config: Config): Promise<Finding[]> {
  return Promise.all(
    placesOf(config).map(async ({ host, port, what }) => {
      const place = `${host}:${port}`
      const path = what === 'federation' ? '/_matrix/key/v2/server' : '/_matrix/client/versions'
      try {
        const { status, text } = await get(`https://${addressOf(host)}:${port}${path}`, config, host)
        const named = what === 'client' || text.includes(`"${config.server_name}"`)
        if (status === 200 && named)
          return good(
            'port',
            `Este nodo se alcanza por su nombre en ${place}.`,
            `This node is reached by its name at ${place}.`,
          )
        return wrong(
          'port',
          `En ${place} contesta otra cosa (${status}). El proxy debe pasar ese puerto a este nodo.`,
          `Something else answers at ${place} (${status}). The proxy must pass that port to this node.`,
        )
      } catch (error) {
        return wrong(
          'port',
          `Desde aquí no se llega a ${place} (${codeOf(error)}). Inicie el nodo y repita; si está en marcha, abra el puerto ${port} en el cortafuegos y en el router.`,
          `${place} is not reached from here (${codeOf(error)}). Start the node and repeat; if it runs, open port ${port} in the firewall and the router.`,
        )
      }
    }),
  )
}

async function registry(config: Config): Promise<Finding[]> {
  const { list } = config.federation
  if (list === 'open')
    return [
      skipped(
        'registry',
        'Sin lista de la red: cualquiera puede federar. Solo para pruebas.',
        'Without a list of the network: anybody may federate. For tests only.',
      ),
    ]
  const found: Finding[] = []
  try {
    const root = parseRoot(await readFile(list.root))
    found.push(
      root.ok
        ? good('root', 'El archivo de raíz de confianza es válido.', 'The trust root file is valid.')
        : wrong(
            'root',
            `El archivo ${list.root} no sirve como raíz de confianza: ${rootFaults[root.reason]}. Pida a la coordinación el archivo otra vez, en persona.`,
            `The file ${list.root} is no trust root (${root.detail}). Ask the coordinators for it again, in person.`,
          ),
    )
  } catch (error) {
    found.push(
      wrong(
        'root',
        `No se puede leer ${list.root} (${codeOf(error)}). Es el archivo root.json que la coordinación entrega en persona: póngalo ahí.`,
        `${list.root} cannot be read (${codeOf(error)}). It is the file root.json that coordinators hand over in person: put it there.`,
      ),
    )
  }
  try {
    const { status, date } = await get(new URL('trust/metadata/timestamp.json', list.url).href, config)
    found.push(
      status === 200
        ? good(
            'registry',
            `El directorio ${new URL(list.url).host} contesta.`,
            `The registry ${new URL(list.url).host} answers.`,
          )
        : wrong(
            'registry',
            `El directorio contesta ${status}. ¿Es correcta la dirección ${list.url}?`,
            `The registry answers ${status}. Is the address ${list.url} right?`,
          ),
    )
    const theirs = Date.parse(String(date))
    if (Number.isFinite(theirs)) {
      const apart = Math.round((Date.now() - theirs) / 1000)
      found.push(
        Math.abs(apart) * 1000 > CLOCK_MS
          ? wrong(
              'time',
              `El reloj de esta máquina va ${Math.abs(apart)} s ${apart > 0 ? 'adelantado' : 'atrasado'}. Active la hora de red: timedatectl set-ntp true`,
              `This machine’s clock is ${Math.abs(apart)} s ${apart > 0 ? 'ahead' : 'behind'}. Turn on network time: timedatectl set-ntp true`,
            )
          : good('time', 'El reloj va bien.', 'The clock is right.'),
      )
    }
  } catch (error) {
    found.push(
      wrong(
        'registry',
        `No se alcanza el directorio ${list.url} (${codeOf(error)}). Revise la dirección y la salida a Internet de esta máquina.`,
        `The registry ${list.url} is not reached (${codeOf(error)}). Check the address and this machine’s way to the Internet.`,
      ),
    )
    found.push(
      skipped(
        'time',
        'La hora se compara con la del directorio: cuando se alcance.',
        'The time is compared with the registry’s: when it is reached.',
      ),
    )
  }
  return found
}

async function mail(config: Config, testMailTo: string | undefined): Promise<Finding[]> {
  const { smtp } = config.alerts
  if (!smtp)
    return [
      skipped(
        'mail',
        'Sin correo: los llamados urgentes no llegan por esa vía.',
        'No mail: urgent calls do not go out that way.',
      ),
    ]
  const { createTransport } = await import('nodemailer')
  const place = new URL(smtp.url).host
  const ca =
    config.federation.trusted_ca.length > 0 ? await authorities(config).catch(() => undefined) : undefined
  const transport = createTransport({
    url: smtp.url,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    ...(ca ? { tls: { ca } } : {}),
  })
  try {
    await transport.verify()
    if (testMailTo !== undefined)
      await transport.sendMail({
        from: smtp.from,
        to: testMailTo,
        subject: 'Enlace: prueba / test',
        text: 'Si lee esto, el correo de este servidor funciona. / If you read this, this server’s mail works.',
      })
    return [
      good(
        'mail',
        testMailTo === undefined
          ? `El servidor de correo ${place} acepta la clave.`
          : `El correo de prueba salió hacia ${testMailTo}.`,
        testMailTo === undefined
          ? `The mail server ${place} accepts the password.`
          : `The test mail went out to ${testMailTo}.`,
      ),
    ]
  } catch (error) {
    const code = codeOf(error)
    const es =
      code === 'EAUTH'
        ? 'no acepta el usuario o la clave: corríjalos en alerts.smtp.url'
        : `no contesta como debe (${code}): revise nombre, puerto y TLS (smtps:// para 465, smtp:// para 587)`
    const en =
      code === 'EAUTH'
        ? 'does not accept the user or password: correct them in alerts.smtp.url'
        : `does not answer as it should (${code}): check name, port and TLS (smtps:// for 465, smtp:// for 587)`
    return [wrong('mail', `El servidor de correo ${place} ${es}.`, `The mail server ${place} ${en}.`)]
  } finally {
    transport.close()
  }
}
