/**
 * Tells TensorFlow's library how many threads to take, and to keep its notes to itself. It has no other way
 * to be told than the environment, which it reads once, when it is loaded. From a worker thread this reaches
 * the library only where the worker shares the environment of its process (`SHARE_ENV`).
 */
export function configureTensorFlow(threads: number): void {
  process.env.TF_NUM_INTRAOP_THREADS = String(threads)
  process.env.TF_NUM_INTEROP_THREADS = '1'
  process.env.TF_CPP_MIN_LOG_LEVEL = '2'
}
