//! What several databases need of one another: who has a DID, and that two do not give it away at
//! once. How it goes together is told in [`crate::shards`].

use std::collections::{BTreeMap, BTreeSet};

use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{Change, MailboxError, Outcome},
    time::Timestamp,
};

use super::{
    Postgres,
    apply::Apply,
    connection::{bounded, insisting},
    failure::Failure,
    name::Name,
    shard,
};

/// Seconds for which a claim may keep off one that is weaker. Nothing is wrong if its holder took
/// longer: it then tries again.
const YOUNG: f64 = 10.0;
/// Seconds after which a claim is taken for one whose holder is gone.
const OLD: f64 = 600.0;

/// What a DID is to the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// It was granted mediation.
    Account,
    /// Somebody registered it.
    Recipient,
}

/// Claims that stand and fall together.
#[derive(Clone, Debug)]
pub(crate) struct Claims {
    pub(crate) role: Role,
    pub(crate) dids: Vec<Did>,
    /// Drawn for each try; of two that meet, the larger is the stronger.
    pub(crate) token: i64,
}

impl Postgres {
    /// What this database calls the DID.
    pub(crate) fn name(&self, did: &Did) -> Name {
        self.names.of(did)
    }

    /// What this database calls itself.
    pub(crate) fn id(&self) -> Name {
        self.names.of_database()
    }

    /// Under which account each of these DIDs is known here, if it is.
    ///
    /// # Errors
    /// [`MailboxError`]; also if there are more databases than this node knows of.
    pub(crate) async fn find(
        &self,
        asked: &[(Role, &Did)],
    ) -> Result<Vec<Option<Name>>, MailboxError> {
        let asked: Vec<(Role, Name)> = asked
            .iter()
            .map(|(role, did)| (*role, self.names.of(did)))
            .collect();
        let of = |wanted| -> Vec<&[u8]> {
            let own = asked.iter().filter(move |(role, _)| *role == wanted);
            own.map(|(_, name)| name.as_slice()).collect()
        };
        let find = async {
            let client = self.pool.get().await?;
            let statement = client
                .prepare_cached(
                    "select true, name, name from account where name = any($1)
                    union all
                    select false, r.name, a.name
                    from recipient r join account a on a.id = r.account
                    where r.name = any($2) and r.is_registered
                    union all
                    select null, id, id from shard",
                )
                .await?;
            let (accounts, recipients) = (of(Role::Account), of(Role::Recipient));
            let rows = client.query(&statement, &[&accounts, &recipients]).await?;
            let mut shards = BTreeSet::new();
            let mut known = BTreeMap::new();
            for row in rows {
                let (named, account) =
                    (shard::name(row.try_get(1)?)?, shard::name(row.try_get(2)?)?);
                let role = match row.try_get(0)? {
                    Some(true) => Role::Account,
                    Some(false) => Role::Recipient,
                    None => {
                        shards.insert(named);
                        continue;
                    }
                };
                known.insert((role, named), account);
            }
            if !shards.iter().eq(&self.shards) {
                return Err(shard::outdated());
            }
            Ok::<_, Failure>(known)
        };
        let known = bounded(find).await.map_err(Failure::last)?;
        Ok(asked.iter().map(|one| known.get(one).copied()).collect())
    }

