// Web Push in the service worker. The message says no more than that there is an urgent case, and its reference.
self.addEventListener('push', (event) => {
  let data = {}
  try {
    data = event.data ? event.data.json() : {}
  } catch {
    data = {}
  }
  const urgent = data.urgent !== false
  const reference = typeof data.reference === 'string' ? ` ${data.reference}` : ''
  const title =
    data.kind === 'test'
      ? 'Prueba de avisos de Enlace'
      : urgent
        ? `Caso urgente${reference}`
        : `Enlace${reference}`
  const body =
    data.kind === 'test'
      ? 'Los avisos llegan a este dispositivo.'
      : urgent
        ? 'Abra Enlace para atenderlo. · Open Enlace to answer.'
        : 'Hay novedades en un caso. · A case has news.'
  event.waitUntil(
    self.registration.showNotification(title, {
      body,
      tag: typeof data.id === 'string' ? data.id : `enlace-${data.kind}${reference}`,
      renotify: true,
      requireInteraction: urgent,
      icon: '/icon-192.png',
      badge: '/icon-192.png',
      lang: 'es',
      vibrate: urgent ? [250, 120, 250, 120, 400] : [120],
    }),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(
    self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((open) => {
      const page = open.find((one) => 'focus' in one)
      return page ? page.focus() : self.clients.openWindow('/')
    }),
  )
})
