/** Whether notifications can reach this browser, and if not, the honest reason. */
export type PushStanding = 'on' | 'off' | 'denied' | 'insecure' | 'home-screen' | 'unsupported'

export type PushFacts = {
  isSecure: boolean
  hasPush: boolean
  isApplePhone: boolean
  isInstalled: boolean
  permission: 'default' | 'granted' | 'denied'
  isSubscribed: boolean
}

/** Judges the facts, the first obstacle first. */
export function pushStanding(facts: PushFacts): PushStanding {
  if (!facts.isSecure) return 'insecure'
  if (facts.isApplePhone && !facts.isInstalled) return 'home-screen'
  if (!facts.hasPush) return 'unsupported'
  if (facts.permission === 'denied') return 'denied'
  return facts.isSubscribed && facts.permission === 'granted' ? 'on' : 'off'
}
