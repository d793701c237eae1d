import { RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'
import nodemailer from 'nodemailer'
import { z } from 'zod'
import type { SmtpConfig } from '../config.ts'
import { actLabels, isAlarm, type Notifier, type Outgoing, type Receiver } from './notifier.ts'

const timeoutMs = 10_000

/** E-mail over SMTP. Each message has one connection of its own, so that a dead one costs nothing later. */
export function makeEmailNotifier(smtp: SmtpConfig, baseUrl: string): Notifier {
  return {
    send: async (outgoing, receiver, signal) => {
      signal.throwIfAborted()
      const transport = openTransport(smtp)
      // nodemailer can't be told to stop: we stop waiting, and its own time limits end the connection.
      const aborted = Promise.withResolvers<never>()
      const stop = () => aborted.reject(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
      const sending = transport.sendMail(composeMail(outgoing, receiver, { from: smtp.from, baseUrl }))
      try {
        await Promise.race([sending, aborted.promise])
        return 'taken by the mail server'
      } catch (error) {
        sending.catch(() => {})
        throw classify(error)
      } finally {
        signal.removeEventListener('abort', stop)
        transport.close()
      }
    },
  }
}

/**
 * Connects and logs in without sending anything.
 * @throws UnavailableError where the server can't be reached or refuses the login
 */
export async function tryMailServer(smtp: SmtpConfig): Promise<void> {
  const transport = openTransport(smtp)
  try {
    await transport.verify()
  } catch (error) {
    throw classify(error)
  } finally {
    transport.close()
  }
}

function openTransport(smtp: SmtpConfig) {
  return nodemailer.createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.security === 'tls',
    requireTLS: smtp.security === 'starttls',
    ignoreTLS: smtp.security === 'none',
    ...(smtp.user && { auth: { user: smtp.user, pass: smtp.password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** What nodemailer says of a refusal: https://nodemailer.com/errors */
const SmtpError = z.looseObject({ responseCode: z.number().optional(), code: z.string().optional() })

/** A refused login or a busy server may be mended; a refused address or message never changes. */
function classify(cause: unknown): Error {
  const error = SmtpError.safeParse(cause)
  const code = error.data?.responseCode ?? 0
  const isFinal = code >= 500 && error.data?.code !== 'EAUTH'
  if (isFinal) return new RejectedError(`the mail server refused it (${code})`, { cause })
  return new UnavailableError('the mail server can’t be reached or is busy', { cause })
}

/** The mail as nodemailer takes it: plain text, simple HTML and the picture inside. */
export function composeMail(
  { id, message, at, picture, acts = [] }: Outgoing,
  receiver: Receiver,
  { from, baseUrl }: { from: string; baseUrl: string },
) {
  const link = `${baseUrl}${message.path}`
  const settings = `${baseUrl}/you/notifications`
  // A link alone does nothing: it leads to a page that asks once more. The token is behind the hash, which no
  // server and no proxy sees.
  const links = acts.map(({ act, token }) => ({ label: actLabels[act], url: `${baseUrl}/act#${token}` }))
  const asked = links.map(({ label, url }) => `${label} (good for 15 minutes): ${url}`)
  const foot = ['--', `Layerwatch. Notifications: ${settings}`]
  const text = [
    message.title,
    '',
    message.body,
    '',
    link,
    '',
    ...asked,
    ...(asked.length > 0 ? [''] : []),
    ...foot,
  ]
  return {
    from,
    to: { name: receiver.name, address: receiver.email },
    subject: message.title,
    date: at,
    messageId: `<${id}@layerwatch>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    priority: isAlarm(message) ? ('high' as const) : ('normal' as const),
    text: `${text.join('\n')}\n`,
    html: composeHtml({ ...message, link, links, settings, hasPicture: picture !== undefined }),
    attachments: picture
      ? [{ filename: 'print.jpg', content: picture, contentType: 'image/jpeg', cid: 'print' }]
      : [],
  }
}

interface Page {
  title: string
  body: string
  link: string
  /** What the reader may do, each on a page that asks once more. */
  links: readonly { label: string; url: string }[]
  settings: string
  hasPicture: boolean
}

function composeHtml(page: Page): string {
  const font = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,sans-serif'
  const picture = page.hasPicture
    ? '<p style="margin:0 0 16px"><img src="cid:print" alt="The print as the camera saw it" style="max-width:100%;border-radius:14px"></p>'
    : ''
  const acts = page.links.map(
    ({ label, url }) =>
      `<a href="${escapeHtml(url)}" style="display:inline-block;margin:0 8px 8px 0;padding:13px 19px;border:1px solid #7F867F;color:#16201E;border-radius:14px;font-weight:600;text-decoration:none">${label}</a>`,
  )
  const actLine =
    acts.length === 0
      ? ''
      : `<p style="margin:0 0 4px">${acts.join('')}</p>
<p style="margin:0 0 20px;font-size:13px;color:#4A5552">Asks once more; good for 15 minutes.</p>`
  return `<!doctype html>
<html lang="en"><body style="margin:0;padding:20px;background:#EDEAE1;color:#16201E;${font}">
<div style="max-width:480px;margin:0 auto;padding:20px;background:#FAF8F3;border-radius:18px">
<h1 style="margin:0 0 12px;font-size:22px;line-height:27px">${escapeHtml(page.title)}</h1>
${picture}<p style="margin:0 0 20px;font-size:15px;line-height:20px;white-space:pre-line">${escapeHtml(page.body)}</p>
<p style="margin:0 0 20px"><a href="${escapeHtml(page.link)}" style="display:inline-block;padding:14px 20px;background:#16201E;color:#FAF8F3;border-radius:14px;font-weight:600;text-decoration:none">Open Layerwatch</a></p>
${actLine}
<p style="margin:0;font-size:13px;color:#4A5552">Layerwatch. <a href="${escapeHtml(page.settings)}" style="color:#4A5552">Notifications</a></p>
</div></body></html>
`
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' }
  return text.replaceAll(/[&<>"']/g, (letter) => `&${names[letter]};`)
}
