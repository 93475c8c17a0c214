//! discover-features 2.0: which protocols, goal codes, headers and limits does the other know?
//!
//! Whoever is asked decides what to tell: [`disclose`] picks from the features it is given, and
//! an answer without any is one too. Source: DIDComm Messaging v2.1, "Discover Features
//! Protocol 2.0".

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use super::{body, wildcard};
use crate::message::Message;

/// The questions.
pub const QUERIES: &str = "https://didcomm.org/discover-features/2.0/queries";
/// The answer, or an announcement.
pub const DISCLOSE: &str = "https://didcomm.org/discover-features/2.0/disclose";
/// The answer as RFC 0557 calls it; it is read as the same.
const DISCLOSURES: &str = "https://didcomm.org/discover-features/2.0/disclosures";

/// The feature type of protocols; the id is a protocol identifier URI.
pub const PROTOCOL: &str = "protocol";
/// The feature type of goal codes.
pub const GOAL_CODE: &str = "goal-code";
/// The feature type of headers.
pub const HEADER: &str = "header";
/// The feature type of limits.
pub const CONSTRAINT: &str = "constraint";
/// The id of the one limit that is defined: how large an envelope may be.
pub const MAX_RECEIVE_BYTES: &str = "max_receive_bytes";

/// More queries than this in one message are not read.
pub const MAX_QUERIES: usize = 32;
/// More features than this are neither told nor read.
pub const MAX_DISCLOSURES: usize = 256;
/// Longer feature types, patterns, ids and roles, in bytes, are not read.
pub const MAX_TEXT: usize = 256;
/// More roles than this of one feature are not read.
pub const MAX_ROLES: usize = 16;

/// One question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// What kind of feature: [`PROTOCOL`], [`GOAL_CODE`], … or one we never heard of.
    pub feature_type: String,
    /// Which ids, where `*` stands for any run of characters.
    pub match_: String,
}

/// One feature that somebody has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Feature {
    /// What kind of feature.
    pub feature_type: String,
    /// Which one.
    pub id: String,
    /// Which parts of a protocol; empty if unsaid.
    pub roles: Vec<String>,
    /// The limit in bytes, said by the constraint [`MAX_RECEIVE_BYTES`].
    pub max_receive_bytes: Option<u64>,
}

impl Query {
    /// Asks for features of this type with ids like `match_`.
    pub fn new(feature_type: &str, match_: &str) -> Self {
        Self {
            feature_type: feature_type.to_owned(),
            match_: match_.to_owned(),
        }
    }

    /// Whether it asks for `feature`, case of ASCII letters aside.
    pub fn asks_for(&self, feature: &Feature) -> bool {
        self.feature_type
            .eq_ignore_ascii_case(&feature.feature_type)
            && wildcard::fits(&self.match_, &feature.id)
    }
}

impl Feature {
    /// A protocol, as in `https://didcomm.org/trust-ping/2.0`, in these roles.
    pub fn protocol(id: &str, roles: &[&str]) -> Self {
        Self {
            feature_type: PROTOCOL.to_owned(),
            id: id.to_owned(),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            max_receive_bytes: None,
        }
    }

    /// The limit of an envelope, in bytes.
    pub fn max_receive_bytes(bytes: u64) -> Self {
        Self {
            feature_type: CONSTRAINT.to_owned(),
            id: MAX_RECEIVE_BYTES.to_owned(),
            roles: Vec::new(),
            max_receive_bytes: Some(bytes),
        }
    }

    fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("feature-type".into(), self.feature_type.clone().into());
        map.insert("id".into(), self.id.clone().into());
        if !self.roles.is_empty() {
            map.insert("roles".into(), self.roles.clone().into());
        }
        // The specification's example has it as a text.
        let limit = self.max_receive_bytes.map(|bytes| bytes.to_string());
        body::put(&mut map, MAX_RECEIVE_BYTES, limit);
        map.into()
    }
}

/// Those of the `known` features that are asked for, each once, at most [`MAX_DISCLOSURES`], in a
/// random order: ours would tell which program we are. Only the first [`MAX_QUERIES`] queries
/// count. What is known and to whom it may be told is the caller's to decide.
pub fn disclose(queries: &[Query], known: &[Feature], rng: &mut impl CryptoRng) -> Vec<Feature> {
    let queries = queries.get(..MAX_QUERIES).unwrap_or(queries);
    let mut told: Vec<Feature> = Vec::new();
    for feature in known {
        let asked = queries.iter().any(|query| query.asks_for(feature));
        if asked && told.len() < MAX_DISCLOSURES && !told.contains(feature) {
            told.push(feature.clone());
        }
    }
    for last in (1..told.len()).rev() {
        #[expect(clippy::cast_possible_truncation)]
        let other = (rng.next_u64() % (last as u64 + 1)) as usize;
        told.swap(last, other);
    }
    told
}

