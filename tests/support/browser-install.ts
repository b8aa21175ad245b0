/**
 * Finds Debian's Chromium, or installs it: with apt as root (or passwordless sudo), otherwise by unpacking the packages
 * into the user's cache, where no rights are needed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

type Say = (line: string) => void
const PACKAGES = ['chromium', 'fonts-liberation']

/** @returns the path of a Chromium that starts. @throws Error that says what to install by hand */
export async function ensureBrowser(say: Say): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'enlace', 'chromium')
  const unpacked = join(cache, 'chromium.sh')
  const candidates = [process.env.ENLACE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome', unpacked]
  const found = candidates.find((path) => path !== undefined && existsSync(path) && starts(path))
  if (found) return found

  const asRoot = process.getuid?.() === 0 ? [] : run('sudo', ['-n', 'true']) ? ['sudo', '-n'] : undefined
  if (asRoot) {
    say('Installing Chromium for the browser tests (apt-get install chromium) ...')
    const apt = (...args: string[]) => {
      const [command, ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
      return run(command!, rest)
    }
    apt('update')
    if (apt('install', '-y', '--no-install-recommends', ...PACKAGES) && starts('/usr/bin/chromium')) {
      return '/usr/bin/chromium'
    }
  }
  say('Unpacking Chromium into the cache of this user (no administrator rights) ...')
  await unpack(cache, unpacked)
  if (starts(unpacked)) return unpacked
  throw new Error(
    'No Chromium for the browser tests. Install the package "chromium", or set ENLACE_CHROMIUM to its path.',
  )
}

function starts(path: string): boolean {
  return spawnSync(path, ['--version'], { timeout: 60_000 }).status === 0
}

function run(command: string, args: string[], cwd?: string): boolean {
  return (
    spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000 }).status === 0
  )
}

/**
 * Downloads the packages that are not on the machine, as apt resolves them, and unpacks them side by side. A launcher
 * tells Chromium where its libraries and fonts are, since nothing of it is in the system's own places.
 */
async function unpack(cache: string, launcher: string): Promise<void> {
  const work = `${cache}.new`
  await rm(work, { recursive: true, force: true })
  for (const folder of ['lists/partial', 'archives/partial', 'debs', 'root']) {
    await mkdir(join(work, folder), { recursive: true })
  }
  const settings = [
    `Dir::State::Lists=${work}/lists`,
    `Dir::Cache=${work}`,
    'APT::Sandbox::User=',
    'Debug::NoLocking=1',
  ]
  const own = settings.flatMap((setting) => ['-o', setting])
  run('apt-get', [...own, 'update'])
  const install = ['install', '-y', '--no-install-recommends', '--print-uris', ...PACKAGES]
  const plan = spawnSync('apt-get', [...own, ...install], { encoding: 'utf8' })
  // Lines are: 'URI' NAME_VERSION_ARCHITECTURE.deb SIZE HASH. Neither a name nor a version has an underscore.
  const names = [...(plan.stdout ?? '').matchAll(/^'[^']+' ([^_\s]+)_\S+\.deb /gm)].map((match) => match[1]!)
  if (names.length > 0) run('apt-get', [...own, 'download', ...names], join(work, 'debs'))
  for (const deb of await readdir(join(work, 'debs')))
    run('dpkg', ['-x', join(work, 'debs', deb), join(work, 'root')])
  for (const folder of ['debs', 'lists', 'archives', 'pkgcache.bin', 'srcpkgcache.bin'])
    await rm(join(work, folder), { recursive: true, force: true })
  const root = join(cache, 'root')
  const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
  const libraries = ['usr/lib/chromium', ...['usr/lib', 'lib'].map((folder) => `${folder}/${multiarch}`)]
    .flatMap((folder) => [folder, `${folder}/nss`, `${folder}/pulseaudio`])
    .map((folder) => join(root, folder))
  await writeFile(
    join(work, 'fonts.conf'),
    `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n<dir>${root}/usr/share/fonts</dir>\n` +
      `<dir>/usr/share/fonts</dir>\n<cachedir>${cache}/fonts</cachedir>\n` +
      `<include ignore_missing="yes">${root}/usr/share/fontconfig/conf.avail/30-metric-aliases.conf</include>\n` +
      ['Serif', 'Sans', 'Mono']
        .map((style) => {
          const family = style === 'Sans' ? 'sans-serif' : style === 'Mono' ? 'monospace' : 'serif'
          return `<alias><family>${family}</family><prefer><family>Liberation ${style}</family></prefer></alias>\n`
        })
        .join('') +
      '</fontconfig>\n',
  )
  await writeFile(
    join(work, 'chromium.sh'),
    `#!/bin/sh\nexport LD_LIBRARY_PATH="${libraries.join(':')}"\n` +
      `export XDG_DATA_DIRS="${root}/usr/share:/usr/share"\nexport FONTCONFIG_FILE="${cache}/fonts.conf"\n` +
      `exec "${root}/usr/lib/chromium/chromium" "$@"\n`,
  )
  await chmod(join(work, 'chromium.sh'), 0o755)
  await rm(cache, { recursive: true, force: true })
  await rename(work, cache)
  if (!existsSync(launcher)) throw new Error('Chromium could not be unpacked.')
}
