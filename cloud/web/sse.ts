/**
 * Server-sent events over fetch. Unlike EventSource this sees the comment lines that keep a connection alive, so
 * that a connection a phone lost without noticing is told from a quiet one, and it sees a refusal's status.
 */

export type ServerEvent = { name: string; data: string }

/** Cuts a stream's text into events; keeps what is not complete yet. */
export function createEventParser(): (text: string) => ServerEvent[] {
  let rest = ''
  return (text) => {
    const blocks = (rest + text).replaceAll('\r\n', '\n').split('\n\n')
    rest = blocks.pop() ?? ''
    return blocks.map(parseBlock).filter((event) => event !== undefined)
  }
}

function parseBlock(block: string): ServerEvent | undefined {
  let name = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const [field, value] = splitField(line)
    if (field === 'event') name = value
    if (field === 'data') data.push(value)
  }
  return data.length === 0 ? undefined : { name, data: data.join('\n') }
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

export type StreamEnd = 'refused' | 'unauthorised' | 'lost'

export type StreamHandlers = {
  /** The cloud accepted the request. */
  opened: () => void
  /** Something arrived, be it a comment: the connection lives. */
  heard: () => void
  event: (event: ServerEvent) => void
}

/**
 * Reads one stream until it ends, and says how. Longer silence than `silenceMs` counts as lost. Never throws.
 */
export async function readStream(
  url: string,
  handlers: StreamHandlers,
  options: { signal: AbortSignal; silenceMs: number },
): Promise<StreamEnd> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), options.silenceMs)
  const hear = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), options.silenceMs)
    handlers.heard()
  }
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream' },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.any([options.signal, silence.signal]),
    })
    if (response.status === 401) return 'unauthorised'
    if (!response.ok || !response.body) return response.status < 500 ? 'refused' : 'lost'
    handlers.opened()
    const parse = createEventParser()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      hear()
      for (const event of parse(chunk.value)) handlers.event(event)
    }
    return 'lost'
  } catch {
    return 'lost'
  } finally {
    clearTimeout(timer)
  }
}
