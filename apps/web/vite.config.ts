import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compression, defineAlgorithm } from 'vite-plugin-compression2'
import { VitePWA } from 'vite-plugin-pwa'
import { encryptionModule } from './scripts/encryption-module.ts'
import { leftOut } from './scripts/left-out.ts'
import { holdSizes } from './scripts/sizes.ts'
import { smallWorker } from './scripts/small-worker.ts'

const homeserver = process.env.ENLACE_HOMESERVER ?? 'http://localhost:8100'
const forward = { target: homeserver, changeOrigin: false }

/** Not kept beforehand, but when it is first used. */
const SELDOM = [
  // What makes or shows a PDF, or reads a spreadsheet: large.
  ...['pdf', 'pdf-pages', 'pdfmake', 'vfs_fonts', 'table-worker', 'import-page', 'meeting-calendar'],
  // For browsers that have none of it.
  'ed25519',
  // Shows what the node alone has.
  ...['activity-page', 'people-page', 'retention-page', 'network-page', 'institution-page'],
  ...['departures-page', 'succession-page', 'status-page', 'reports-page', 'resets-page', 'new-device-page'],
  // Large, and for few: writing materials, and the map of risks.
  ...['materials-page', 'risks-page', 'export-page'],
]

const shortcutIcon = [{ src: '/icon-192.png', sizes: '192x192', type: 'image/png' }]

export default defineConfig({
  resolve: {
    // Its entry for browsers puts all of it on `window`, and with that into the client.
    alias: [{ find: /^matrix-js-sdk$/, replacement: 'matrix-js-sdk/lib/matrix.js' }],
  },
  plugins: [
    react(),
    VitePWA({
      registerType: 'prompt',
      injectRegister: false,
      // Those of the list below are enough: the browser fetches the large icons when the page is installed.
      includeManifestIcons: false,
      manifest: {
        name: 'Enlace',
        short_name: 'Enlace',
        description: 'Mensajería segura entre instituciones de Honduras y Guatemala',
        lang: 'es',
        start_url: '/',
        display: 'standalone',
        background_color: '#f4f6f5',
        theme_color: '#0f4c5c',
        share_target: {
          action: '/compartir',
          method: 'POST',
          enctype: 'multipart/form-data',
          params: {
            title: 'title',
            text: 'text',
            url: 'url',
            files: [{ name: 'files', accept: ['image/*', 'video/*', 'audio/*', 'text/*', 'application/*'] }],
          },
        },
        shortcuts: [
          { name: 'Llamada urgente', short_name: 'Urgente', url: '/atajo/urgente', icons: shortcutIcon },
          { name: 'Nuevo caso', url: '/atajo/caso', icons: shortcutIcon },
          { name: 'Quién está de turno', short_name: 'De turno', url: '/turnos', icons: shortcutIcon },
        ],
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
      workbox: {
        importScripts: ['/share.js', '/push.js'],
        // Whoever has just signed in for the first time loses the network too: pages not seen yet open all the same.
        clientsClaim: true,
        globPatterns: ['**/*.{html,js,css,svg,png,webmanifest}'],
        globIgnores: [
          `**/{${SELDOM.join()}}-*.js`,
          // The service worker's own parts, which the browser keeps with it.
          '{share,push}.js',
          // The large icons a browser fetches itself when the page is installed.
          'icon-512.png',
          'icon-maskable-512.png',
        ],
        navigateFallback: '/index.html',
        navigateFallbackDenylist: [
          // The node's own pages to sign in.
          /^\/oauth2\//,
          // The public pages, which keep themselves.
          /^\/publico(\/|$)/,
          /^\/_matrix\//,
          /^\/_enlace\//,
          /^\/\.well-known\//,
          /^\/(healthz|readyz|metrics)/,
        ],
        runtimeCaching: [
          {
            urlPattern: new RegExp(`/assets/(?:(?:${SELDOM.join('|')})-.*\\.js|pdf\\..*\\.mjs|.*\\.wasm)$`),
            handler: 'CacheFirst',
            options: { cacheName: 'enlace-seldom', expiration: { maxEntries: 32 } },
          },
        ],
      },
    }),
    encryptionModule(),
    leftOut(),
    // Beside each file, for the node to serve as they are.
    compression({
      algorithms: [defineAlgorithm('brotliCompress'), defineAlgorithm('gzip', { level: 9 })],
      include: /\.(?:html|m?js|css|svg|webmanifest|json|wasm)$/,
      threshold: 256,
    }),
    smallWorker(),
    holdSizes(),
  ],
  build: {
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      // It does not say of itself that what nobody imports from it may stay away.
      treeshake: {
        moduleSideEffects: [{ test: /\/node_modules\/matrix-js-sdk\//, sideEffects: false }],
        // A form that nobody checks by need not be made.
        manualPureFunctions: ['z'],
      },
    },
  },
  server: { proxy: { '/_matrix': forward, '/_enlace': { ...forward, ws: true } } },
})
