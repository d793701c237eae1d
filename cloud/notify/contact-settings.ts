import { ContactKind } from '@layerwatch/shared/notify.ts'
import type { Db } from '../db/client.ts'
import { findContactSettings, findUnsealedContacts, replaceSettings } from '../db/contacts.ts'
import { isSealed, type Vault } from '../keys/vault.ts'

/*
 * What a notifier needs of a person's contact is sealed in its row: an ntfy topic, a Discord webhook, a webhook's
 * secret. A Telegram chat's id is not: nothing can be done with it without the operator's bot, and a chat is found by it.
 */

interface Desk {
  db: Db
  vault: Vault
}

/** Seals what a person's contact is to hold. */
export function sealContact(vault: Vault, personId: string, contact: { kind: ContactKind } & object): object {
  return vault.seal(contact, aboutOf(personId, contact.kind))
}

/**
 * What a person's contact holds; undefined where there is none.
 * @throws RejectedError where it was sealed with another key.
 */
export async function readContact(
  { db, vault }: Desk,
  personId: string,
  kind: ContactKind,
): Promise<unknown> {
  const sealed = await findContactSettings(db, personId, kind)
  return sealed === undefined ? undefined : vault.open(sealed, aboutOf(personId, kind))
}

/** Seals what an earlier version left open, at the start. Returns how many. */
export async function sealOldContacts({ db, vault }: Desk): Promise<number> {
  let count = 0
  for (const { id, personId, kind, settings } of await findUnsealedContacts(db)) {
    if (isSealed(settings) || typeof settings !== 'object' || settings === null) continue
    const sealed = sealContact(vault, personId, { ...settings, kind: ContactKind.parse(kind) })
    // One that was connected anew meanwhile is sealed already.
    if (await replaceSettings(db, id, { from: settings, to: sealed })) count += 1
  }
  return count
}

function aboutOf(personId: string, kind: ContactKind): string {
  return `contact ${personId} ${kind}`
}
