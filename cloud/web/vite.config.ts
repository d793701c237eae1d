import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Where `npm run dev` finds the cloud; the mock cloud of this workspace sets it. */
const cloudUrl = process.env.LAYERWATCH_CLOUD_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: here('.'),
  plugins: [react()],
  server: { host: '127.0.0.1', proxy: { '/api': { target: cloudUrl } } },
  build: {
    target: 'es2022',
    outDir: here('dist'),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { main: here('index.html'), sw: here('sw.ts') },
      // The service worker's address must stay the same from build to build.
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
})
