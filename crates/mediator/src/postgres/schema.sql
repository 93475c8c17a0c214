-- Times are milliseconds since the Unix epoch as the mediator knows it; `node` alone goes by the
-- database's clock. A `name` is the keyed hash of a DID in its short form.

create table secret (
    is_only boolean primary key default true check (is_only),
    key bytea not null
);

-- What the mediator keeps of its own: who it is.
create table kept (
    name text primary key,
    value bytea not null
);

-- How many accounts there are.
create table census (
    is_only boolean primary key default true check (is_only),
    accounts bigint not null
);
insert into census (accounts) values (0);

create table account (
    id bigint generated always as identity primary key,
    name bytea not null unique,
    did text not null,
    -- How many it has registered.
    recipients bigint not null default 0,
    -- What waits for it.
    messages bigint not null default 0,
    bytes bigint not null default 0
) with (fillfactor = 80);

-- One that was unregistered stays for as long as something waits under it.
create table recipient (
    id bigint generated always as identity primary key,
    account bigint not null references account on delete cascade,
    name bytea not null,
    did text not null,
    is_registered boolean not null,
    messages bigint not null default 0,
    bytes bigint not null default 0,
    unique (account, name)
) with (fillfactor = 80);
create unique index recipient_registered on recipient (name) where is_registered;
create index recipient_left on recipient (id) where not is_registered;

-- The bytes of all that waits, in parts: one row would make every writer wait for every other.
create table total (
    part int primary key,
    bytes bigint not null
) with (fillfactor = 20);
insert into total select part, 0 from generate_series(0, 63) part;

create sequence mail_id;

-- Neither key points to its row: the rows are locked when one is put, and mail goes before them.
create table mail (
    account bigint not null,
    id bigint not null,
    recipient bigint not null,
    due bigint not null,
    until bigint not null,
    came bigint not null,
    envelope bytea not null,
    primary key (account, id)
) partition by hash (account);
create index mail_until on mail (until);

-- An envelope is encrypted, so it cannot be compressed; and most are small enough to stay in the row.
do $$
begin
    for part in 0..15 loop
        execute format(
            'create table mail_%s partition of mail for values with (modulus 16, remainder %s)
                with (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05)',
            part, part);
        execute format('alter table mail_%s alter column envelope set storage external', part);
    end loop;
end $$;

create table node (
    id bigint primary key,
    heartbeat timestamptz not null
);

-- The node holds a live connection for the account.
create table presence (
    account bigint not null,
    node bigint not null,
    primary key (account, node)
);
create index presence_node on presence (node);
