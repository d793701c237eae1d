import { defineConfig } from 'prisma/config'

/** For the Prisma command line while developing; at run time the migrations are applied by `cloud/db/migrate.ts`. */
export default defineConfig({ schema: 'schema.prisma', migrations: { path: 'migrations' } })
