CREATE TABLE public.accounts (
    id text NOT NULL,
    name text NOT NULL,
    livemode boolean NOT NULL,
    country text NOT NULL,
    default_currency text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    cache_epoch bigint DEFAULT 0 NOT NULL,
    document_secret bytea DEFAULT (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) NOT NULL
);

CREATE TABLE public.api_keys (
    id text NOT NULL,
    account_id text NOT NULL,
    name text,
    secret_hash bytea NOT NULL,
    redacted text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

CREATE TABLE public.archived_event_months (
    month_at timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    cancelled_count bigint NOT NULL,
    archived_at timestamp with time zone NOT NULL,
    dropped_at timestamp with time zone
);

CREATE TABLE public.billing_settings (
    account_id text NOT NULL,
    draft_hours integer DEFAULT 1 NOT NULL,
    late_usage text DEFAULT 'drop'::text NOT NULL,
    retry_days integer[] DEFAULT '{3,5,6,7}'::integer[] NOT NULL,
    after_retries text DEFAULT 'past_due'::text NOT NULL,
    overdue_days integer,
    after_overdue text DEFAULT 'past_due'::text NOT NULL,
    upcoming_days integer,
    invoice_after_retries text DEFAULT 'open'::text NOT NULL,
    CONSTRAINT billing_settings_after_overdue_check CHECK ((after_overdue = ANY (ARRAY['cancel'::text, 'past_due'::text, 'unpaid'::text]))),
    CONSTRAINT billing_settings_after_retries_check CHECK ((after_retries = ANY (ARRAY['cancel'::text, 'past_due'::text, 'unpaid'::text]))),
    CONSTRAINT billing_settings_draft_hours_check CHECK (((draft_hours >= 1) AND (draft_hours <= 72))),
    CONSTRAINT billing_settings_invoice_after_retries_check CHECK ((invoice_after_retries = ANY (ARRAY['open'::text, 'uncollectible'::text]))),
    CONSTRAINT billing_settings_late_usage_check CHECK ((late_usage = ANY (ARRAY['drop'::text, 'next_invoice'::text]))),
    CONSTRAINT billing_settings_overdue_days_check CHECK ((overdue_days > 0)),
    CONSTRAINT billing_settings_retry_days_check CHECK ((cardinality(retry_days) <= 8)),
    CONSTRAINT billing_settings_upcoming_days_check CHECK (((upcoming_days >= 1) AND (upcoming_days <= 45)))
);

CREATE TABLE public.charges (
    account_id text NOT NULL,
    id text NOT NULL,
    payment_intent_id text NOT NULL,
    payment_method_id text NOT NULL,
    attempt_id text NOT NULL,
    customer_id text,
    amount bigint NOT NULL,
    amount_refunded bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    failure_code text,
    failure_message text,
    outcome jsonb NOT NULL,
    payment_method_type text NOT NULL,
    payment_method_details jsonb NOT NULL,
    billing_details jsonb NOT NULL,
    description text,
    receipt_email text,
    shipping jsonb,
    statement_descriptor text,
    statement_descriptor_suffix text,
    calculated_statement_descriptor text NOT NULL,
    user_report text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT charges_amount_check CHECK ((amount > 0)),
    CONSTRAINT charges_check CHECK (((amount_refunded >= 0) AND (amount_refunded <= amount))),
    CONSTRAINT charges_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text]))),
    CONSTRAINT charges_user_report_check CHECK ((user_report = ANY (ARRAY['fraudulent'::text, 'safe'::text])))
);

CREATE TABLE public.coupons (
    account_id text NOT NULL,
    key bigint NOT NULL,
    id text NOT NULL,
    name text,
    percent_off numeric,
    amount_off bigint,
    currency text,
    currency_options jsonb NOT NULL,
    product_ids text[],
    duration text NOT NULL,
    duration_in_months integer,
    max_redemptions bigint,
    redeem_by_at timestamp with time zone,
    times_redeemed bigint DEFAULT 0 NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT coupons_amount_off_check CHECK ((amount_off > 0)),
    CONSTRAINT coupons_check CHECK (((percent_off IS NULL) <> (amount_off IS NULL))),
    CONSTRAINT coupons_check1 CHECK (((amount_off IS NULL) = (currency IS NULL))),
    CONSTRAINT coupons_check2 CHECK (((duration = 'repeating'::text) = (duration_in_months IS NOT NULL))),
    CONSTRAINT coupons_check3 CHECK (((times_redeemed >= 0) AND (times_redeemed <= COALESCE(max_redemptions, times_redeemed)))),
    CONSTRAINT coupons_duration_check CHECK ((duration = ANY (ARRAY['forever'::text, 'once'::text, 'repeating'::text]))),
    CONSTRAINT coupons_duration_in_months_check CHECK ((duration_in_months > 0)),
    CONSTRAINT coupons_max_redemptions_check CHECK ((max_redemptions > 0)),
    CONSTRAINT coupons_percent_off_check CHECK (((percent_off > (0)::numeric) AND (percent_off <= (100)::numeric)))
);

ALTER TABLE public.coupons ALTER COLUMN key ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.coupons_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.credit_note_lines (
    account_id text NOT NULL,
    id text NOT NULL,
    credit_note_id text NOT NULL,
    "position" integer NOT NULL,
    invoice_line_id text,
    description text,
    amount bigint NOT NULL,
    quantity bigint,
    unit_amount numeric,
    discounts jsonb NOT NULL,
    taxes jsonb NOT NULL,
    metadata jsonb NOT NULL,
    amount_excluding_tax bigint NOT NULL,
    CONSTRAINT credit_note_lines_quantity_check CHECK ((quantity > 0))
);

CREATE TABLE public.credit_note_refunds (
    account_id text NOT NULL,
    credit_note_id text NOT NULL,
    refund_id text NOT NULL,
    "position" integer NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT credit_note_refunds_amount_check CHECK ((amount > 0))
);

CREATE TABLE public.credit_notes (
    account_id text NOT NULL,
    id text NOT NULL,
    invoice_id text NOT NULL,
    customer_id text NOT NULL,
    sequence integer NOT NULL,
    number text NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    reason text,
    memo text,
    subtotal bigint NOT NULL,
    total bigint NOT NULL,
    pre_payment_amount bigint NOT NULL,
    post_payment_amount bigint NOT NULL,
    credit_amount bigint NOT NULL,
    out_of_band_amount bigint,
    balance_transaction_id text,
    effective_at timestamp with time zone,
    voided_at timestamp with time zone,
    metadata jsonb NOT NULL,
    test_clock_id text,
    created_at timestamp with time zone NOT NULL,
    subtotal_excluding_tax bigint NOT NULL,
    total_excluding_tax bigint NOT NULL,
    CONSTRAINT credit_notes_check CHECK (((voided_at IS NOT NULL) = (status = 'void'::text))),
    CONSTRAINT credit_notes_check1 CHECK (((pre_payment_amount + post_payment_amount) = total)),
    CONSTRAINT credit_notes_check2 CHECK (((balance_transaction_id IS NOT NULL) = (credit_amount > 0))),
    CONSTRAINT credit_notes_check3 CHECK (((status = 'issued'::text) OR (post_payment_amount = 0))),
    CONSTRAINT credit_notes_credit_amount_check CHECK ((credit_amount >= 0)),
    CONSTRAINT credit_notes_out_of_band_amount_check CHECK ((out_of_band_amount >= 0)),
    CONSTRAINT credit_notes_post_payment_amount_check CHECK ((post_payment_amount >= 0)),
    CONSTRAINT credit_notes_pre_payment_amount_check CHECK ((pre_payment_amount >= 0)),
    CONSTRAINT credit_notes_reason_check CHECK ((reason = ANY (ARRAY['duplicate'::text, 'fraudulent'::text, 'order_change'::text, 'product_unsatisfactory'::text]))),
    CONSTRAINT credit_notes_sequence_check CHECK ((sequence > 0)),
    CONSTRAINT credit_notes_status_check CHECK ((status = ANY (ARRAY['issued'::text, 'void'::text]))),
    CONSTRAINT credit_notes_total_check CHECK ((total > 0))
);

