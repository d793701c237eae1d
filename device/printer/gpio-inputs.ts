import type { Logger } from 'pino'
import { beginContact, type ContactNews, readContact } from './contact.ts'
import { beginButton, readButton } from './press.ts'

/*
 * What is read from pins, again and again: interrupts may be missing, and a turn that they miss would be lost.
 * Nothing here throws: a pin that can't be read must not end the watching.
 */

/** A pin as it is read, active-low undone; `onoff` gives one. */
export interface InputPin {
  readSync(): 0 | 1
  watch(callback: () => void): void
  unwatchAll(): void
  unexport(): void
}

const buttonEveryMs = 20
const contactEveryMs = 50

/** Reads a button until the function it gives is called. */
export function followButton(
  pin: InputPin,
  { debounceMs, onPress, log }: { debounceMs: number; onPress: () => void; log: Logger },
): () => void {
  const read = readerOf(pin, 'button', log)
  let button = beginButton(read() === true, performance.now())
  if (button.isPressed) log.warn('button is pressed from the beginning: is it wired the other way round?')
  const look = () => {
    const isPressed = read()
    if (isPressed === undefined) return
    const [next, isNews] = readButton(button, { isPressed, nowMs: performance.now(), debounceMs })
    button = next
    if (!isNews) return
    log.info('button pressed')
    onPress()
  }
  const polling = setInterval(look, buttonEveryMs)
  try {
    // An interrupt only makes the reading sooner; where there are none, polling is enough.
    pin.watch(look)
  } catch (error) {
    log.info({ err: error }, 'button has no interrupts and is polled')
    forgetWatch(pin)
  }
  return () => {
    clearInterval(polling)
    pin.unexport()
  }
}

/** Reads an alarm's contact until the function it gives is called. */
export function followContact(
  pin: InputPin,
  config: { name: string; debounceMs: number; onNews: (news: ContactNews) => void; log: Logger },
): () => void {
  const { name, debounceMs, onNews, log } = config
  const read = readerOf(pin, name, log)
  let contact = beginContact(read(), performance.now())
  const polling = setInterval(() => {
    const [next, news] = readContact(contact, { isClosed: read(), nowMs: performance.now(), debounceMs })
    contact = next
    for (const one of news) onNews(one)
  }, contactEveryMs)
  return () => {
    clearInterval(polling)
    pin.unexport()
  }
}

/** Makes the function that reads a pin; undefined where it can't be read, which is logged once. */
function readerOf(pin: InputPin, name: string, log: Logger): () => boolean | undefined {
  let isLost = false
  return () => {
    try {
      const isActive = pin.readSync() === 1
      isLost = false
      return isActive
    } catch (error) {
      if (!isLost) log.error({ pin: name, err: error }, 'a pin can not be read')
      isLost = true
      return undefined
    }
  }
}

/** After a watch that failed, onoff would fail again on letting the pin go, unless told to forget it. */
function forgetWatch(pin: InputPin): void {
  try {
    pin.unwatchAll()
  } catch {
    // Expected: it forgets first and fails then.
  }
}
