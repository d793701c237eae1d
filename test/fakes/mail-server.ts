import { SMTPServer } from 'smtp-server'

/** A mail server as RFC 5321 has it, by the package smtp-server: https://nodemailer.com/extras/smtp-server */
export interface FakeMailServer {
  port: number
  received: { to: string[]; text: string }[]
  /** Answers the message with this code from now on; `silent` never answers. */
  answer: number | 'silent'
  close(): Promise<void>
}

/** @param login what a sender must log in with; none is asked for without. */
export async function startMailServer(login?: { user: string; password: string }): Promise<FakeMailServer> {
  const state: Pick<FakeMailServer, 'received' | 'answer'> = { received: [], answer: 250 }
  const server = new SMTPServer({
    authOptional: !login,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) => {
      if (username === login?.user && password === login?.password) done(null, { user: username })
      else done(new Error('wrong login'))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { answer } = state
        if (answer === 'silent') return
        if (answer >= 400) {
          done(Object.assign(new Error('refused'), { responseCode: answer }))
          return
        }
        const to = session.envelope.rcptTo.map((address) => address.address)
        state.received.push({ to, text: Buffer.concat(chunks).toString() })
        done()
      })
    },
  })
  server.on('error', () => {})
  const port = await new Promise<number>((resolve) => {
    const listener = server.listen(0, '127.0.0.1', () => {
      const address = listener.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  return Object.assign(state, {
    port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  })
}