CREATE TABLE public.customer_balance_transactions (
    account_id text NOT NULL,
    id text NOT NULL,
    customer_id text NOT NULL,
    amount bigint NOT NULL,
    ending_balance bigint NOT NULL,
    currency text NOT NULL,
    type text NOT NULL,
    description text,
    invoice_id text,
    credit_note_id text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT customer_balance_transactions_type_check CHECK ((type = ANY (ARRAY['adjustment'::text, 'applied_to_invoice'::text, 'credit_note'::text, 'initial'::text, 'invoice_overpaid'::text, 'invoice_too_large'::text, 'invoice_too_small'::text, 'unapplied_from_invoice'::text])))
);

CREATE TABLE public.customer_invoice_prefixes (
    account_id text NOT NULL,
    prefix text NOT NULL,
    customer_id text
);

CREATE TABLE public.customers (
    account_id text NOT NULL,
    id text NOT NULL,
    name text,
    email text,
    description text,
    phone text,
    business_name text,
    individual_name text,
    address jsonb,
    shipping jsonb,
    tax_exempt text NOT NULL,
    preferred_locales text[] NOT NULL,
    invoice_prefix text NOT NULL,
    next_invoice_sequence bigint NOT NULL,
    invoice_footer text,
    invoice_custom_fields jsonb,
    currency text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    balance bigint DEFAULT 0 NOT NULL,
    default_payment_method_id text,
    test_clock_id text,
    delinquent boolean DEFAULT false NOT NULL,
    CONSTRAINT customers_balance_check CHECK (((balance = 0) OR (currency IS NOT NULL))),
    CONSTRAINT customers_next_invoice_sequence_check CHECK ((next_invoice_sequence > 0)),
    CONSTRAINT customers_tax_exempt_check CHECK ((tax_exempt = ANY (ARRAY['none'::text, 'exempt'::text, 'reverse'::text])))
);