/// Asks.
pub fn queries(id: impl Into<String>, queries: &[Query]) -> Message {
    let mut message = Message::new(id, QUERIES);
    let queries = queries.iter().map(|query| {
        let mut map = Map::new();
        map.insert("feature-type".into(), query.feature_type.clone().into());
        map.insert("match".into(), query.match_.clone().into());
        Value::from(map)
    });
    message.body.insert("queries".into(), queries.collect());
    message
}

/// Answers `asked`, in its thread; without features it says that we do not tell.
pub fn answer(id: impl Into<String>, asked: &Message, told: &[Feature]) -> Message {
    let mut message = announce(id, told);
    message.thid = Some(asked.thread().to_owned());
    message
}

/// Tells unasked.
pub fn announce(id: impl Into<String>, told: &[Feature]) -> Message {
    let mut message = Message::new(id, DISCLOSE);
    let told = told.iter().map(Feature::to_json);
    message.body.insert("disclosures".into(), told.collect());
    message
}

/// Reads the questions; `None` for another message, or one without a list of them. A query that
/// lacks a part or is longer than [`MAX_TEXT`], and those after the first [`MAX_QUERIES`], are
/// left out.
pub fn read_queries(message: &Message) -> Option<Vec<Query>> {
    if !message.is(QUERIES) {
        return None;
    }
    message.body.get("queries")?.as_array()?;
    let queries = body::objects(&message.body, "queries", MAX_QUERIES);
    let read = queries.filter_map(|query| {
        Some(Query {
            feature_type: feature_type(query)?,
            match_: body::text(query, "match", MAX_TEXT)?,
        })
    });
    Some(read.collect())
}

/// Reads what is told; `None` for another message. Features that lack a part or are longer than
/// [`MAX_TEXT`], and those after the first [`MAX_DISCLOSURES`], are left out.
pub fn read_disclose(message: &Message) -> Option<Vec<Feature>> {
    if !message.is(DISCLOSE) && !message.is(DISCLOSURES) {
        return None;
    }
    let told = body::objects(&message.body, "disclosures", MAX_DISCLOSURES);
    let read = told.filter_map(|told| {
        Some(Feature {
            feature_type: feature_type(told)?,
            id: body::text(told, "id", MAX_TEXT)?,
            roles: body::texts(told, "roles", MAX_ROLES, MAX_TEXT),
            max_receive_bytes: body::whole(told, MAX_RECEIVE_BYTES),
        })
    });
    Some(read.collect())
}

