/** What went wrong, told at once to whoever can't see the page; nothing where nothing did. */
export function Problem({ text }: { text: string | undefined }) {
  if (!text) return null
  return (
    <p className="wrong" role="alert">
      {text}
    </p>
  )
}
