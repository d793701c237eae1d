-- AlterTable
ALTER TABLE "Printer" ADD COLUMN     "cameras" JSONB;
