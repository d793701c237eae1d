/** A button as it is read again and again. */
export interface Button {
  readonly isPressed: boolean
  /** Since when it reads like this. */
  readonly sinceMs: number
  /** The press was told; or it was pressed from the beginning, which is a wire that is wrong rather than a press. */
  readonly isTold: boolean
}

/** What a button reads like at first. */
export function beginButton(isPressed: boolean, nowMs: number): Button {
  return { isPressed, sinceMs: nowMs, isTold: isPressed }
}

/** Takes one reading into account; true once for each press that has lasted. */
export function readButton(
  button: Button,
  { isPressed, nowMs, debounceMs }: { isPressed: boolean; nowMs: number; debounceMs: number },
): [Button, boolean] {
  if (isPressed !== button.isPressed) return [{ isPressed, sinceMs: nowMs, isTold: false }, false]
  const isNews = isPressed && !button.isTold && nowMs - button.sinceMs >= debounceMs
  return [isNews ? { ...button, isTold: true } : button, isNews]
}
