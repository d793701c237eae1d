import { addPushSubscription, removePushSubscription } from './api.ts'
import type { PushFacts } from './push-standing.ts'

/** The facts as this browser has them. */
export async function readPushFacts(): Promise<PushFacts> {
  const hasPush = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
  const subscription = hasPush ? await currentSubscription() : null
  return {
    isSecure: window.isSecureContext,
    hasPush,
    isApplePhone: /iPhone|iPad|iPod/.test(navigator.userAgent),
    isInstalled: matchMedia('(display-mode: standalone)').matches,
    permission: hasPush ? Notification.permission : 'default',
    isSubscribed: subscription !== null,
  }
}

/** Asks the person and the browser, then tells the cloud. Throws where one of them refuses. */
export async function subscribe(publicKey: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') return
  const registration = await navigator.serviceWorker.ready
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: decodeBase64Url(publicKey),
  })
  const { endpoint, keys } = subscription.toJSON()
  const [p256dh, auth] = [keys?.p256dh, keys?.auth]
  if (!endpoint || !p256dh || !auth) throw new Error('the browser gave an incomplete subscription')
  await addPushSubscription({ endpoint, keys: { p256dh, auth } })
}

export async function unsubscribe(): Promise<void> {
  const subscription = await currentSubscription()
  if (!subscription) return
  await removePushSubscription(subscription.endpoint)
  await subscription.unsubscribe()
}

async function currentSubscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration()
  return (await registration?.pushManager.getSubscription()) ?? null
}

function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}
