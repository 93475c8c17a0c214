use std::collections::BTreeSet;

use signet_didcomm::did::Did;
use signet_protocol::mediator::{Fetch, Hosted, HostedId, Mail, MailId, Room, Waiting};

use super::*;

const QUOTA: Quota = Quota {
    accounts: 100,
    recipients: 100,
    recipient: Room {
        messages: 10_000,
        bytes: 1 << 30,
    },
    account: Room {
        messages: 10_000,
        bytes: 1 << 30,
    },
    bytes: 1 << 30,
};
const NOW: Timestamp = Timestamp(1_000_000);

fn did(name: &str) -> Did {
    Did::parse(&format!("did:example:{name}")).unwrap()
}

fn mail(recipient: &str, n: usize) -> Change {
    Change::Put(Mail {
        recipient: did(recipient),
        envelope: letter(n),
        from: NOW,
        until: Timestamp(2_000_000),
    })
}

/// Letters of all lengths, each its own.
fn letter(n: usize) -> Vec<u8> {
    let mut letter = vec![b'a'; n * 37 % 3000];
    letter.extend_from_slice(format!("{n}").as_bytes());
    letter
}

/// An account `a` that registered `r`.
async fn begun(mailbox: &SledMailbox) {
    let changes = vec![
        Change::Grant { account: did("a") },
        Change::Register {
            account: did("a"),
            recipient: did("r"),
        },
        Change::Keep {
            name: "identity",
            value: b"secret".to_vec(),
        },
    ];
    let outcomes = mailbox.apply(changes, NOW).await.unwrap();
    assert_eq!(outcomes, [Outcome::Done, Outcome::Done, Outcome::Done]);
}

async fn put(mailbox: &SledMailbox, letters: impl IntoIterator<Item = usize>) {
    let changes = letters.into_iter().map(|n| mail("r", n)).collect();
    for outcome in mailbox.apply(changes, NOW).await.unwrap() {
        assert_eq!(outcome, Outcome::Stored { account: did("a") });
    }
}

async fn remove(mailbox: &SledMailbox, ids: impl IntoIterator<Item = u64>) {
    let remove = Change::Remove {
        account: did("a"),
        ids: ids.into_iter().map(MailId).collect(),
    };
    let outcomes = mailbox.apply(vec![remove], NOW).await.unwrap();
    assert_eq!(outcomes, [Outcome::Done]);
}

/// Everything that can be asked: ids and envelopes, how much waits, the registered DIDs, what is kept.
async fn all(mailbox: &SledMailbox) -> (Vec<(MailId, Vec<u8>)>, Waiting, Facts, Facts) {
    let fetch = Fetch {
        account: did("a"),
        recipient: None,
        most: usize::MAX,
        bytes: usize::MAX,
        except: BTreeSet::new(),
    };
    let Ok(Facts::Mail { mail, waiting }) = mailbox.look(Question::Mail(fetch), NOW).await else {
        panic!("no mail");
    };
    let recipients = Question::Recipients {
        account: did("a"),
        page: None,
        most: 10,
    };
    let recipients = mailbox.look(recipients, NOW).await.unwrap();
    let kept = mailbox.look(Question::Kept("identity"), NOW).await.unwrap();
    (mail, waiting, recipients, kept)
}

fn segments(dir: &Path) -> usize {
    let names = fs::read_dir(dir)
        .unwrap()
        .map(|found| found.unwrap().file_name());
    names
        .filter(|name| name.to_str().unwrap().starts_with("mail-"))
        .count()
}

#[tokio::test]
async fn an_index_that_is_gone_is_built_again_out_of_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();
    begun(&mailbox).await;
    put(&mailbox, 0..300).await;
    remove(&mailbox, (1..=300).filter(|n| n % 3 == 0)).await;
    let before = all(&mailbox).await;
    assert_eq!(before.0.len(), 200);
    assert_eq!(before.3, Facts::Kept(Some(b"secret".to_vec())));
    drop(mailbox);

    fs::remove_dir_all(dir.path().join(INDEX)).unwrap();
    let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();

    assert_eq!(all(&mailbox).await, before);
    // And it goes on where it was: ids are not given twice.
    put(&mailbox, [7]).await;
    let after = all(&mailbox).await.0;
    assert_eq!(after.last().unwrap().0, MailId(301));
}

