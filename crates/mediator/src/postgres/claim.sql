-- Which databases are one mailbox, this one among them, each by its name of itself.
create table shard (
    id bytea primary key
);

-- Somebody is about to give this name to an account of this database, and asks the other databases
-- whether it is theirs. `since` is by the database's clock.
create table claim (
    name bytea not null,
    is_account boolean not null,
    token bigint not null,
    since timestamptz not null default now(),
    primary key (name, is_account, token)
);
