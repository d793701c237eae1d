-- CreateTable
CREATE TABLE "ContactCode" (
    "personId" TEXT NOT NULL,
    "codeHash" TEXT NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "ContactCode_pkey" PRIMARY KEY ("personId")
);

-- CreateIndex
CREATE UNIQUE INDEX "ContactCode_codeHash_key" ON "ContactCode"("codeHash");

-- AddForeignKey
ALTER TABLE "ContactCode" ADD CONSTRAINT "ContactCode_personId_fkey" FOREIGN KEY ("personId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;
