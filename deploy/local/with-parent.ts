/**
 * Preloaded into every process that `npm start` begins: when the parent is gone, even by kill -9, the IPC
 * channel closes, and the child ends as if it had been told to. So nothing is left over for the next start.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
