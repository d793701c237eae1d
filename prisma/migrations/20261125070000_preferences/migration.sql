-- How a person wants to be told; without a row, as it always was.
CREATE TABLE "Preference" (
    "personId" TEXT NOT NULL,
    "timeZone" TEXT,
    "rules" JSONB NOT NULL DEFAULT '{}',
    "digestDueAt" TIMESTAMP(3),
    "digestFrom" TIMESTAMP(3),

    CONSTRAINT "Preference_pkey" PRIMARY KEY ("personId")
);

CREATE INDEX "Preference_digestDueAt_idx" ON "Preference"("digestDueAt");

ALTER TABLE "Preference" ADD CONSTRAINT "Preference_personId_fkey" FOREIGN KEY ("personId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What a notification is about, for what is told once in a while; and whether it is for a person who waits for others.
ALTER TABLE "Notification" ADD COLUMN     "printerId" UUID,
ADD COLUMN     "topic" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "ifUnanswered" BOOLEAN NOT NULL DEFAULT false;

CREATE INDEX "Notification_personId_printerId_createdAt_idx" ON "Notification"("personId", "printerId", "createdAt");
