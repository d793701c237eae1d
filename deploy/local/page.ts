import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const web = path.join(root, 'cloud/web')
const mark = path.join(web, 'dist/.built-from')

/** Builds the phone page where its sources changed since it was last built. */
export async function ensurePage(): Promise<void> {
  const sources = hashSources()
  if (existsSync(mark) && readFileSync(mark, 'utf8') === sources) return
  const { build } = await import('vite')
  await build({ root: web, logLevel: 'warn' })
  writeFileSync(mark, sources)
}

function hashSources(): string {
  const hash = createHash('sha256')
  for (const folder of [web, path.join(root, 'shared')]) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      if (/(^|\/)(node_modules|dist|dev)\//.test(`${file}/`)) continue
      if (/\.(tsx?|css|html|svg|png|json|webmanifest)$/.test(file)) {
        hash.update(file).update(readFileSync(path.join(folder, file)))
      }
    }
  }
  return hash.digest('hex')
}
