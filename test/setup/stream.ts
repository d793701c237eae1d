import { get } from 'node:http'

/** A stream of server-sent events as a browser reads it. */
export interface TestStream {
  events: { name: string; data: unknown }[]
  isEnded(): boolean
  stopReading(): void
  close(): void
}

/** Opens a stream with a session's cookie. @throws Error where the answer is none. */
export function openStream(url: string, cookie: string): Promise<TestStream> {
  return new Promise((resolve, reject) => {
    const request = get(
      url,
      { headers: { cookie, accept: 'text/event-stream' }, agent: false },
      (response) => {
        if (response.statusCode !== 200) {
          reject(new Error(`answered ${response.statusCode}`))
          return
        }
        const events: TestStream['events'] = []
        let isEnded = false
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) {
            const [, name] = /^event: (.*)$/m.exec(block) ?? []
            const [, data] = /^data: (.*)$/m.exec(block) ?? []
            if (name && data) events.push({ name, data: JSON.parse(data) })
          }
        })
        const end = () => {
          isEnded = true
        }
        response.on('close', end)
        response.on('error', end)
        resolve({
          events,
          isEnded: () => isEnded,
          stopReading: () => response.pause(),
          close: () => request.destroy(),
        })
      },
    )
    request.on('error', reject)
  })
}
