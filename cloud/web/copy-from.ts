/** The clipboard proper needs HTTPS; without it the older way copies what is selected. */
export async function copyFrom(input: HTMLInputElement | null): Promise<boolean> {
  if (!input) return false
  input.select()
  if (!navigator.clipboard) return document.execCommand('copy')
  return navigator.clipboard.writeText(input.value).then(
    () => true,
    () => document.execCommand('copy'),
  )
}
