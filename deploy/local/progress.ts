/** Lines of progress on a terminal: what is being done, and how long it took. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const seconds = () => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`
  const { isTTY } = process.stdout
  const ticker = setInterval(() => {
    if (isTTY) process.stdout.write(`\r  … ${name}  ${seconds()}`)
  }, 500)
  if (isTTY) process.stdout.write(`  … ${name}`)
  try {
    const result = await work()
    process.stdout.write(`${isTTY ? '\r' : ''}  ✓ ${name}  ${seconds()}\n`)
    return result
  } catch (error) {
    process.stdout.write(`${isTTY ? '\r' : ''}  ✗ ${name}  ${seconds()}\n`)
    throw error
  } finally {
    clearInterval(ticker)
  }
}