CREATE TABLE public.dashboard_sessions (
    token_hash bytea NOT NULL,
    user_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.discounts (
    account_id text NOT NULL,
    id text NOT NULL,
    coupon_key bigint NOT NULL,
    promotion_code_id text,
    customer_id text NOT NULL,
    invoice_id text,
    start_at timestamp with time zone NOT NULL,
    end_at timestamp with time zone,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    subscription_id text,
    subscription_item_id text,
    invoice_item_id text,
    CONSTRAINT discounts_target_check CHECK ((num_nonnulls(invoice_id, subscription_id, subscription_item_id, invoice_item_id) = 1))
);

CREATE TABLE public.due_work (
    account_id text NOT NULL,
    object_id text NOT NULL,
    kind text NOT NULL,
    customer_id text NOT NULL,
    test_clock_id text,
    due_at timestamp with time zone NOT NULL,
    rank smallint NOT NULL,
    attempt_at timestamp with time zone NOT NULL,
    failure_count integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.events (
    account_id text NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL,
    object_id text NOT NULL,
    data json NOT NULL,
    api_version text NOT NULL,
    request_id text,
    idempotency_key text,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.idempotency_keys (
    account_id text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    body text NOT NULL,
    request_id text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.invoice_items (
    account_id text NOT NULL,
    id text NOT NULL,
    customer_id text NOT NULL,
    invoice_id text,
    subscription_id text,
    price_id text,
    product_id text,
    currency text NOT NULL,
    description text,
    amount bigint NOT NULL,
    quantity numeric NOT NULL,
    unit_amount numeric NOT NULL,
    period_start_at timestamp with time zone NOT NULL,
    period_end_at timestamp with time zone NOT NULL,
    discountable boolean NOT NULL,
    was_pending boolean NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    tax_rate_ids text[] DEFAULT '{}'::text[] NOT NULL,
    discounts jsonb DEFAULT '[]'::jsonb NOT NULL,
    subscription_item_id text,
    proration boolean DEFAULT false NOT NULL,
    credited_items jsonb,
    prorated_of jsonb,
    billed_so_far numeric,
    CONSTRAINT invoice_items_billed_so_far_check CHECK ((billed_so_far >= (0)::numeric)),
    CONSTRAINT invoice_items_check CHECK ((period_end_at >= period_start_at)),
    CONSTRAINT invoice_items_check1 CHECK (((price_id IS NULL) = (product_id IS NULL))),
    CONSTRAINT invoice_items_check2 CHECK (((invoice_id IS NOT NULL) OR was_pending)),
    CONSTRAINT invoice_items_quantity_check CHECK ((quantity >= (0)::numeric))
);

CREATE TABLE public.invoice_lines (
    account_id text NOT NULL,
    id text NOT NULL,
    invoice_id text NOT NULL,
    "position" integer NOT NULL,
    subscription_id text,
    subscription_item_id text,
    price_id text,
    product_id text,
    description text,
    amount bigint NOT NULL,
    quantity numeric NOT NULL,
    unit_amount numeric NOT NULL,
    period_start_at timestamp with time zone NOT NULL,
    period_end_at timestamp with time zone NOT NULL,
    metadata jsonb,
    invoice_item_id text,
    discountable boolean DEFAULT true NOT NULL,
    discounts jsonb DEFAULT '[]'::jsonb NOT NULL,
    tax_rates jsonb DEFAULT '[]'::jsonb NOT NULL,
    taxes jsonb DEFAULT '[]'::jsonb NOT NULL,
    amount_excluding_tax bigint NOT NULL,
    proration boolean DEFAULT false NOT NULL,
    credited_items jsonb,
    billed_before numeric,
    prorated_of jsonb,
    free_trial text,
    whole_period_start_at timestamp with time zone,
    whole_period_end_at timestamp with time zone,
    billed_so_far numeric,
    CONSTRAINT invoice_lines_billed_before_check CHECK (((billed_before IS NULL) OR ((billed_before >= (0)::numeric) AND (subscription_item_id IS NOT NULL)))),
    CONSTRAINT invoice_lines_billed_so_far_check CHECK ((billed_so_far >= (0)::numeric)),
    CONSTRAINT invoice_lines_free_trial_check CHECK ((free_trial = ANY (ARRAY['classic'::text, 'flexible'::text]))),
    CONSTRAINT invoice_lines_source_check CHECK (((subscription_item_id IS NOT NULL) OR (invoice_item_id IS NOT NULL))),
    CONSTRAINT invoice_lines_whole_period_check CHECK ((((whole_period_start_at IS NULL) = (whole_period_end_at IS NULL)) AND (whole_period_start_at < whole_period_end_at)))
);

CREATE TABLE public.invoice_payments (
    account_id text NOT NULL,
    id text NOT NULL,
    invoice_id text NOT NULL,
    payment_intent_id text NOT NULL,
    amount_requested bigint NOT NULL,
    amount_paid bigint,
    currency text NOT NULL,
    is_default boolean NOT NULL,
    status text NOT NULL,
    paid_at timestamp with time zone,
    canceled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT invoice_payments_check CHECK (((paid_at IS NOT NULL) = (status = 'paid'::text))),
    CONSTRAINT invoice_payments_check1 CHECK (((canceled_at IS NOT NULL) = (status = 'canceled'::text))),
    CONSTRAINT invoice_payments_check2 CHECK (((amount_paid IS NOT NULL) = (status = 'paid'::text))),
    CONSTRAINT invoice_payments_status_check CHECK ((status = ANY (ARRAY['open'::text, 'paid'::text, 'canceled'::text])))
);

CREATE TABLE public.invoice_previews (
    account_id text NOT NULL,
    id text NOT NULL,
    body json NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.invoice_settings (
    account_id text NOT NULL,
    numbering text NOT NULL,
    number_prefix text NOT NULL,
    next_number_sequence bigint NOT NULL,
    tax_rounding text DEFAULT 'line'::text NOT NULL,
    CONSTRAINT invoice_settings_next_number_sequence_check CHECK ((next_number_sequence > 0)),
    CONSTRAINT invoice_settings_numbering_check CHECK ((numbering = ANY (ARRAY['customer'::text, 'account'::text]))),
    CONSTRAINT invoice_settings_tax_rounding_check CHECK ((tax_rounding = ANY (ARRAY['line'::text, 'invoice'::text])))
);

CREATE TABLE public.invoices (
    account_id text NOT NULL,
    id text NOT NULL,
    customer_id text NOT NULL,
    subscription_id text,
    status text NOT NULL,
    billing_reason text NOT NULL,
    collection_method text NOT NULL,
    currency text NOT NULL,
    number text,
    subtotal bigint NOT NULL,
    total bigint NOT NULL,
    amount_due bigint NOT NULL,
    amount_paid bigint NOT NULL,
    auto_advance boolean NOT NULL,
    attempted boolean NOT NULL,
    attempt_count integer NOT NULL,
    period_start_at timestamp with time zone NOT NULL,
    period_end_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    automatically_finalizes_at timestamp with time zone,
    next_payment_attempt_at timestamp with time zone,
    finalized_at timestamp with time zone,
    paid_at timestamp with time zone,
    customer_snapshot jsonb,
    subscription_metadata jsonb,
    custom_fields jsonb,
    footer text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    test_clock_id text,
    number_is_counted boolean DEFAULT false NOT NULL,
    description text,
    effective_at timestamp with time zone,
    marked_uncollectible_at timestamp with time zone,
    uncollectible_reason text,
    voided_at timestamp with time zone,
    amount_paid_off_stripe bigint DEFAULT 0 NOT NULL,
    starting_balance bigint DEFAULT 0 NOT NULL,
    ending_balance bigint,
    discounts jsonb DEFAULT '[]'::jsonb NOT NULL,
    default_tax_rate_ids text[] DEFAULT '{}'::text[] NOT NULL,
    tax_rounding text DEFAULT 'line'::text NOT NULL,
    taxes jsonb DEFAULT '[]'::jsonb NOT NULL,
    subtotal_excluding_tax bigint NOT NULL,
    total_excluding_tax bigint NOT NULL,
    customer_tax_ids jsonb,
    pre_payment_credit_notes_amount bigint DEFAULT 0 NOT NULL,
    post_payment_credit_notes_amount bigint DEFAULT 0 NOT NULL,
    default_payment_method_id text,
    payment_method_types text[],
    threshold_reason jsonb,
    of_pending_update boolean DEFAULT false NOT NULL,
    last_finalization_error jsonb,
    CONSTRAINT invoices_check CHECK (((last_finalization_error IS NULL) OR (status = 'draft'::text))),
    CONSTRAINT invoices_check1 CHECK (((customer_snapshot IS NULL) = (status = 'draft'::text))),
    CONSTRAINT invoices_collection_method_check CHECK ((collection_method = ANY (ARRAY['charge_automatically'::text, 'send_invoice'::text]))),
    CONSTRAINT invoices_customer_tax_ids_check CHECK (((customer_tax_ids IS NULL) = (status = 'draft'::text))),
    CONSTRAINT invoices_ending_balance_check CHECK (((ending_balance IS NULL) = (status = 'draft'::text))),
    CONSTRAINT invoices_number_check CHECK (((number IS NOT NULL) OR (status = 'draft'::text))),
    CONSTRAINT invoices_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'open'::text, 'paid'::text, 'uncollectible'::text, 'void'::text]))),
    CONSTRAINT invoices_subscription_check CHECK (((subscription_id IS NULL) = (subscription_metadata IS NULL))),
    CONSTRAINT invoices_tax_rounding_check CHECK ((tax_rounding = ANY (ARRAY['line'::text, 'invoice'::text])))
);

CREATE TABLE public.login_links (
    token_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.meter_event_adjustments (
    account_id text NOT NULL,
    id text NOT NULL,
    event_name text NOT NULL,
    identifier text NOT NULL,
    series_id bigint NOT NULL,
    event_at timestamp with time zone NOT NULL,
    sequence bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE SEQUENCE public.meter_event_blocks
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.meter_event_identifiers (
    hash uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    series_id bigint NOT NULL,
    event_at timestamp with time zone NOT NULL,
    sequence bigint NOT NULL
);

CREATE TABLE public.meter_event_sessions (
    hash bytea NOT NULL,
    account_id text NOT NULL,
    id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.meter_events (
    series_id bigint NOT NULL,
    event_at timestamp with time zone NOT NULL,
    sequence bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    identifier text NOT NULL,
    value numeric NOT NULL,
    payload jsonb,
    cancelled_at timestamp with time zone
)
PARTITION BY RANGE (event_at);

CREATE TABLE public.metering_settings (
    account_id text NOT NULL,
    repeated_identifiers text NOT NULL,
    max_event_age_days integer NOT NULL,
    correction_hours integer NOT NULL,
    max_customer_combinations integer NOT NULL,
    max_hourly_combinations integer NOT NULL,
    CONSTRAINT metering_settings_repeated_identifiers_check CHECK ((repeated_identifiers = ANY (ARRAY['refuse'::text, 'accept_identical'::text])))
);

CREATE TABLE public.meters (
    account_id text NOT NULL,
    id text NOT NULL,
    display_name text NOT NULL,
    event_name text NOT NULL,
    formula text NOT NULL,
    event_time_window text,
    customer_key text NOT NULL,
    value_key text NOT NULL,
    status text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deactivated_at timestamp with time zone,
    dimension_keys text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT meters_event_time_window_check CHECK ((event_time_window = ANY (ARRAY['hour'::text, 'day'::text]))),
    CONSTRAINT meters_formula_check CHECK ((formula = ANY (ARRAY['sum'::text, 'count'::text, 'last'::text, 'max'::text, 'min'::text, 'average'::text, 'unique_count'::text]))),
    CONSTRAINT meters_status_check CHECK ((status = ANY (ARRAY['active'::text, 'inactive'::text])))
);

CREATE TABLE public.migrations (
    name text NOT NULL,
    run_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.payment_attempts (
    account_id text NOT NULL,
    id text NOT NULL,
    payment_intent_id text NOT NULL,
    payment_method_id text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    off_session boolean NOT NULL,
    authenticated boolean NOT NULL,
    refuse_action boolean NOT NULL,
    status text NOT NULL,
    error jsonb,
    clock_id text,
    begun_at timestamp with time zone NOT NULL,
    ask_again_at timestamp with time zone NOT NULL,
    CONSTRAINT payment_attempts_status_check CHECK ((status = ANY (ARRAY['begun'::text, 'processing'::text, 'settled'::text])))
);

CREATE TABLE public.payment_intents (
    account_id text NOT NULL,
    id text NOT NULL,
    client_secret text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    customer_id text,
    payment_method_id text,
    status text NOT NULL,
    capture_method text NOT NULL,
    payment_method_types text[] NOT NULL,
    automatic_payment_methods jsonb,
    description text,
    receipt_email text,
    setup_future_usage text,
    shipping jsonb,
    statement_descriptor text,
    statement_descriptor_suffix text,
    last_payment_error jsonb,
    latest_charge_id text,
    attempt_id text,
    canceled_at timestamp with time zone,
    cancellation_reason text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT payment_intents_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_intents_capture_method_check CHECK ((capture_method = ANY (ARRAY['automatic'::text, 'automatic_async'::text]))),
    CONSTRAINT payment_intents_check CHECK (((canceled_at IS NOT NULL) = (status = 'canceled'::text))),
    CONSTRAINT payment_intents_setup_future_usage_check CHECK ((setup_future_usage = ANY (ARRAY['off_session'::text, 'on_session'::text]))),
    CONSTRAINT payment_intents_status_check CHECK ((status = ANY (ARRAY['requires_payment_method'::text, 'requires_confirmation'::text, 'requires_action'::text, 'processing'::text, 'succeeded'::text, 'canceled'::text])))
);

CREATE TABLE public.payment_methods (
    account_id text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    customer_id text,
    gateway_reference text NOT NULL,
    details jsonb NOT NULL,
    billing_details jsonb NOT NULL,
    allow_redisplay text NOT NULL,
    spent boolean NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT payment_methods_allow_redisplay_check CHECK ((allow_redisplay = ANY (ARRAY['always'::text, 'limited'::text, 'unspecified'::text]))),
    CONSTRAINT payment_methods_type_check CHECK ((type = ANY (ARRAY['card'::text, 'us_bank_account'::text])))
);

CREATE TABLE public.prices (
    account_id text NOT NULL,
    id text NOT NULL,
    product_id text NOT NULL,
    active boolean NOT NULL,
    currency text NOT NULL,
    nickname text,
    lookup_key text,
    tax_behavior text NOT NULL,
    billing_scheme text NOT NULL,
    unit_amount numeric,
    tiers_mode text,
    tiers jsonb,
    transform_divide_by bigint,
    transform_round text,
    currency_options jsonb NOT NULL,
    recurring_interval text,
    recurring_interval_count integer,
    usage_type text,
    meter_id text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    dimension_filter jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT prices_billing_scheme_check CHECK ((billing_scheme = ANY (ARRAY['per_unit'::text, 'tiered'::text]))),
    CONSTRAINT prices_check CHECK (((billing_scheme = 'tiered'::text) = (tiers IS NOT NULL))),
    CONSTRAINT prices_check1 CHECK (((billing_scheme = 'tiered'::text) = (tiers_mode IS NOT NULL))),
    CONSTRAINT prices_check2 CHECK (((billing_scheme = 'tiered'::text) = (unit_amount IS NULL))),
    CONSTRAINT prices_check3 CHECK (((billing_scheme = 'per_unit'::text) OR ((recurring_interval IS NOT NULL) AND (transform_divide_by IS NULL)))),
    CONSTRAINT prices_check4 CHECK (((transform_divide_by IS NULL) = (transform_round IS NULL))),
    CONSTRAINT prices_check5 CHECK (((recurring_interval IS NULL) = (recurring_interval_count IS NULL))),
    CONSTRAINT prices_check6 CHECK (((recurring_interval IS NULL) = (usage_type IS NULL))),
    CONSTRAINT prices_check7 CHECK ((COALESCE((usage_type = 'metered'::text), false) = (meter_id IS NOT NULL))),
    CONSTRAINT prices_dimension_filter_check CHECK (((dimension_filter = '{}'::jsonb) OR ((meter_id IS NOT NULL) AND (jsonb_typeof(dimension_filter) = 'object'::text)))),
    CONSTRAINT prices_recurring_interval_check CHECK ((recurring_interval = ANY (ARRAY['day'::text, 'week'::text, 'month'::text, 'year'::text]))),
    CONSTRAINT prices_tax_behavior_check CHECK ((tax_behavior = ANY (ARRAY['exclusive'::text, 'inclusive'::text, 'unspecified'::text]))),
    CONSTRAINT prices_tiers_mode_check CHECK ((tiers_mode = ANY (ARRAY['graduated'::text, 'volume'::text]))),
    CONSTRAINT prices_transform_round_check CHECK ((transform_round = ANY (ARRAY['up'::text, 'down'::text]))),
    CONSTRAINT prices_usage_type_check CHECK ((usage_type = ANY (ARRAY['licensed'::text, 'metered'::text])))
);

CREATE TABLE public.products (
    account_id text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    active boolean NOT NULL,
    description text,
    unit_label text,
    statement_descriptor text,
    url text,
    shippable boolean,
    images text[] NOT NULL,
    marketing_features jsonb NOT NULL,
    package_dimensions jsonb,
    default_price_id text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.promotion_codes (
    account_id text NOT NULL,
    id text NOT NULL,
    coupon_key bigint NOT NULL,
    code text NOT NULL,
    active boolean NOT NULL,
    customer_id text,
    max_redemptions bigint,
    expires_at timestamp with time zone,
    times_redeemed bigint DEFAULT 0 NOT NULL,
    first_time_transaction boolean NOT NULL,
    minimum_amount bigint,
    minimum_amount_currency text,
    currency_options jsonb NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT promotion_codes_check CHECK (((minimum_amount IS NULL) = (minimum_amount_currency IS NULL))),
    CONSTRAINT promotion_codes_check1 CHECK (((times_redeemed >= 0) AND (times_redeemed <= COALESCE(max_redemptions, times_redeemed)))),
    CONSTRAINT promotion_codes_max_redemptions_check CHECK ((max_redemptions > 0)),
    CONSTRAINT promotion_codes_minimum_amount_check CHECK ((minimum_amount > 0))
);

CREATE TABLE public.refunds (
    account_id text NOT NULL,
    id text NOT NULL,
    charge_id text NOT NULL,
    payment_intent_id text NOT NULL,
    payment_method_id text NOT NULL,
    customer_id text,
    attempt_id text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    failure_reason text,
    reason text,
    gateway_status text NOT NULL,
    clock_id text,
    ask_again_at timestamp with time zone NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT refunds_amount_check CHECK ((amount > 0)),
    CONSTRAINT refunds_check CHECK (((failure_reason IS NOT NULL) = (status = 'failed'::text))),
    CONSTRAINT refunds_gateway_status_check CHECK ((gateway_status = ANY (ARRAY['begun'::text, 'processing'::text, 'settled'::text]))),
    CONSTRAINT refunds_reason_check CHECK ((reason = ANY (ARRAY['duplicate'::text, 'fraudulent'::text, 'requested_by_customer'::text]))),
    CONSTRAINT refunds_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
);

CREATE TABLE public.rejected_meter_events (
    account_id text NOT NULL,
    id text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    event_name text,
    identifier text,
    meter_id text,
    customer_id text,
    event_at timestamp with time zone,
    payload jsonb,
    code text NOT NULL,
    message text NOT NULL,
    report_id text
);

CREATE TABLE public.request_logs (
    account_id text NOT NULL,
    id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    query text NOT NULL,
    status integer NOT NULL,
    duration_ms integer NOT NULL,
    user_email text,
    user_agent text,
    idempotency_key text,
    request_body text NOT NULL,
    response_body text NOT NULL
);

CREATE TABLE public.setup_intents (
    account_id text NOT NULL,
    id text NOT NULL,
    client_secret text NOT NULL,
    customer_id text,
    payment_method_id text,
    status text NOT NULL,
    usage text NOT NULL,
    payment_method_types text[] NOT NULL,
    automatic_payment_methods jsonb,
    description text,
    last_setup_error jsonb,
    cancellation_reason text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT setup_intents_status_check CHECK ((status = ANY (ARRAY['requires_payment_method'::text, 'requires_confirmation'::text, 'requires_action'::text, 'succeeded'::text, 'canceled'::text]))),
    CONSTRAINT setup_intents_usage_check CHECK ((usage = ANY (ARRAY['off_session'::text, 'on_session'::text])))
);

CREATE TABLE public.subscription_items (
    account_id text NOT NULL,
    id text NOT NULL,
    subscription_id text NOT NULL,
    price_id text NOT NULL,
    quantity bigint,
    metadata jsonb NOT NULL,
    current_period_start_at timestamp with time zone NOT NULL,
    current_period_end_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    tax_rate_ids text[] DEFAULT '{}'::text[] NOT NULL,
    discount_ids text[] DEFAULT '{}'::text[] NOT NULL,
    threshold_usage bigint,
    usage_start_at timestamp with time zone,
    billed_usage numeric DEFAULT 0 NOT NULL,
    CONSTRAINT subscription_items_check CHECK ((current_period_end_at > current_period_start_at)),
    CONSTRAINT subscription_items_quantity_check CHECK ((quantity >= 0))
);

CREATE TABLE public.subscription_schedules (
    account_id text NOT NULL,
    id text NOT NULL,
    customer_id text NOT NULL,
    test_clock_id text,
    status text NOT NULL,
    billing_mode text NOT NULL,
    proration_discounts text NOT NULL,
    billing_mode_updated_at timestamp with time zone,
    end_behavior text NOT NULL,
    defaults jsonb NOT NULL,
    phases jsonb NOT NULL,
    current_phase integer,
    metadata jsonb NOT NULL,
    subscription_id text,
    released_subscription_id text,
    canceled_at timestamp with time zone,
    completed_at timestamp with time zone,
    released_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT subscription_schedules_billing_mode_check CHECK ((billing_mode = ANY (ARRAY['classic'::text, 'flexible'::text]))),
    CONSTRAINT subscription_schedules_check CHECK (((current_phase IS NOT NULL) = (status = 'active'::text))),
    CONSTRAINT subscription_schedules_end_behavior_check CHECK ((end_behavior = ANY (ARRAY['cancel'::text, 'none'::text, 'release'::text, 'renew'::text]))),
    CONSTRAINT subscription_schedules_proration_discounts_check CHECK ((proration_discounts = ANY (ARRAY['included'::text, 'itemized'::text]))),
    CONSTRAINT subscription_schedules_status_check CHECK ((status = ANY (ARRAY['not_started'::text, 'active'::text, 'completed'::text, 'released'::text, 'canceled'::text])))
);

CREATE TABLE public.subscriptions (
    account_id text NOT NULL,
    id text NOT NULL,
    customer_id text NOT NULL,
    status text NOT NULL,
    billing_mode text NOT NULL,
    collection_method text NOT NULL,
    days_until_due integer,
    currency text NOT NULL,
    description text,
    metadata jsonb NOT NULL,
    billing_cycle_anchor timestamp with time zone NOT NULL,
    started_at timestamp with time zone NOT NULL,
    canceled_at timestamp with time zone,
    ended_at timestamp with time zone,
    cancellation_reason text,
    cancellation_comment text,
    cancellation_feedback text,
    latest_invoice_id text,
    created_at timestamp with time zone NOT NULL,
    test_clock_id text,
    default_tax_rate_ids text[] DEFAULT '{}'::text[] NOT NULL,
    discount_ids text[] DEFAULT '{}'::text[] NOT NULL,
    default_payment_method_id text,
    payment_method_types text[],
    save_default_payment_method text DEFAULT 'off'::text NOT NULL,
    billing_cycle_anchor_config jsonb,
    proration_discounts text DEFAULT 'included'::text NOT NULL,
    billing_mode_updated_at timestamp with time zone,
    threshold_amount bigint,
    threshold_resets_anchor boolean,
    cancel_at timestamp with time zone,
    cancel_at_period_end boolean DEFAULT false NOT NULL,
    trial_start_at timestamp with time zone,
    trial_end_at timestamp with time zone,
    trial_end_anchor text,
    trial_missing_payment_method text,
    pause_collection_behavior text,
    pause_collection_resumes_at timestamp with time zone,
    paused_at timestamp with time zone,
    pause_reason text,
    pending_item_interval text,
    pending_item_interval_count integer,
    pending_items_due_at timestamp with time zone,
    pending_update jsonb,
    schedule_id text,
    trial_notice_at timestamp with time zone,
    free_until_at timestamp with time zone,
    resumption_invoice_id text,
    resumption_expires_at timestamp with time zone,
    resumption_waits_for text,
    has_thresholds boolean DEFAULT false NOT NULL,
    invoice_settings jsonb,
    upcoming_told_for timestamp with time zone,
    resumption_before jsonb,
    CONSTRAINT subscriptions_billing_mode_check CHECK ((billing_mode = ANY (ARRAY['classic'::text, 'flexible'::text]))),
    CONSTRAINT subscriptions_check CHECK (((days_until_due IS NOT NULL) = (collection_method = 'send_invoice'::text))),
    CONSTRAINT subscriptions_check1 CHECK (((resumption_before IS NULL) OR (resumption_invoice_id IS NOT NULL))),
    CONSTRAINT subscriptions_collection_method_check CHECK ((collection_method = ANY (ARRAY['charge_automatically'::text, 'send_invoice'::text]))),
    CONSTRAINT subscriptions_ended_check CHECK (((ended_at IS NOT NULL) = (status = ANY (ARRAY['canceled'::text, 'incomplete_expired'::text])))),
    CONSTRAINT subscriptions_pause_collection_behavior_check CHECK ((pause_collection_behavior = ANY (ARRAY['keep_as_draft'::text, 'mark_uncollectible'::text, 'void'::text]))),
    CONSTRAINT subscriptions_pause_reason_check CHECK ((pause_reason = ANY (ARRAY['final_payment_failure'::text, 'first_payment_failure'::text, 'pause_requested'::text, 'system'::text, 'trial_end_without_payment_method'::text]))),
    CONSTRAINT subscriptions_paused_check CHECK (((paused_at IS NOT NULL) = (status = 'paused'::text))),
    CONSTRAINT subscriptions_pending_item_interval_check CHECK ((pending_item_interval = ANY (ARRAY['day'::text, 'week'::text, 'month'::text, 'year'::text]))),
    CONSTRAINT subscriptions_proration_discounts_check CHECK ((proration_discounts = ANY (ARRAY['included'::text, 'itemized'::text]))),
    CONSTRAINT subscriptions_resumption_check CHECK ((((resumption_invoice_id IS NULL) = (resumption_expires_at IS NULL)) AND ((resumption_invoice_id IS NULL) = (resumption_waits_for IS NULL)) AND ((resumption_invoice_id IS NULL) OR (status = 'paused'::text)))),
    CONSTRAINT subscriptions_resumption_waits_for_check CHECK ((resumption_waits_for = ANY (ARRAY['attempt'::text, 'success'::text]))),
    CONSTRAINT subscriptions_save_default_payment_method_check CHECK ((save_default_payment_method = ANY (ARRAY['off'::text, 'on_subscription'::text]))),
    CONSTRAINT subscriptions_status_check CHECK ((status = ANY (ARRAY['incomplete'::text, 'incomplete_expired'::text, 'trialing'::text, 'active'::text, 'past_due'::text, 'unpaid'::text, 'paused'::text, 'canceled'::text]))),
    CONSTRAINT subscriptions_trial_check CHECK ((((trial_start_at IS NULL) = (trial_end_at IS NULL)) AND (trial_end_at >= trial_start_at))),
    CONSTRAINT subscriptions_trial_end_anchor_check CHECK ((trial_end_anchor = ANY (ARRAY['now'::text, 'unchanged'::text]))),
    CONSTRAINT subscriptions_trial_missing_payment_method_check CHECK ((trial_missing_payment_method = ANY (ARRAY['cancel'::text, 'create_invoice'::text, 'pause'::text])))
);

CREATE TABLE public.tax_ids (
    account_id text NOT NULL,
    id text NOT NULL,
    customer_id text,
    type text NOT NULL,
    value text NOT NULL,
    country text,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.tax_rates (
    account_id text NOT NULL,
    id text NOT NULL,
    display_name text NOT NULL,
    percentage numeric NOT NULL,
    inclusive boolean NOT NULL,
    active boolean NOT NULL,
    country text,
    state text,
    jurisdiction text,
    description text,
    tax_type text,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT tax_rates_percentage_check CHECK (((percentage >= (0)::numeric) AND (percentage <= (100)::numeric)))
);

CREATE TABLE public.test_clocks (
    account_id text NOT NULL,
    id text NOT NULL,
    name text,
    status text NOT NULL,
    frozen_at timestamp with time zone NOT NULL,
    target_at timestamp with time zone,
    deletes_after timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT test_clocks_check CHECK (((target_at IS NOT NULL) = (status = 'advancing'::text))),
    CONSTRAINT test_clocks_status_check CHECK ((status = ANY (ARRAY['ready'::text, 'advancing'::text, 'internal_failure'::text])))
);

CREATE TABLE public.test_gateway_charges (
    account_id text NOT NULL,
    idempotency_key text NOT NULL,
    subject text NOT NULL,
    reference text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    outcome jsonb NOT NULL,
    settles_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.test_gateway_refunds (
    account_id text NOT NULL,
    idempotency_key text NOT NULL,
    charge_key text NOT NULL,
    amount bigint NOT NULL,
    outcome jsonb NOT NULL,
    settles_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.thin_events (
    account_id text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    related_object_id text,
    related_object_type text,
    data json,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.usage_days (
    series_id bigint NOT NULL,
    day_at timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    value_sum numeric NOT NULL,
    value_min numeric,
    value_max numeric,
    last_value numeric,
    last_rank_at timestamp with time zone,
    last_sequence bigint
);

CREATE TABLE public.usage_hours (
    series_id bigint NOT NULL,
    hour_at timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    value_sum numeric NOT NULL,
    value_min numeric,
    value_max numeric,
    last_value numeric,
    last_rank_at timestamp with time zone,
    last_sequence bigint,
    folded boolean DEFAULT false NOT NULL
);

CREATE TABLE public.usage_minutes (
    series_id bigint NOT NULL,
    minute_at timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    value_sum numeric NOT NULL,
    value_min numeric,
    value_max numeric,
    last_value numeric,
    last_rank_at timestamp with time zone,
    last_sequence bigint,
    folded boolean DEFAULT false NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.usage_series (
    id bigint NOT NULL,
    account_id text NOT NULL,
    meter_id text NOT NULL,
    customer_id text NOT NULL,
    dimensions jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE public.usage_series ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.usage_series_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.usage_values (
    series_id bigint NOT NULL,
    hour_at timestamp with time zone NOT NULL,
    value text NOT NULL,
    event_count bigint NOT NULL
);

CREATE TABLE public.users (
    id text NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY public.archived_event_months
    ADD CONSTRAINT archived_event_months_pkey PRIMARY KEY (month_at);

ALTER TABLE ONLY public.billing_settings
    ADD CONSTRAINT billing_settings_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.charges
    ADD CONSTRAINT charges_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_pkey PRIMARY KEY (account_id, key);

ALTER TABLE ONLY public.credit_note_lines
    ADD CONSTRAINT credit_note_lines_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.credit_note_refunds
    ADD CONSTRAINT credit_note_refunds_pkey PRIMARY KEY (account_id, credit_note_id, refund_id);

ALTER TABLE ONLY public.credit_notes
    ADD CONSTRAINT credit_notes_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.customer_balance_transactions
    ADD CONSTRAINT customer_balance_transactions_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.customer_invoice_prefixes
    ADD CONSTRAINT customer_invoice_prefixes_pkey PRIMARY KEY (account_id, prefix);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.dashboard_sessions
    ADD CONSTRAINT dashboard_sessions_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.discounts
    ADD CONSTRAINT discounts_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.due_work
    ADD CONSTRAINT due_work_pkey PRIMARY KEY (account_id, object_id, kind);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (account_id, key);

ALTER TABLE ONLY public.invoice_items
    ADD CONSTRAINT invoice_items_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.invoice_lines
    ADD CONSTRAINT invoice_lines_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.invoice_payments
    ADD CONSTRAINT invoice_payments_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.invoice_previews
    ADD CONSTRAINT invoice_previews_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.invoice_settings
    ADD CONSTRAINT invoice_settings_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.login_links
    ADD CONSTRAINT login_links_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.meter_event_adjustments
    ADD CONSTRAINT meter_event_adjustments_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.meter_event_identifiers
    ADD CONSTRAINT meter_event_identifiers_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.meter_event_sessions
    ADD CONSTRAINT meter_event_sessions_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.meter_events
    ADD CONSTRAINT meter_events_pkey PRIMARY KEY (series_id, event_at, sequence);

ALTER TABLE ONLY public.metering_settings
    ADD CONSTRAINT metering_settings_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.meters
    ADD CONSTRAINT meters_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.payment_attempts
    ADD CONSTRAINT payment_attempts_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.payment_intents
    ADD CONSTRAINT payment_intents_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_owner_key UNIQUE (account_id, id, customer_id);

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.promotion_codes
    ADD CONSTRAINT promotion_codes_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.rejected_meter_events
    ADD CONSTRAINT rejected_meter_events_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.request_logs
    ADD CONSTRAINT request_logs_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.setup_intents
    ADD CONSTRAINT setup_intents_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.subscription_items
    ADD CONSTRAINT subscription_items_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.subscription_schedules
    ADD CONSTRAINT subscription_schedules_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.tax_ids
    ADD CONSTRAINT tax_ids_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.tax_rates
    ADD CONSTRAINT tax_rates_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.test_clocks
    ADD CONSTRAINT test_clocks_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.test_gateway_charges
    ADD CONSTRAINT test_gateway_charges_pkey PRIMARY KEY (account_id, idempotency_key);

ALTER TABLE ONLY public.test_gateway_refunds
    ADD CONSTRAINT test_gateway_refunds_pkey PRIMARY KEY (account_id, idempotency_key);

ALTER TABLE ONLY public.thin_events
    ADD CONSTRAINT thin_events_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.usage_days
    ADD CONSTRAINT usage_days_pkey PRIMARY KEY (series_id, day_at);

ALTER TABLE ONLY public.usage_hours
    ADD CONSTRAINT usage_hours_pkey PRIMARY KEY (series_id, hour_at);

ALTER TABLE ONLY public.usage_minutes
    ADD CONSTRAINT usage_minutes_pkey PRIMARY KEY (series_id, minute_at);

ALTER TABLE ONLY public.usage_series
    ADD CONSTRAINT usage_series_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.usage_values
    ADD CONSTRAINT usage_values_pkey PRIMARY KEY (series_id, hour_at, value);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

CREATE INDEX api_keys_account_id_idx ON public.api_keys USING btree (account_id, created_at);

CREATE INDEX charges_created_at_idx ON public.charges USING btree (account_id, created_at, id);

CREATE INDEX charges_customer_id_idx ON public.charges USING btree (account_id, customer_id, created_at, id);

CREATE INDEX charges_payment_intent_id_idx ON public.charges USING btree (account_id, payment_intent_id, created_at, id);

CREATE INDEX coupons_created_at_idx ON public.coupons USING btree (account_id, created_at, key) WHERE (deleted_at IS NULL);

CREATE INDEX coupons_id_idx ON public.coupons USING btree (account_id, id, key);

CREATE UNIQUE INDEX coupons_living_id_key ON public.coupons USING btree (account_id, id) WHERE (deleted_at IS NULL);

CREATE INDEX credit_note_lines_invoice_line_id_idx ON public.credit_note_lines USING btree (account_id, invoice_line_id);

CREATE UNIQUE INDEX credit_note_lines_position_key ON public.credit_note_lines USING btree (account_id, credit_note_id, "position");

CREATE INDEX credit_note_refunds_refund_id_idx ON public.credit_note_refunds USING btree (account_id, refund_id);

CREATE INDEX credit_notes_created_at_idx ON public.credit_notes USING btree (account_id, created_at, id);

CREATE INDEX credit_notes_customer_id_idx ON public.credit_notes USING btree (account_id, customer_id, created_at, id);

CREATE UNIQUE INDEX credit_notes_sequence_key ON public.credit_notes USING btree (account_id, invoice_id, sequence);

CREATE INDEX customer_balance_transactions_customer_id_idx ON public.customer_balance_transactions USING btree (account_id, customer_id, created_at, id);

CREATE INDEX customer_balance_transactions_invoice_id_idx ON public.customer_balance_transactions USING btree (account_id, invoice_id) WHERE (invoice_id IS NOT NULL);

CREATE INDEX customers_created_at_idx ON public.customers USING btree (account_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX customers_email_idx ON public.customers USING btree (account_id, email) WHERE (deleted_at IS NULL);

CREATE INDEX customers_test_clock_id_idx ON public.customers USING btree (account_id, test_clock_id) WHERE (test_clock_id IS NOT NULL);

CREATE INDEX dashboard_sessions_user_id_idx ON public.dashboard_sessions USING btree (user_id);

CREATE INDEX discounts_coupon_key_idx ON public.discounts USING btree (account_id, coupon_key);

CREATE INDEX discounts_invoice_id_idx ON public.discounts USING btree (account_id, invoice_id);

CREATE INDEX due_work_clock_idx ON public.due_work USING btree (account_id, test_clock_id, due_at, rank, object_id) WHERE (test_clock_id IS NOT NULL);

CREATE INDEX due_work_wall_idx ON public.due_work USING btree (attempt_at, rank, object_id) WHERE (test_clock_id IS NULL);

CREATE INDEX events_created_at_idx ON public.events USING btree (account_id, created_at, id);

CREATE INDEX events_object_id_idx ON public.events USING btree (account_id, object_id, created_at, id);

CREATE INDEX events_type_made_idx ON public.events USING btree (account_id, type, id);

CREATE INDEX idempotency_keys_expires_at_idx ON public.idempotency_keys USING btree (expires_at);

CREATE INDEX invoice_items_created_at_idx ON public.invoice_items USING btree (account_id, created_at, id);

CREATE INDEX invoice_items_customer_id_idx ON public.invoice_items USING btree (account_id, customer_id);

CREATE INDEX invoice_items_invoice_id_idx ON public.invoice_items USING btree (account_id, invoice_id) WHERE (invoice_id IS NOT NULL);

CREATE INDEX invoice_items_price_id_idx ON public.invoice_items USING btree (account_id, price_id) WHERE (price_id IS NOT NULL);

CREATE UNIQUE INDEX invoice_lines_invoice_item_id_key ON public.invoice_lines USING btree (account_id, invoice_item_id) WHERE (invoice_item_id IS NOT NULL);

CREATE INDEX invoice_lines_late_idx ON public.invoice_lines USING btree (account_id, subscription_item_id) WHERE (billed_before IS NOT NULL);

CREATE UNIQUE INDEX invoice_lines_position_key ON public.invoice_lines USING btree (account_id, invoice_id, "position");

CREATE INDEX invoice_payments_created_at_idx ON public.invoice_payments USING btree (account_id, created_at, id);

CREATE INDEX invoice_payments_invoice_id_idx ON public.invoice_payments USING btree (account_id, invoice_id, created_at, id);

CREATE UNIQUE INDEX invoice_payments_open_idx ON public.invoice_payments USING btree (account_id, invoice_id) WHERE (status = 'open'::text);

CREATE UNIQUE INDEX invoice_payments_payment_intent_id_idx ON public.invoice_payments USING btree (account_id, payment_intent_id);

CREATE INDEX invoice_previews_created_at_idx ON public.invoice_previews USING btree (created_at);

CREATE INDEX invoices_created_at_idx ON public.invoices USING btree (account_id, created_at, id);

CREATE INDEX invoices_customer_id_idx ON public.invoices USING btree (account_id, customer_id);

CREATE INDEX invoices_default_payment_method_id_idx ON public.invoices USING btree (account_id, default_payment_method_id) WHERE (default_payment_method_id IS NOT NULL);

CREATE INDEX invoices_due_at_idx ON public.invoices USING btree (account_id, due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX invoices_finalized_idx ON public.invoices USING btree (account_id, finalized_at) INCLUDE (currency, total, status, test_clock_id) WHERE (finalized_at IS NOT NULL);

CREATE UNIQUE INDEX invoices_number_key ON public.invoices USING btree (account_id, number);

CREATE INDEX invoices_paid_idx ON public.invoices USING btree (account_id, paid_at) INCLUDE (currency, amount_paid, test_clock_id) WHERE (paid_at IS NOT NULL);

CREATE INDEX invoices_subscription_id_idx ON public.invoices USING btree (account_id, subscription_id);

CREATE INDEX invoices_test_clock_idx ON public.invoices USING btree (account_id, test_clock_id, created_at, id) WHERE (test_clock_id IS NOT NULL);

CREATE INDEX invoices_unsettled_idx ON public.invoices USING btree (account_id, status, created_at, id) WHERE (status = ANY (ARRAY['draft'::text, 'open'::text, 'uncollectible'::text]));

CREATE INDEX meter_event_sessions_expires_at_idx ON public.meter_event_sessions USING btree (expires_at);

CREATE INDEX meter_events_event_at_idx ON ONLY public.meter_events USING brin (event_at) WITH (pages_per_range='32');

CREATE UNIQUE INDEX meters_active_event_name_key ON public.meters USING btree (account_id, event_name) WHERE (status = 'active'::text);

CREATE INDEX meters_created_at_idx ON public.meters USING btree (account_id, created_at, id);

CREATE INDEX payment_attempts_ask_again_at_idx ON public.payment_attempts USING btree (ask_again_at) WHERE (status <> 'settled'::text);

CREATE INDEX payment_attempts_payment_intent_id_idx ON public.payment_attempts USING btree (account_id, payment_intent_id);

CREATE INDEX payment_intents_created_at_idx ON public.payment_intents USING btree (account_id, created_at, id);

CREATE INDEX payment_intents_customer_id_idx ON public.payment_intents USING btree (account_id, customer_id, created_at, id);

CREATE INDEX payment_methods_created_at_idx ON public.payment_methods USING btree (account_id, created_at, id);

CREATE INDEX payment_methods_customer_id_idx ON public.payment_methods USING btree (account_id, customer_id, created_at, id);

CREATE INDEX prices_created_at_idx ON public.prices USING btree (account_id, created_at, id);

CREATE UNIQUE INDEX prices_lookup_key_key ON public.prices USING btree (account_id, lookup_key);

CREATE INDEX prices_product_id_idx ON public.prices USING btree (account_id, product_id);

CREATE INDEX products_created_at_idx ON public.products USING btree (account_id, created_at, id);

CREATE INDEX promotion_codes_code_idx ON public.promotion_codes USING btree (account_id, lower(code));

CREATE INDEX promotion_codes_coupon_key_idx ON public.promotion_codes USING btree (account_id, coupon_key);

CREATE INDEX promotion_codes_created_at_idx ON public.promotion_codes USING btree (account_id, created_at, id);

CREATE INDEX promotion_codes_customer_id_idx ON public.promotion_codes USING btree (account_id, customer_id) WHERE (customer_id IS NOT NULL);

CREATE INDEX refunds_ask_again_at_idx ON public.refunds USING btree (ask_again_at) WHERE (gateway_status <> 'settled'::text);

CREATE INDEX refunds_charge_id_idx ON public.refunds USING btree (account_id, charge_id, created_at, id);

CREATE INDEX refunds_created_at_idx ON public.refunds USING btree (account_id, created_at, id);

CREATE INDEX refunds_payment_intent_id_idx ON public.refunds USING btree (account_id, payment_intent_id, created_at, id);

CREATE INDEX rejected_meter_events_expiry_idx ON public.rejected_meter_events USING btree (received_at);

CREATE INDEX rejected_meter_events_identifier_idx ON public.rejected_meter_events USING btree (account_id, identifier);

CREATE INDEX rejected_meter_events_received_at_idx ON public.rejected_meter_events USING btree (account_id, received_at, id);

CREATE INDEX rejected_meter_events_unreported_idx ON public.rejected_meter_events USING btree (received_at) WHERE (report_id IS NULL);

CREATE INDEX request_logs_created_at_idx ON public.request_logs USING btree (created_at);

CREATE INDEX request_logs_failed_idx ON public.request_logs USING btree (account_id, created_at, id) WHERE (status >= 400);

CREATE INDEX request_logs_listed_idx ON public.request_logs USING btree (account_id, created_at, id);

CREATE INDEX setup_intents_created_at_idx ON public.setup_intents USING btree (account_id, created_at, id);

CREATE INDEX setup_intents_customer_id_idx ON public.setup_intents USING btree (account_id, customer_id, created_at, id);

CREATE INDEX subscription_items_price_id_idx ON public.subscription_items USING btree (account_id, price_id);

CREATE INDEX subscription_items_subscription_id_idx ON public.subscription_items USING btree (account_id, subscription_id);

CREATE INDEX subscription_schedules_created_at_idx ON public.subscription_schedules USING btree (account_id, created_at, id);

CREATE INDEX subscription_schedules_customer_id_idx ON public.subscription_schedules USING btree (account_id, customer_id);

CREATE INDEX subscriptions_created_at_idx ON public.subscriptions USING btree (account_id, created_at, id);

CREATE INDEX subscriptions_customer_id_idx ON public.subscriptions USING btree (account_id, customer_id, ended_at);

CREATE INDEX subscriptions_default_payment_method_id_idx ON public.subscriptions USING btree (account_id, default_payment_method_id) WHERE (default_payment_method_id IS NOT NULL);

CREATE INDEX subscriptions_ended_idx ON public.subscriptions USING btree (account_id, created_at, id) WHERE (ended_at IS NOT NULL);

CREATE INDEX subscriptions_status_idx ON public.subscriptions USING btree (account_id, status, created_at, id);

CREATE INDEX subscriptions_test_clock_id_idx ON public.subscriptions USING btree (account_id, test_clock_id) WHERE (test_clock_id IS NOT NULL);

CREATE INDEX subscriptions_thresholds_idx ON public.subscriptions USING btree (account_id, customer_id) WHERE (has_thresholds AND (ended_at IS NULL));

CREATE INDEX tax_ids_customer_id_idx ON public.tax_ids USING btree (account_id, customer_id, created_at, id);

CREATE INDEX tax_rates_created_at_idx ON public.tax_rates USING btree (account_id, created_at, id);

CREATE INDEX test_clocks_advancing_idx ON public.test_clocks USING btree (account_id, id) WHERE (status = 'advancing'::text);

CREATE INDEX test_clocks_created_at_idx ON public.test_clocks USING btree (account_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX test_clocks_deletes_after_idx ON public.test_clocks USING btree (deletes_after) WHERE (deleted_at IS NULL);

CREATE INDEX thin_events_created_at_idx ON public.thin_events USING btree (account_id, created_at, id);

CREATE INDEX usage_hours_unfolded_idx ON public.usage_hours USING btree (series_id, hour_at) WHERE (NOT folded);

CREATE INDEX usage_minutes_unfolded_idx ON public.usage_minutes USING btree (series_id, minute_at) WHERE (NOT folded);

CREATE INDEX usage_series_created_at_idx ON public.usage_series USING btree (account_id, meter_id, created_at) WHERE (dimensions <> '{}'::jsonb);

CREATE INDEX usage_series_dimensions_idx ON public.usage_series USING btree (account_id, meter_id, dimensions) WHERE (dimensions <> '{}'::jsonb);

CREATE UNIQUE INDEX usage_series_key ON public.usage_series USING btree (account_id, meter_id, customer_id, dimensions);

CREATE UNIQUE INDEX users_email_key ON public.users USING btree (email);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.billing_settings
    ADD CONSTRAINT billing_settings_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.charges
    ADD CONSTRAINT charges_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.charges
    ADD CONSTRAINT charges_account_id_payment_intent_id_fkey FOREIGN KEY (account_id, payment_intent_id) REFERENCES public.payment_intents(account_id, id);

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.credit_note_lines
    ADD CONSTRAINT credit_note_lines_account_id_credit_note_id_fkey FOREIGN KEY (account_id, credit_note_id) REFERENCES public.credit_notes(account_id, id);

ALTER TABLE ONLY public.credit_note_lines
    ADD CONSTRAINT credit_note_lines_account_id_invoice_line_id_fkey FOREIGN KEY (account_id, invoice_line_id) REFERENCES public.invoice_lines(account_id, id);

ALTER TABLE ONLY public.credit_note_refunds
    ADD CONSTRAINT credit_note_refunds_account_id_credit_note_id_fkey FOREIGN KEY (account_id, credit_note_id) REFERENCES public.credit_notes(account_id, id);

ALTER TABLE ONLY public.credit_note_refunds
    ADD CONSTRAINT credit_note_refunds_account_id_refund_id_fkey FOREIGN KEY (account_id, refund_id) REFERENCES public.refunds(account_id, id);

ALTER TABLE ONLY public.credit_notes
    ADD CONSTRAINT credit_notes_account_id_balance_transaction_id_fkey FOREIGN KEY (account_id, balance_transaction_id) REFERENCES public.customer_balance_transactions(account_id, id);

ALTER TABLE ONLY public.credit_notes
    ADD CONSTRAINT credit_notes_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.credit_notes
    ADD CONSTRAINT credit_notes_account_id_invoice_id_fkey FOREIGN KEY (account_id, invoice_id) REFERENCES public.invoices(account_id, id);

ALTER TABLE ONLY public.customer_balance_transactions
    ADD CONSTRAINT customer_balance_transactions_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.customer_invoice_prefixes
    ADD CONSTRAINT customer_invoice_prefixes_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_account_id_test_clock_id_fkey FOREIGN KEY (account_id, test_clock_id) REFERENCES public.test_clocks(account_id, id);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_default_payment_method_fkey FOREIGN KEY (account_id, default_payment_method_id, id) REFERENCES public.payment_methods(account_id, id, customer_id);

ALTER TABLE ONLY public.dashboard_sessions
    ADD CONSTRAINT dashboard_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.discounts
    ADD CONSTRAINT discounts_account_id_coupon_key_fkey FOREIGN KEY (account_id, coupon_key) REFERENCES public.coupons(account_id, key);

ALTER TABLE ONLY public.discounts
    ADD CONSTRAINT discounts_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.discounts
    ADD CONSTRAINT discounts_account_id_promotion_code_id_fkey FOREIGN KEY (account_id, promotion_code_id) REFERENCES public.promotion_codes(account_id, id);

ALTER TABLE ONLY public.due_work
    ADD CONSTRAINT due_work_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.invoice_items
    ADD CONSTRAINT invoice_items_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.invoice_items
    ADD CONSTRAINT invoice_items_account_id_invoice_id_fkey FOREIGN KEY (account_id, invoice_id) REFERENCES public.invoices(account_id, id);

ALTER TABLE ONLY public.invoice_items
    ADD CONSTRAINT invoice_items_account_id_price_id_fkey FOREIGN KEY (account_id, price_id) REFERENCES public.prices(account_id, id);

ALTER TABLE ONLY public.invoice_lines
    ADD CONSTRAINT invoice_lines_account_id_invoice_id_fkey FOREIGN KEY (account_id, invoice_id) REFERENCES public.invoices(account_id, id);

ALTER TABLE ONLY public.invoice_lines
    ADD CONSTRAINT invoice_lines_account_id_invoice_item_id_fkey FOREIGN KEY (account_id, invoice_item_id) REFERENCES public.invoice_items(account_id, id);

ALTER TABLE ONLY public.invoice_payments
    ADD CONSTRAINT invoice_payments_account_id_invoice_id_fkey FOREIGN KEY (account_id, invoice_id) REFERENCES public.invoices(account_id, id);

ALTER TABLE ONLY public.invoice_payments
    ADD CONSTRAINT invoice_payments_account_id_payment_intent_id_fkey FOREIGN KEY (account_id, payment_intent_id) REFERENCES public.payment_intents(account_id, id);

ALTER TABLE ONLY public.invoice_settings
    ADD CONSTRAINT invoice_settings_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_account_id_default_payment_method_id_fkey FOREIGN KEY (account_id, default_payment_method_id) REFERENCES public.payment_methods(account_id, id);

ALTER TABLE ONLY public.meter_event_adjustments
    ADD CONSTRAINT meter_event_adjustments_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.meter_event_sessions
    ADD CONSTRAINT meter_event_sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.metering_settings
    ADD CONSTRAINT metering_settings_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.meters
    ADD CONSTRAINT meters_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.payment_attempts
    ADD CONSTRAINT payment_attempts_account_id_payment_intent_id_fkey FOREIGN KEY (account_id, payment_intent_id) REFERENCES public.payment_intents(account_id, id);

ALTER TABLE ONLY public.payment_intents
    ADD CONSTRAINT payment_intents_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.payment_methods
    ADD CONSTRAINT payment_methods_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_account_id_meter_id_fkey FOREIGN KEY (account_id, meter_id) REFERENCES public.meters(account_id, id);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_account_id_product_id_fkey FOREIGN KEY (account_id, product_id) REFERENCES public.products(account_id, id);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_account_id_default_price_id_fkey FOREIGN KEY (account_id, default_price_id) REFERENCES public.prices(account_id, id);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.promotion_codes
    ADD CONSTRAINT promotion_codes_account_id_coupon_key_fkey FOREIGN KEY (account_id, coupon_key) REFERENCES public.coupons(account_id, key);

ALTER TABLE ONLY public.promotion_codes
    ADD CONSTRAINT promotion_codes_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_account_id_charge_id_fkey FOREIGN KEY (account_id, charge_id) REFERENCES public.charges(account_id, id);

ALTER TABLE ONLY public.rejected_meter_events
    ADD CONSTRAINT rejected_meter_events_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.request_logs
    ADD CONSTRAINT request_logs_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.setup_intents
    ADD CONSTRAINT setup_intents_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.subscription_items
    ADD CONSTRAINT subscription_items_account_id_price_id_fkey FOREIGN KEY (account_id, price_id) REFERENCES public.prices(account_id, id);

ALTER TABLE ONLY public.subscription_items
    ADD CONSTRAINT subscription_items_account_id_subscription_id_fkey FOREIGN KEY (account_id, subscription_id) REFERENCES public.subscriptions(account_id, id);

ALTER TABLE ONLY public.subscription_schedules
    ADD CONSTRAINT subscription_schedules_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_account_id_default_payment_method_id_fkey FOREIGN KEY (account_id, default_payment_method_id) REFERENCES public.payment_methods(account_id, id);

ALTER TABLE ONLY public.tax_ids
    ADD CONSTRAINT tax_ids_account_id_customer_id_fkey FOREIGN KEY (account_id, customer_id) REFERENCES public.customers(account_id, id);

ALTER TABLE ONLY public.tax_ids
    ADD CONSTRAINT tax_ids_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.tax_rates
    ADD CONSTRAINT tax_rates_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.test_clocks
    ADD CONSTRAINT test_clocks_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.test_gateway_refunds
    ADD CONSTRAINT test_gateway_refunds_account_id_charge_key_fkey FOREIGN KEY (account_id, charge_key) REFERENCES public.test_gateway_charges(account_id, idempotency_key);

ALTER TABLE ONLY public.thin_events
    ADD CONSTRAINT thin_events_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);
