-- The invitations that have a page here, by what the page is called.
create table hosted (
    id bytea primary key,
    account bigint not null references account on delete cascade,
    until bigint not null,
    invitation bytea not null
);
-- Each once for each account.
create unique index hosted_invitation on hosted (account, sha256(invitation));
create index hosted_until on hosted (until);