#[tokio::test]
async fn what_was_torn_off_the_end_of_the_log_was_promised_to_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();
    begun(&mailbox).await;
    put(&mailbox, 0..10).await;
    let before = all(&mailbox).await;
    drop(mailbox);
    let log = dir.path().join("mail-00000001");
    let sound = fs::read(&log).unwrap();
    let index = dir.path().join(INDEX);
    let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();
    put(&mailbox, [11]).await;
    drop(mailbox);
    let whole = fs::read(&log).unwrap();
    let first_new = sound.iter().zip(&whole).position(|(a, b)| a != b).unwrap();

    for length in [first_new + 1, first_new + 100, first_new + 500] {
        fs::write(&log, &whole[..length]).unwrap();
        fs::remove_dir_all(&index).unwrap();
        let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();
        assert_eq!(all(&mailbox).await, before, "{length}");
    }
}

#[tokio::test]
async fn an_index_ahead_of_the_log_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();
    begun(&mailbox).await;
    put(&mailbox, 0..10).await;
    let before = all(&mailbox).await;
    drop(mailbox);
    let log = dir.path().join("mail-00000001");
    let sound = fs::read(&log).unwrap();
    let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();
    put(&mailbox, 10..20).await;
    drop(mailbox);

    fs::write(&log, sound).unwrap();
    let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();

    assert_eq!(all(&mailbox).await, before);
}

#[tokio::test]
async fn room_of_what_is_gone_is_given_back_and_what_waits_stays() {
    let dir = tempfile::tempdir().unwrap();
    let open = || SledMailbox::open_in_parts(dir.path(), QUOTA, 64 * 1024).unwrap();
    let mailbox = open();
    begun(&mailbox).await;
    put(&mailbox, [0]).await;
    let mut last = 1;
    let mut most = 0;
    for round in 0..60 {
        put(&mailbox, (0..40).map(|n| round * 40 + n)).await;
        // All but the first of each round goes.
        remove(&mailbox, last + 2..=last + 40).await;
        last += 40;
        most = most.max(segments(dir.path()));
    }
    let before = all(&mailbox).await;
    let waiting: Vec<u64> = before.0.iter().map(|(id, _)| id.0).collect();
    let expected: Vec<u64> = std::iter::once(1)
        .chain((0..60).map(|r| 2 + r * 40))
        .collect();
    assert_eq!(waiting, expected);
    let written = 60 * 40 * 1700 / (64 * 1024);
    assert!(most < written / 4, "{most} segments of {written}");
    drop(mailbox);

    let mailbox = open();
    assert_eq!(all(&mailbox).await, before);
    drop(mailbox);
    fs::remove_dir_all(dir.path().join(INDEX)).unwrap();
    assert_eq!(all(&open()).await, before);
}

#[tokio::test]
async fn two_do_not_open_one_mailbox_and_mail_without_its_key_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = SledMailbox::open(dir.path(), QUOTA).unwrap();
    assert!(SledMailbox::open(dir.path(), QUOTA).is_err());
    drop(mailbox);

    fs::remove_file(dir.path().join(KEY_FILE)).unwrap();
    let refused = SledMailbox::open(dir.path(), QUOTA).err().unwrap();
    assert!(refused.to_string().contains("key is missing"), "{refused}");
}

/// Lets the log grow until it has given back its first segment.
async fn without_the_first(mailbox: &SledMailbox, dir: &Path) {
    let account = did("a");
    while dir.join("mail-00000001").exists() {
        let rounds = (0..50).flat_map(|n| {
            let (account, recipient) = (account.clone(), did(&format!("x{n}")));
            let register = Change::Register {
                account: account.clone(),
                recipient: recipient.clone(),
            };
            [register, Change::Unregister { account, recipient }]
        });
        mailbox.apply(rounds.collect(), NOW).await.unwrap();
    }
}

