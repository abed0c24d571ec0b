-- What is left of an account that is erased: its name beside what it said and did.

-- name: erasure_account
UPDATE account SET name = %s, name_key = %s, skeleton = NULL, external = NULL, color = 0,
    presence_hidden = 0, muted = 0
WHERE id = %lld;

-- name: erasure_author
UPDATE message SET author_name = %s WHERE author_id = %lld AND author_name <> '';

-- name: erasure_reply_author
UPDATE reply_state SET last_author = %s
WHERE last_id IN (SELECT id FROM message WHERE author_id = %lld AND author_name <> '');

-- Lists of names with a blank between ...
-- name: erasure_recipients
UPDATE message SET recipients = trim(replace(' ' || recipients || ' ', %s, %s))
WHERE id > %lld AND id < %lld AND recipients NOT LIKE %s
    AND replace(' ' || recipients || ' ', %s, '') <> ' ' || recipients || ' ';

-- ... and with a line break behind each, which the first three parameters have.
-- name: erasure_recipient_lines
UPDATE message SET recipients = substr(replace(CAST(%s AS TEXT) || recipients, %s, %s), 2)
WHERE id > %lld AND id < %lld AND recipients LIKE %s;

-- name: erasure_mentions
UPDATE message SET mentions = substr(replace(CAST(%s AS TEXT) || mentions, %s, %s), 2)
WHERE id > %lld AND id < %lld AND mentions LIKE %s;

-- name: erasure_creator
UPDATE channel SET creator_name = %s WHERE creator_id = %lld;
-- name: erasure_actor
UPDATE audit SET actor_name = %s WHERE actor_id = %lld;
-- name: erasure_target
UPDATE audit SET target = %s WHERE target_id = %lld;
-- name: erasure_reporter
UPDATE report SET reason = %s WHERE reporter_id = %lld;
-- name: erasure_closer
UPDATE report SET closing_reason = %s WHERE closer_id = %lld;
-- name: erasure_emergency
UPDATE emergency SET actor_name = %s WHERE room_id = %lld AND actor_name = %s;
-- name: erasure_network
UPDATE network SET actor_name = %s WHERE actor_name = %s;
-- name: erasure_outbox
DELETE FROM outbox WHERE account_id = %lld;
-- name: erasure_events
DELETE FROM event WHERE id > %lld AND id < %lld AND detail IS NOT NULL
    AND (account_id = %lld OR replace(detail, %s, '') <> detail);
