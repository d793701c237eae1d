import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import path from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
}

/** As strict as the real cloud's, so that the page is tried under it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Serves a built page with its files; every other address is the page itself. */
export async function servePage(
  urlPath: string,
  response: ServerResponse,
  pageDir: string | undefined,
): Promise<void> {
  if (!pageDir) return void response.writeHead(404).end()
  const extension = path.extname(urlPath)
  const file = path.join(pageDir, extension === '' ? 'index.html' : path.normalize(urlPath))
  const content = await readFile(file).catch(() => undefined)
  if (!content) return void response.writeHead(404).end()
  const type = types[extension === '' ? '.html' : extension] ?? 'application/octet-stream'
  response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(content)
}
