-- Why a draft could not be finalized by itself when that was last tried, as the API tells errors. It stays a draft then.
alter table invoices add column last_finalization_error jsonb check (last_finalization_error is null or status = 'draft');
