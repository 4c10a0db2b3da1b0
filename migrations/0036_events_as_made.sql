-- Events are listed as they were made, by their ids, which ascend by their bytes in any database; those of one type, too.
alter table events alter column id type text collate "C";
create index events_type_made_idx on events (account_id, type, id);
drop index events_type_idx;
