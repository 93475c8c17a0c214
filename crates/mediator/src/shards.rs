//! One mailbox in several PostgreSQL databases.
//!
//! An account lives in one of them with all it has, so what bounds it is as exact as in one. A new
//! one goes to the database that its DID is worth most to (each weighs DIDs by a key of its own), or to
//! the next that takes more accounts; there it stays, so neither the order of the addresses nor a
//! database that is added moves anybody.
//!
//! Where an account or a recipient is, is asked of all databases by one small statement each, and
//! remembered; what is remembered is a guess, and whoever is not found there is asked for again. That
//! a DID is nobody's is said only once every database said so: while one is away, it may be its.
//!
//! A DID is given away (granted, moved to, registered) to one account only, in whichever database:
//!
//! 1. The account's database writes down a *claim*, unless any database knows the DID already.
//! 2. Each of the others takes away weaker claims to it that it has, and says whether it knows the
//!    DID or has a stronger claim; then ours is withdrawn, and it begins again.
//! 3. The account's database gives the DID away in the transaction that takes away the claim; if that
//!    is gone, it begins again.
//!
//! Of two who do so at once in two databases, one's claim was written before the other looked for
//! it in the second step, so the other takes it away, comes too late, or gives up. That rests on
//! no clock and on nobody's staying alive: a claim that is left over holds nothing, and is taken
//! away by who comes next. Nothing else has to be kept or cleared away when a DID becomes free.
//!
//! Each database has the list of all. A node that was started with fewer gives nothing away and says
//! of nobody that he is unknown, see [`crate::postgres`].

mod find;
mod give;
mod guesses;
mod make;
mod run;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::{join_all, select_ok, try_join_all};
use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{Change, Facts, Mailbox, MailboxError, Outcome, Question, Quota},
    time::Timestamp,
};
use tokio::sync::mpsc::UnboundedSender;

use crate::postgres::{Found, Name, Postgres, Role};
use guesses::Guesses;
use run::Run;

/// A [`Mailbox`] in one or several databases. Totals of a [`Quota`] are for each of them.
///
/// While a database is away, so are its accounts, those that are not known yet, and whatever gives
/// a DID to an account; the others' mail comes and goes.
pub struct Shards {
    shards: Arc<[Postgres]>,
    guesses: Guesses,
    kept: Mutex<BTreeMap<&'static str, Vec<u8>>>,
}

impl Shards {
    /// Opens the databases at these addresses, as [`Postgres::open`] does, in whatever order. Those
    /// that were not of this mailbox before are from now on.
    ///
    /// # Errors
    /// [`MailboxError::Away`] if one cannot be reached; [`MailboxError::Broken`] for the reasons of
    /// [`Postgres::open`], if one that belongs to these is missing, if two addresses are of one
    /// database, or if two databases were of different mediators.
    pub async fn open(
        urls: &[String],
        quota: Quota,
        woken: UnboundedSender<Did>,
    ) -> Result<Self, MailboxError> {
        let finding = (1..).zip(urls).map(|(number, url)| async move {
            let found = Found::at(url).await;
            found.map_err(|error| of_database(number, urls.len(), error))
        });
        let mut found = try_join_all(finding).await?;
        let ids: BTreeSet<Name> = found.iter().map(Found::id).collect();
        if ids.len() < found.len() {
            return Err(MailboxError::Broken(
                "two of the addresses are of the same database, or of a copy of it".into(),
            ));
        }
        let ids: Vec<Name> = ids.into_iter().collect();
        for one in &found {
            one.expect_within(&ids)?;
        }
        if !found.iter().all(|one| one.knows(&ids)) {
            let mut kept = BTreeSet::new();
            if !found
                .iter()
                .flat_map(Found::kept)
                .all(|name| kept.insert(name))
            {
                return Err(MailboxError::Broken(
                    "two of the databases are of different mediators".into(),
                ));
            }
            for one in &mut found {
                one.join(&ids).await?;
            }
        }
        let starting = found
            .into_iter()
            .map(|one| one.start(ids.clone(), quota, woken.clone()));
        Ok(Self {
            shards: try_join_all(starting).await?.into(),
            guesses: Guesses::default(),
            kept: Mutex::default(),
        })
    }

