import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { ContactKind } from '@layerwatch/shared/notify.ts'
import { findContactSettings, replaceSettings } from '../../../../cloud/db/contacts.ts'
import { isSealed, makeVault } from '../../../../cloud/keys/vault.ts'
import { readContact, sealContact, sealOldContacts } from '../../../../cloud/notify/contact-settings.ts'
import { startTestDatabase, type TestDatabase } from '../../../setup/database.ts'
import { makeTenant } from '../../../setup/tenants.ts'

let database: TestDatabase
const vault = makeVault(randomBytes(32))
const ntfy = { kind: 'ntfy' as const, server: 'https://ntfy.sh', topic: 'printers-x7' }
const another = { ...ntfy, topic: 'another' }

before(async () => {
  database = await startTestDatabase()
})
after(() => database.close())

/** A contact as an earlier version left it. */
async function addOpen(personId: string, kind: ContactKind, settings: object): Promise<string> {
  const id = randomUUID()
  await database.db.contact.create({ data: { id, personId, kind, label: kind, settings } })
  return id
}

test('what an earlier version left open is sealed once, and still works; a chat is found by its id as before', async () => {
  const { db } = database
  const { personId } = await makeTenant(db)
  await addOpen(personId, 'ntfy', ntfy)
  await addOpen(personId, 'telegram', { kind: 'telegram', chatId: 4711 })
  assert.equal(await sealOldContacts({ db, vault }), 1)
  const stored = await findContactSettings(db, personId, 'ntfy')
  assert.ok(isSealed(stored))
  assert.doesNotMatch(JSON.stringify(stored), /printers/)
  assert.deepEqual(await readContact({ db, vault }, personId, 'ntfy'), ntfy)
  assert.deepEqual(await findContactSettings(db, personId, 'telegram'), { kind: 'telegram', chatId: 4711 })
  assert.equal(await sealOldContacts({ db, vault }), 0)
  assert.deepEqual(await findContactSettings(db, personId, 'ntfy'), stored)
})

test('a contact that was connected anew while old ones are sealed keeps what it was given', async () => {
  const { db } = database
  const { personId } = await makeTenant(db)
  const id = await addOpen(personId, 'ntfy', ntfy)
  const anew = sealContact(vault, personId, another)
  await db.contact.update({ where: { id }, data: { settings: { ...anew } } })
  const old = sealContact(vault, personId, ntfy)
  assert.equal(await replaceSettings(db, id, { from: ntfy, to: old }), false)
  assert.deepEqual(await readContact({ db, vault }, personId, 'ntfy'), another)
})

test('a row that is copied to another person opens for neither another person nor another channel', async () => {
  const { db } = database
  const [anna, ben] = [await makeTenant(db), await makeTenant(db)]
  await addOpen(ben.personId, 'ntfy', sealContact(vault, anna.personId, ntfy))
  await assert.rejects(readContact({ db, vault }, ben.personId, 'ntfy'), /connect it again/)
  assert.equal(await readContact({ db, vault }, ben.personId, 'discord'), undefined)
})