    /// Writes down that these DIDs are about to be given to an account of this database.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub(crate) async fn claim(&self, claims: &Claims) -> Result<(), MailboxError> {
        let names = self.names_of(claims);
        let claim = async {
            let client = self.pool.get().await?;
            let statement = client
                .prepare_cached(
                    "insert into claim (name, is_account, token)
                    select unnest($1::bytea[]), $2, $3",
                )
                .await?;
            client
                .execute(
                    &statement,
                    &[&names, &claims.is_of_accounts(), &claims.token],
                )
                .await?;
            Ok::<_, Failure>(())
        };
        bounded(claim).await.map_err(Failure::last)
    }

    /// Whether, as far as this database is concerned, claims that were written down in another hold:
    /// nobody here has any of the DIDs, and whoever was about to give them away here now fails.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub(crate) async fn yields(&self, claims: &Claims) -> Result<bool, MailboxError> {
        insisting(|| self.yields_once(claims)).await
    }

    async fn yields_once(&self, claims: &Claims) -> Result<bool, Failure> {
        let (names, is_account) = (self.names_of(claims), claims.is_of_accounts());
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        // Whoever holds one of these is either done before we look below, or finds it gone.
        let delete = tx
            .prepare_cached(
                "with weaker as materialized (
                    select name, token from claim
                    where name = any($1) and is_account = $2
                        and (token < $3 or since < now() - make_interval(secs => $4))
                    order by name, token for update
                )
                delete from claim c using weaker w
                where c.name = w.name and c.is_account = $2 and c.token = w.token",
            )
            .await?;
        tx.execute(&delete, &[&names, &is_account, &claims.token, &YOUNG])
            .await?;
        // A statement of its own, because it has to see what was done while the first one waited.
        let look = tx
            .prepare_cached(
                "select not exists (
                        select from claim where name = any($1) and is_account = $2 and token >= $3
                    ) and not exists (select from account where $2 and name = any($1))
                    and not exists (
                        select from recipient where not $2 and name = any($1) and is_registered
                    )",
            )
            .await?;
        let row = tx
            .query_one(&look, &[&names, &is_account, &claims.token])
            .await?;
        let is_free = row.try_get(0)?;
        tx.commit().await?;
        Ok(is_free)
    }

    /// Makes the changes if the claims are still there, and takes those away; `None` if they are
    /// not.
    ///
    /// # Errors
    /// [`MailboxError`]; also if there are more databases than this node knows of.
    pub(crate) async fn fulfil(
        &self,
        claims: &Claims,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<Option<Vec<Outcome>>, MailboxError> {
        let apply = self.applying(now);
        let made = insisting(|| self.fulfil_once(&apply, claims, changes)).await?;
        Ok(made.map(|(outcomes, got)| {
            self.waking.add(got);
            outcomes
        }))
    }

    async fn fulfil_once(
        &self,
        apply: &Apply<'_>,
        claims: &Claims,
        changes: &[Change],
    ) -> Result<Option<(Vec<Outcome>, Vec<i64>)>, Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        shard::expect(&tx, &self.shards).await?;
        if self.take_away(&tx, claims).await? < claims.dids.len() as u64 {
            return Ok(None);
        }
        let made = apply.within(&tx, changes).await?;
        tx.commit().await?;
        Ok(Some(made))
    }

    /// Gives claims up.
    ///
    /// # Errors
    /// [`MailboxError`]: they are taken for those of somebody who is gone, after a while.
    pub(crate) async fn withdraw(&self, claims: &Claims) -> Result<(), MailboxError> {
        let withdraw = async {
            let client = self.pool.get().await?;
            self.take_away(&client, claims).await
        };
        bounded(withdraw).await.map_err(Failure::last)?;
        Ok(())
    }

    /// Takes away what those left who are gone.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub(crate) async fn sweep_claims(&self) -> Result<(), MailboxError> {
        let sweep = async {
            let client = self.pool.get().await?;
            let old = "delete from claim where since < now() - make_interval(secs => $1)";
            client.execute(old, &[&OLD]).await?;
            Ok::<_, Failure>(())
        };
        bounded(sweep).await.map_err(Failure::last)
    }

    async fn take_away(
        &self,
        client: &impl deadpool_postgres::GenericClient,
        claims: &Claims,
    ) -> Result<u64, Failure> {
        if claims.dids.is_empty() {
            return Ok(0);
        }
        let names = self.names_of(claims);
        let delete = client
            .prepare_cached(
                "with own as materialized (
                    select name from claim where name = any($1) and is_account = $2 and token = $3
                    order by name for update
                )
                delete from claim c using own o
                where c.name = o.name and c.is_account = $2 and c.token = $3",
            )
            .await?;
        let gone = client
            .execute(&delete, &[&names, &claims.is_of_accounts(), &claims.token])
            .await?;
        Ok(gone)
    }

    fn names_of(&self, claims: &Claims) -> Vec<Vec<u8>> {
        let names = claims.dids.iter().map(|did| self.names.of(did).to_vec());
        names.collect()
    }
}

impl Claims {
    fn is_of_accounts(&self) -> bool {
        self.role == Role::Account
    }
}
