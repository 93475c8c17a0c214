//! Questions.

use deadpool_postgres::Client;
use signet_didcomm::{coordinate_mediation::Paginate, did::Did};
use signet_protocol::{
    mediator::{Facts, Fetch, MailId, Question, Room, Waiting},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{apply::account_id, failure::Failure, hosted, kept, name::Names, number, put::did};

pub(super) async fn look(
    client: &Client,
    names: &Names,
    question: &Question,
    now: Timestamp,
) -> Result<Facts, Failure> {
    match question {
        Question::Account(account) => kept_form(client, names, account).await,
        Question::Recipients {
            account,
            page,
            most,
        } => recipients(client, names, account, *page, *most).await,
        Question::Status { account, recipient } => {
            let waiting = waiting(client, names, account, recipient.as_ref()).await?;
            Ok(waiting.map_or(Facts::NoAccount, |(_, waiting)| Facts::Status(waiting)))
        }
        Question::Mail(fetch) => mail(client, names, fetch, now).await,
        Question::Kept(name) => kept::kept(client, name).await,
        Question::Hosted(id) => hosted::hosted(client, *id, now).await,
    }
}

async fn kept_form(client: &Client, names: &Names, account: &Did) -> Result<Facts, Failure> {
    let statement = client
        .prepare_cached("select did from account where name = $1")
        .await?;
    let name = names.of(account);
    let Some(row) = client.query_opt(&statement, &[&name.as_slice()]).await? else {
        return Ok(Facts::NoAccount);
    };
    Ok(Facts::Account(did(row.try_get(0)?)?))
}

async fn recipients(
    client: &Client,
    names: &Names,
    account: &Did,
    page: Option<Paginate>,
    most: usize,
) -> Result<Facts, Failure> {
    let Some(account) = account_id(client, &names.of(account)).await? else {
        return Ok(Facts::NoAccount);
    };
    let (limit, offset) = page.map_or((u64::MAX, 0), |page| (page.limit, page.offset));
    let limit = limit.min(most as u64);
    // One statement, so that the page and the total are of one moment.
    let statement = client
        .prepare_cached(
            "select array(
                    select did from recipient where account = $1 and is_registered
                    order by name offset $2 limit $3
                ),
                (select count(*) from recipient where account = $1 and is_registered)",
        )
        .await?;
    let row = client
        .query_one(&statement, &[&account, &number(offset), &number(limit)])
        .await?;
    Ok(Facts::Recipients {
        dids: row.try_get(0)?,
        total: usize::try_from(row.try_get::<_, i64>(1)?).unwrap_or_default(),
    })
}

/// The account's row and what waits for it, or for one DID of it; `None` without account.
async fn waiting(
    client: &Client,
    names: &Names,
    account: &Did,
    recipient: Option<&Did>,
) -> Result<Option<(i64, Waiting)>, Failure> {
    let name = names.of(account);
    let row = match recipient {
        None => {
            let statement = client
                .prepare_cached(
                    "select a.id, a.messages, a.bytes,
                        (select m.came from mail m where m.account = a.id order by m.id limit 1),
                        (select m.came from mail m where m.account = a.id
                            order by m.id desc limit 1)
                    from account a where a.name = $1",
                )
                .await?;
            client.query_opt(&statement, &[&name.as_slice()]).await?
        }
        Some(recipient) => {
            let statement = client
                .prepare_cached(
                    "select a.id, coalesce(r.messages, 0), coalesce(r.bytes, 0),
                        null::bigint, null::bigint
                    from account a left join recipient r on r.account = a.id and r.name = $2
                    where a.name = $1",
                )
                .await?;
            let recipient = names.of(recipient);
            client
                .query_opt(&statement, &[&name.as_slice(), &recipient.as_slice()])
                .await?
        }
    };
    row.map(|row| Ok((row.try_get(0)?, read_waiting(&row)?)))
        .transpose()
}

fn read_waiting(row: &Row) -> Result<Waiting, Failure> {
    let count = |index| -> Result<u64, Failure> {
        Ok(row.try_get::<_, i64>(index)?.try_into().unwrap_or_default())
    };
    let time = |index| -> Result<Option<Timestamp>, Failure> {
        let time: Option<i64> = row.try_get(index)?;
        Ok(time.map(|time| Timestamp(time.try_into().unwrap_or_default())))
    };
    Ok(Waiting {
        room: Room {
            messages: count(1)?,
            bytes: count(2)?,
        },
        // Clocks of two nodes may disagree.
        span: time(3)?.zip(time(4)?).map(|(a, b)| (a.min(b), a.max(b))),
    })
}

async fn mail(
    client: &Client,
    names: &Names,
    fetch: &Fetch,
    now: Timestamp,
) -> Result<Facts, Failure> {
    let found = waiting(client, names, &fetch.account, fetch.recipient.as_ref()).await?;
    let Some((account, waiting)) = found else {
        return Ok(Facts::NoAccount);
    };
    let except = fetch.except.iter().filter_map(|id| id.0.try_into().ok());
    let except: Vec<i64> = except.collect();
    let recipient = fetch.recipient.as_ref().map(|did| names.of(did));
    // For one DID the account's mail is looked through, which its quota bounds; an index of its
    // own would cost every put.
    let statement = client
        .prepare_cached(
            "select id, envelope from (
                select id, envelope,
                    row_number() over (order by id) as place,
                    sum(octet_length(envelope)) over (order by id) as bytes
                from (
                    select id, envelope from mail
                    where account = $1 and due <= $2 and until >= $2 and id <> all ($3)
                        and ($4::bytea is null or recipient =
                            (select r.id from recipient r where r.account = $1 and r.name = $4))
                    order by id limit $5
                ) oldest
            ) page
            where place = 1 or bytes <= $6
            order by id",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                &account,
                &number(now.0),
                &except,
                &recipient.as_ref().map(|name| name.as_slice()),
                &number(fetch.most as u64),
                &number(fetch.bytes as u64),
            ],
        )
        .await?;
    let mail = rows.into_iter().map(|row| {
        let id: i64 = row.try_get(0)?;
        Ok((MailId(id.try_into().unwrap_or_default()), row.try_get(1)?))
    });
    Ok(Facts::Mail {
        mail: mail.collect::<Result<_, Failure>>()?,
        waiting,
    })
}