fn feature_type(map: &Map<String, Value>) -> Option<String> {
    body::text(map, "feature-type", MAX_TEXT).or_else(|| body::text(map, "feature_type", MAX_TEXT))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;
    use serde_json::json;

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(1)
    }

    fn wire(message: &Message) -> Value {
        serde_json::from_slice(&message.to_vec()).unwrap()
    }

    fn read(json: &Value) -> Message {
        Message::from_slice(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_questions_are_written_as_specified_and_read_back() {
        let asked = [
            Query::new(PROTOCOL, "https://didcomm.org/tictactoe/1.*"),
            Query::new(GOAL_CODE, "org.didcomm.*"),
        ];
        let message = queries("yWd8wfYzhmuXX3hmLNaV5bVbAjbWaU", &asked);

        assert_eq!(
            wire(&message),
            json!({"type": "https://didcomm.org/discover-features/2.0/queries",
                "typ": "application/didcomm-plain+json",
                "id": "yWd8wfYzhmuXX3hmLNaV5bVbAjbWaU",
                "body": {"queries": [
                    {"feature-type": "protocol", "match": "https://didcomm.org/tictactoe/1.*"},
                    {"feature-type": "goal-code", "match": "org.didcomm.*"}]}})
        );
        assert_eq!(read_queries(&message), Some(asked.to_vec()));
    }

    #[test]
    fn the_answer_is_written_as_specified_and_read_back() {
        let told = [
            Feature::protocol("https://didcomm.org/tictactoe/1.0", &["player"]),
            Feature::max_receive_bytes(65536),
        ];
        let message = answer("2", &queries("1", &[]), &told);

        assert_eq!(
            wire(&message),
            json!({"type": "https://didcomm.org/discover-features/2.0/disclose",
                "typ": "application/didcomm-plain+json", "id": "2", "thid": "1",
                "body": {"disclosures": [
                    {"feature-type": "protocol", "id": "https://didcomm.org/tictactoe/1.0",
                        "roles": ["player"]},
                    {"feature-type": "constraint", "id": "max_receive_bytes",
                        "max_receive_bytes": "65536"}]}})
        );
        assert_eq!(read_disclose(&message), Some(told.to_vec()));
        assert_eq!(announce("3", &told).thid, None);
    }

    #[test]
    fn other_spellings_are_read() {
        let message = read(&json!({"id": "1", "zzz": 1,
            "type": "https://didcomm.org/DiscoverFeatures/2.1/disclosures",
            "body": {"zzz": 1, "disclosures": [
                {"feature_type": "header", "id": "zzz", "comment": "?"},
                {"feature-type": "constraint", "id": "max_receive_bytes", "max_receive_bytes": 9},
                {"feature-type": "protocol"}, {"id": "x"}, "x", null]}}));
        let told = read_disclose(&message).unwrap();

        assert_eq!(told.len(), 2);
        assert_eq!(told[0].feature_type, HEADER);
        assert_eq!(told[1].max_receive_bytes, Some(9));
    }

    #[test]
    fn no_answer_and_an_empty_one_are_told_apart() {
        let empty = read(&json!({"id": "1", "type": DISCLOSE}));

        assert_eq!(read_disclose(&empty), Some(Vec::new()));
        assert_eq!(read_disclose(&queries("1", &[])), None);
        assert_eq!(read_queries(&empty), None);
        assert_eq!(
            read_queries(&read(&json!({"id": "1", "type": QUERIES}))),
            None
        );
    }

    #[test]
    fn an_unknown_feature_type_is_answered_with_the_rest() {
        let known = [
            Feature::protocol("https://didcomm.org/trust-ping/2.0", &["sender"]),
            Feature::max_receive_bytes(1),
        ];
        let asked = [
            Query::new("weather", "*"),
            Query::new("Protocol", "https://didcomm.org/trust-ping/*"),
            Query::new(PROTOCOL, "*"),
        ];

        assert_eq!(disclose(&asked, &known, &mut rng()), known[..1]);
        assert!(disclose(&asked[..1], &known, &mut rng()).is_empty());
    }

    #[test]
    fn the_order_varies_and_nothing_is_lost() {
        let ids = ["a", "b", "c", "d"];
        let known = ids.map(|id| Feature::protocol(id, &[]));
        let mut rng = rng();

        let orders: BTreeSet<Vec<String>> = (0..200)
            .map(|_| {
                let told = disclose(&[Query::new(PROTOCOL, "*")], &known, &mut rng);
                told.into_iter().map(|feature| feature.id).collect()
            })
            .collect();

        assert_eq!(orders.len(), 24);
        for mut order in orders {
            order.sort();
            assert_eq!(order, ids);
        }
    }

    #[test]
    fn neither_questions_nor_answers_grow_without_bound() {
        let many: Vec<Query> = (0..MAX_QUERIES + 1)
            .map(|n| Query::new(PROTOCOL, &n.to_string()))
            .collect();
        let known: Vec<Feature> = (0..MAX_DISCLOSURES + 1)
            .map(|n| Feature::protocol(&n.to_string(), &[]))
            .collect();
        let told = announce("1", &known);
        let long = "x".repeat(MAX_TEXT + 1);
        let longest = "x".repeat(MAX_TEXT);
        let roles: Vec<&str> = ["player"; MAX_ROLES + 1].to_vec();
        let odd = [
            Feature::protocol(&long, &[]),
            Feature::protocol(&longest, &roles),
        ];

        assert_eq!(
            read_queries(&queries("1", &many)).unwrap().len(),
            MAX_QUERIES
        );
        let last = [Feature::protocol(&MAX_QUERIES.to_string(), &[])];
        assert!(disclose(&many, &last, &mut rng()).is_empty());
        let all = [Query::new(PROTOCOL, "*")];
        assert_eq!(disclose(&all, &known, &mut rng()).len(), MAX_DISCLOSURES);
        assert_eq!(
            disclose(&all, &[odd[1].clone(), odd[1].clone()], &mut rng()).len(),
            1
        );
        assert_eq!(read_disclose(&told).unwrap().len(), MAX_DISCLOSURES);
        let told = read_disclose(&announce("1", &odd)).unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].roles.len(), MAX_ROLES);
        assert_eq!(
            read_queries(&queries("1", &[Query::new(PROTOCOL, &long)])),
            Some(Vec::new())
        );
    }
}
