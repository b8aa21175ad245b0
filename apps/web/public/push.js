// Web Push in the service worker. A message from the node says no more than that there is an urgent case and its reference, or that
// there is something to read in a channel, and how much: what the channel is called the page has left here, without people's names.
const NAMES = '/__enlace/notices.json'
const NOTICES = 'enlace-notices'

const sentences = {
  es: {
    conversation: 'Conversación',
    messages: (n) => (n === 1 ? '1 mensaje nuevo' : `${n} mensajes nuevos`),
    invitation: 'Tiene una invitación nueva',
    unread: 'Hay mensajes nuevos. Ábralo para ver si le mencionan.',
    mention: 'Le mencionaron',
    reply: 'Responder',
  },
  en: {
    conversation: 'Conversation',
    messages: (n) => (n === 1 ? '1 new message' : `${n} new messages`),
    invitation: 'You have a new invitation',
    unread: 'There are new messages. Open it to see whether you are mentioned.',
    mention: 'You were mentioned',
    reply: 'Reply',
  },
}

async function names() {
  try {
    const kept = await (await caches.open(NOTICES)).match(NAMES)
    return kept ? await kept.json() : {}
  } catch {
    return {}
  }
}

const pages = () => self.clients.matchAll({ type: 'window', includeUncontrolled: true })

/** A page that is open reads the message and tells of a mention. A push must show something: it goes as it comes. */
async function leaveToPage(words) {
  const tag = 'enlace-left-to-page'
  await self.registration.showNotification('Enlace', { body: words.messages(1), tag, silent: true })
  for (const one of await self.registration.getNotifications({ tag })) one.close()
}

/** One notice for each channel; it makes itself heard when it is new, or when somebody was mentioned. */
async function tellOfMessages(data) {
  const open = await pages()
  // Whoever looks at the page sees it there.
  if (open.some((one) => one.visibilityState === 'visible' && one.focused)) return
  const known = await names()
  const words = sentences[known.language] ?? sentences.es
  const room = typeof data.room === 'string' ? known.rooms?.[data.room] : undefined
  const tag = `room-${data.room}`
  const before = await self.registration.getNotifications({ tag })
  const isUnread = data.kind === 'unread'
  if (isUnread && open.length > 0) return leaveToPage(words)
  // What was said of it says more.
  if (isUnread && before.length > 0) return
  const n =
    Number.isInteger(data.n) && data.n > 0 ? data.n : Math.max(1, ...before.map((one) => one.data?.n ?? 1))
  const mention = data.kind === 'mention' || data.mention === true
  // Only an open page can encrypt what is answered here.
  const mayReply = 'reply' in NotificationEvent.prototype && open.length > 0 && room !== undefined
  await self.registration.showNotification(room?.label ?? (room ? words.conversation : 'Enlace'), {
    body:
      data.kind === 'invitation'
        ? words.invitation
        : isUnread
          ? words.unread
          : mention
            ? words.mention
            : words.messages(n),
    tag,
    renotify: !isUnread && (before.length === 0 || mention),
    silent: isUnread,
    icon: '/icon-192.png',
    badge: '/icon-192.png',
    lang: known.language ?? 'es',
    data: { path: room?.path ?? '/', n },
    ...(mayReply && data.kind !== 'invitation'
      ? { actions: [{ action: 'reply', type: 'text', title: words.reply }] }
      : {}),
  })
  const all = await self.registration.getNotifications()
  const total = all.reduce((sum, one) => sum + (one.data?.n ?? 0), 0)
  if (total > 0) await self.navigator.setAppBadge?.(total)
}

self.addEventListener('message', (event) => {
  if (event.data?.type === 'enlace-mention')
    event.waitUntil(tellOfMessages({ kind: 'mention', room: event.data.room }))
})

self.addEventListener('push', (event) => {
  let data = {}
  try {
    data = event.data ? event.data.json() : {}
  } catch {
    data = {}
  }
  if (data.kind === 'messages' || data.kind === 'invitation' || data.kind === 'unread') {
    event.waitUntil(tellOfMessages(data))
    return
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
  const path = event.notification.data?.path
  const open = async () => {
    const page = (await pages()).find((one) => 'focus' in one)
    if (event.action === 'reply' && event.reply && page) {
      page.postMessage({ type: 'enlace-reply', path, text: event.reply })
      return
    }
    if (!page) return self.clients.openWindow(path ?? '/')
    if (path) page.postMessage({ type: 'enlace-open', path })
    return page.focus()
  }
  event.waitUntil(open())
})
