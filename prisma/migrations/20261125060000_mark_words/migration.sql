-- AlterTable
ALTER TABLE "Mark" ADD COLUMN     "words" TEXT;