#[tokio::test]
async fn who_was_forgotten_stays_forgotten_when_the_log_has_lost_his_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let open = || SledMailbox::open_in_parts(dir.path(), QUOTA, 64 * 1024).unwrap();
    let mailbox = open();
    begun(&mailbox).await;
    let b = || did("b");
    let grant = |account| Change::Grant { account };
    let register = |account| Change::Register {
        account,
        recipient: did("of-b"),
    };
    mailbox.apply(vec![grant(b())], NOW).await.unwrap();
    put(&mailbox, 0..60).await;
    remove(&mailbox, 1..=60).await;
    assert_eq!(segments(dir.path()), 2);
    // His DID and his mail lie in the second part of the log, he himself in the first.
    let changes = vec![
        register(b()),
        mail("of-b", 1),
        mail("r", 2),
        Change::Forget { account: b() },
    ];
    mailbox.apply(changes, NOW).await.unwrap();
    without_the_first(&mailbox, dir.path()).await;
    assert!(dir.path().join("mail-00000002").exists());
    let before = all(&mailbox).await;
    drop(mailbox);

    fs::remove_dir_all(dir.path().join(INDEX)).unwrap();
    let mailbox = open();

    assert_eq!(all(&mailbox).await, before);
    let changes = vec![grant(did("c")), register(did("c"))];
    let outcomes = mailbox.apply(changes, NOW).await.unwrap();
    assert_eq!(outcomes, [Outcome::Done, Outcome::Done]);
    let question = Question::Status {
        account: did("c"),
        recipient: None,
    };
    let waiting = mailbox.look(question, NOW).await.unwrap();
    assert_eq!(waiting, Facts::Status(Waiting::default()));
}

#[tokio::test]
async fn no_number_is_given_twice_when_the_log_has_lost_where_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let open = || SledMailbox::open_in_parts(dir.path(), QUOTA, 64 * 1024).unwrap();
    let mailbox = open();
    begun(&mailbox).await;
    put(&mailbox, 0..30).await;
    remove(&mailbox, 1..=30).await;
    without_the_first(&mailbox, dir.path()).await;
    drop(mailbox);

    fs::remove_dir_all(dir.path().join(INDEX)).unwrap();
    let mailbox = open();
    put(&mailbox, [7]).await;

    // An acknowledgement of the first 30 that comes late takes nothing else.
    assert_eq!(all(&mailbox).await.0[0].0, MailId(31));
}

fn hosted(number: u8, invitation: &str) -> Change {
    Change::Host(Hosted {
        account: did("a"),
        id: HostedId([number; 16]),
        invitation: invitation.into(),
        until: Timestamp(2_000_000),
    })
}

async fn page(mailbox: &SledMailbox, number: u8) -> Facts {
    let question = Question::Hosted(HostedId([number; 16]));
    mailbox.look(question, NOW).await.unwrap()
}

#[tokio::test]
async fn hosted_invitations_outlive_the_part_of_the_log_that_began_them_and_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let open = || SledMailbox::open_in_parts(dir.path(), QUOTA, 64 * 1024).unwrap();
    let mailbox = open();
    begun(&mailbox).await;
    let changes = vec![
        hosted(1, "stays"),
        hosted(2, "goes"),
        Change::Unhost {
            account: did("a"),
            id: HostedId([2; 16]),
        },
    ];
    mailbox.apply(changes, NOW).await.unwrap();
    put(&mailbox, 0..30).await;
    remove(&mailbox, 1..=30).await;
    without_the_first(&mailbox, dir.path()).await;
    let there = Facts::Hosted(Some(b"stays".to_vec()));
    assert_eq!(page(&mailbox, 1).await, there);
    drop(mailbox);

    fs::remove_dir_all(dir.path().join(INDEX)).unwrap();
    let mailbox = open();

    assert_eq!(page(&mailbox, 1).await, there);
    assert_eq!(page(&mailbox, 2).await, Facts::Hosted(None));
    let again = mailbox.apply(vec![hosted(3, "stays")], NOW).await.unwrap();
    let until = Timestamp(2_000_000);
    let id = HostedId([1; 16]);
    assert_eq!(again, [Outcome::Hosted { id, until }]);
}
