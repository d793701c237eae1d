-- AlterTable
ALTER TABLE "Printer" ADD COLUMN     "learned" JSONB;

-- CreateTable
CREATE TABLE "Mark" (
    "printId" UUID NOT NULL,
    "organisationId" TEXT NOT NULL,
    "printerId" UUID NOT NULL,
    "verdict" TEXT NOT NULL,
    "failedAtLayer" INTEGER,
    "ignore" JSONB NOT NULL DEFAULT '[]',
    "revision" INTEGER NOT NULL DEFAULT 1,
    "keptRevision" INTEGER NOT NULL DEFAULT 0,
    "personId" TEXT NOT NULL,
    "personName" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Mark_pkey" PRIMARY KEY ("printId")
);

-- CreateIndex
CREATE INDEX "Mark_organisationId_idx" ON "Mark"("organisationId");

-- CreateIndex
CREATE INDEX "Mark_printerId_idx" ON "Mark"("printerId");

-- AddForeignKey
ALTER TABLE "Mark" ADD CONSTRAINT "Mark_printId_fkey" FOREIGN KEY ("printId") REFERENCES "Print"("id") ON DELETE CASCADE ON UPDATE CASCADE;
