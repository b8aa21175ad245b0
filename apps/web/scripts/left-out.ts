/**
 * What the libraries carry for others and a phone would download for nothing: telephone calls of Matrix, sliding sync, widgets,
 * polls, trees of files, the crypto of before, JSON schemas. In the built client each of these modules is a few words that say
 * so when something calls them after all; `left-out.test.ts` looks that nothing of ours does.
 */
import { readFile } from 'node:fs/promises'
import type { Plugin } from 'vite'

const SDK = 'matrix-js-sdk/lib'

/** Cyrillic and Greek letters, each before the Latin one that it looks like. */
const LOOK_ALIKES = [
  'аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwАAВBЕEКKМMНHОOРPСCТTУYХXІIЈJЅS',
  'αaοoρpνvιiυuΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX',
]

/** What such a module still answers, by the name it exports, because the rest of its library asks at every start. */
type Answers = Readonly<Record<string, string>>
/** The whole module. */
type Instead = string

export const LEFT_OUT: Readonly<Record<string, Answers | Instead>> = {
  [`${SDK}/webrtc/call.js`]: { supportsMatrixCall: '() => false' },
  [`${SDK}/webrtc/callEventHandler.js`]: {},
  [`${SDK}/webrtc/groupCall.js`]: {},
  [`${SDK}/webrtc/groupCallEventHandler.js`]: {},
  [`${SDK}/webrtc/callFeed.js`]: {},
  [`${SDK}/webrtc/mediaHandler.js`]: { MediaHandler: 'class {}' },
  [`${SDK}/matrixrtc/MatrixRTCSessionManager.js`]: {
    MatrixRTCSessionManager: 'class { start() {} stop() {} }',
  },
  [`${SDK}/matrixrtc/types.js`]: {},
  [`${SDK}/rtcTransportsCachedValue.js`]: {
    createRtcTransportsCachedValue: '() => ({ start() {}, stop() {} })',
  },
  // Looked up by whoever turns `clientWellKnownPollPeriod` on; here a node serves its own client.
  [`${SDK}/wellKnownCachedValue.js`]: { createWellKnownCachedValue: '() => ({ start() {}, stop() {} })' },
  [`${SDK}/autodiscovery.js`]: {},
  [`${SDK}/sliding-sync-sdk.js`]: {},
  [`${SDK}/sliding-sync.js`]: {},
  [`${SDK}/embedded.js`]: {},
  [`${SDK}/interactive-auth.js`]: {},
  [`${SDK}/timeline-window.js`]: {},
  [`${SDK}/models/MSC3089TreeSpace.js`]: {},
  [`${SDK}/models/poll.js`]: { isPollEvent: '() => false' },
  // No device of this network has ever had the crypto of before.
  [`${SDK}/crypto/store/memory-crypto-store.js`]: {
    MemoryCryptoStore: 'class { async containsData() { return false } async deleteAllData() {} }',
  },
  [`${SDK}/crypto/store/localStorage-crypto-store.js`]: {},
  [`${SDK}/crypto/store/indexeddb-crypto-store.js`]: {},
  [`${SDK}/rust-crypto/libolm_migration.js`]: {
    migrateFromLegacyCrypto: 'async () => {}',
    migrateRoomSettingsFromLegacyCrypto: 'async () => {}',
  },
  // Tells namesakes apart in `member.name`, of which only the names of rooms without one are made: persons are shown with their
  // institution. Its 200 kB fold ten thousand signs; these are the letters that names are counterfeited with.
  'unhomoglyph/index.js': `
    const LIKE = '${LOOK_ALIKES.join('')}'
    export default (text) =>
      text.replace(/[^\\0-\\u024f]/g, (sign) => {
        const at = LIKE.indexOf(sign)
        return at < 0 ? sign : LIKE.slice(at - (at % 2) + 1, at - (at % 2) + 2)
      })`,
  // The SDK has the same two classes itself.
  'matrix-events-sdk/lib/index.js': `
    export { NamespacedValue, UnstableValue } from '${SDK}/NamespacedValue.js'
    export const M_POLL_START = { matches: () => false }
    export { gone as ExtensibleEvents }`,
  'zod/v4/core/json-schema-processors.js': {},
  'zod/v4/core/to-json-schema.js': {
    createToJSONSchemaMethod: '() => gone',
    createStandardJSONSchemaMethod: '() => gone',
  },
}

const moduleOf = (id: string): string | undefined => {
  const path = id.split('?')[0]!.split('/node_modules/').at(-1)!
  return path in LEFT_OUT ? path : undefined
}

/** Names that a module exports: what is imported from it must be there, or the build fails. */
export function exportedBy(source: string): string[] {
  const declared = source.matchAll(/^export (?:async )?(?:class|function\*?|const|let|var) (\w+)/gm)
  const listed = source.matchAll(/^export \{([^}]*)\}(?! from)/gm)
  return [
    ...[...declared].map(([, name]) => name!),
    ...[...listed].flatMap(([, names]) =>
      names!.split(',').map(
        (name) =>
          name
            .trim()
            .split(/\s+as\s+/)
            .at(-1)!,
      ),
    ),
  ].filter(Boolean)
}

export function leftOutModule(path: string, source: string): string {
  const instead = LEFT_OUT[path] ?? {}
  const gone = `function gone() { throw new Error(${JSON.stringify(`${path} is not part of this client.`)}) }`
  if (typeof instead === 'string') return `${gone}\n${instead}`
  const answers = Object.entries(instead).map(([name, value]) =>
    name === 'default' ? `export default ${value}` : `export const ${name} = ${value}`,
  )
  const rest = exportedBy(source).filter((name) => !(name in instead))
  return [gone, ...answers, `export { ${rest.map((name) => `gone as ${name}`).join(', ')} }`].join('\n')
}

export function leftOut(): Plugin {
  return {
    name: 'left-out',
    apply: 'build',
    enforce: 'pre',
    load: {
      filter: { id: /\/node_modules\/(?:matrix-js-sdk|matrix-events-sdk|unhomoglyph|zod)\// },
      async handler(id) {
        const path = moduleOf(id)
        if (!path) return undefined
        return {
          code: leftOutModule(path, await readFile(id.split('?')[0]!, 'utf8')),
          moduleSideEffects: false,
        }
      },
    },
  }
}
