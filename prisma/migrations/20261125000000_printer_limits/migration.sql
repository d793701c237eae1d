-- AlterTable
ALTER TABLE "Printer" ADD COLUMN     "limits" TEXT[] DEFAULT ARRAY[]::TEXT[];
