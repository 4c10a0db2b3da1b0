-- What happened to one object, newest first: pages of the dashboard ask for it.
create index events_object_id_idx on events (account_id, object_id, created_at, id);
