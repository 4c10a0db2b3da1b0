-- Links to the documents of an account carry a code that is made with this secret, so that nobody can make one up.
-- 244 random bits, made by the database for accounts that are there and for those that come.
alter table accounts add column document_secret bytea not null
  default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