    /// Makes something of a DID's database; `nobody` if no database has the DID.
    async fn at_home<'a, T, F>(
        &'a self,
        role: Role,
        did: &Did,
        nobody: T,
        make: impl Fn(&'a Postgres) -> F + Send + Sync,
    ) -> Result<T, MailboxError>
    where
        T: PartialEq + Send + Sync,
        F: Future<Output = Result<T, MailboxError>> + Send,
    {
        let guess = match self.shards.len() {
            1 => Some(0),
            _ => self.guesses.get(role, did),
        };
        if let Some(shard) = guess.and_then(|place| self.shards.get(place)) {
            let made = make(shard).await?;
            if made != nobody {
                return Ok(made);
            }
        }
        // It may go to another database just while it is asked for.
        for _ in 0..give::TRIES {
            let Some(shard) = self.home(role, did).await? else {
                return Ok(nobody);
            };
            let made = make(shard).await?;
            if made != nobody {
                return Ok(made);
            }
        }
        Err(give::contested())
    }

    /// What was kept stays as it is, so later it is enough that any database answers.
    async fn read_kept(&self, name: &'static str, now: Timestamp) -> Result<Facts, MailboxError> {
        let ask = |shard| Postgres::look(shard, Question::Kept(name), now);
        let known = self.kept().get(name).cloned();
        if let Some(known) = known {
            select_ok(self.shards.iter().map(|shard| Box::pin(ask(shard)))).await?;
            return Ok(Facts::Kept(Some(known)));
        }
        let nothing = Facts::Kept(None);
        let facts = self.first(ask, &nothing).await?.unwrap_or(nothing);
        if let Facts::Kept(Some(value)) = &facts {
            self.kept().insert(name, value.clone());
        }
        Ok(facts)
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<&'static str, Vec<u8>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox for Shards {
    async fn apply(
        &self,
        changes: Vec<Change>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, MailboxError> {
        let mut outcomes = Vec::with_capacity(changes.len());
        for run in run::runs(changes) {
            match run {
                Run::Grant(account) => outcomes.push(self.grant(account, now).await?),
                Run::Move(from, to) => outcomes.push(self.move_to(from, to, now).await?),
                Run::Register(account, recipients) => {
                    outcomes.extend(self.register(account, recipients, now).await?);
                }
                Run::Keep(name, value) => outcomes.push(self.keep(name, value, now).await?),
                Run::Local(locals) => outcomes.extend(self.make(locals, now).await?),
            }
        }
        Ok(outcomes)
    }

    async fn look(&self, question: Question, now: Timestamp) -> Result<Facts, MailboxError> {
        let account = match &question {
            Question::Kept(name) => return self.read_kept(name, now).await,
            // Who made it stands nowhere in its link.
            Question::Hosted(_) => {
                let nothing = Facts::Hosted(None);
                let ask = |shard| Postgres::look(shard, question.clone(), now);
                return Ok(self.first(ask, &nothing).await?.unwrap_or(nothing));
            }
            Question::Account(account)
            | Question::Recipients { account, .. }
            | Question::Status { account, .. } => account,
            Question::Mail(fetch) => &fetch.account,
        };
        let look = |shard| Postgres::look(shard, question.clone(), now);
        self.at_home(Role::Account, account, Facts::NoAccount, look)
            .await
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, MailboxError> {
        let sweeping = self.shards.iter().map(|shard| async move {
            shard.sweep_claims().await?;
            shard.sweep(now).await
        });
        let (mut swept, mut failed) = (0, None);
        for one in join_all(sweeping).await {
            match one {
                Ok(count) => swept += count,
                Err(error) => failed = Some(error),
            }
        }
        // As long as something goes, it is swept on.
        match failed {
            Some(error) if swept == 0 => Err(error),
            Some(_) | None => Ok(swept),
        }
    }

    async fn attend(&self, account: &Did, here: bool) {
        if here {
            let home = match self.guesses.get(Role::Account, account) {
                Some(place) => self.shards.get(place),
                None => self
                    .home(Role::Account, account)
                    .await
                    .unwrap_or_else(|error| {
                        tracing::debug!(%error, "the presence was not recorded");
                        None
                    }),
            };
            if let Some(home) = home {
                home.attend(account, true).await;
            }
            return;
        }
        // It may have gone elsewhere since; who does not know of it has nothing to do.
        join_all(self.shards.iter().map(|shard| shard.attend(account, false))).await;
    }
}

/// Says which of several it was; its address may hold a password.
fn of_database(number: usize, of: usize, error: MailboxError) -> MailboxError {
    match error {
        _ if of == 1 => error,
        MailboxError::Full => MailboxError::Full,
        MailboxError::Away(text) => {
            MailboxError::Away(format!("database {number} of {of}: {text}"))
        }
        MailboxError::Broken(text) => {
            MailboxError::Broken(format!("database {number} of {of}: {text}"))
        }
    }
}

impl fmt::Debug for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shards").finish_non_exhaustive()
    }
}
