-- One row for every browser: what one browser took says nothing of another.
ALTER TABLE "Notification" ADD COLUMN     "target" TEXT NOT NULL DEFAULT '';

DROP INDEX "Notification_eventId_personId_channel_key";

CREATE UNIQUE INDEX "Notification_eventId_personId_channel_target_key" ON "Notification"("eventId", "personId", "channel", "target");

-- What still waits goes to every browser of its person.
INSERT INTO "Notification" ("id", "organisationId", "personId", "channel", "target", "kind", "eventId",
    "incidentId", "snapshotId", "title", "body", "path", "status", "tries", "nextTryAt", "outcome", "createdAt")
SELECT gen_random_uuid(), one."organisationId", one."personId", one."channel", browser."id"::text, one."kind",
    one."eventId", one."incidentId", one."snapshotId", one."title", one."body", one."path", one."status",
    one."tries", one."nextTryAt", one."outcome", one."createdAt"
FROM "Notification" one JOIN "PushSubscription" browser ON browser."personId" = one."personId"
WHERE one."channel" = 'push' AND one."status" = 'pending' AND one."target" = '';

DELETE FROM "Notification" WHERE "channel" = 'push' AND "status" = 'pending' AND "target" = '';
