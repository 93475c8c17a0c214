//! Pages of a long list.

use std::ops::Range;

use serde_json::{Map, Value};

use super::super::body;

/// Which page is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paginate {
    /// At most so many items; [`u64::MAX`] if unsaid.
    pub limit: u64,
    /// After so many items.
    pub offset: u64,
}

/// Which page is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pagination {
    /// So many items.
    pub count: u64,
    /// After so many items.
    pub offset: u64,
    /// So many items follow.
    pub remaining: u64,
}

impl Paginate {
    /// The mediator's part: which of `total` items to give, never more than `most`. A page
    /// without items has none at the end of the list.
    pub fn cut(self, total: usize, most: usize) -> (Range<usize>, Pagination) {
        let start = usize::try_from(self.offset).map_or(total, |offset| offset.min(total));
        let limit = usize::try_from(self.limit).map_or(most, |limit| limit.min(most));
        let end = start.saturating_add(limit).min(total);
        let pagination = Pagination {
            count: (end - start) as u64,
            offset: start as u64,
            remaining: (total - end) as u64,
        };
        (start..end, pagination)
    }

    /// The recipient's part: the page to ask for next when this one brought `received` items;
    /// `None` after the last. It counts what came, since agents disagree whose offset an answer
    /// names, and a page without items ends the list whatever the answer says of the rest.
    pub fn next(self, received: usize, answer: &Pagination) -> Option<Self> {
        if received == 0 || answer.remaining == 0 {
            return None;
        }
        let offset = self.offset.checked_add(received as u64)?;
        Some(Self { offset, ..self })
    }

    pub(super) fn to_json(self) -> Value {
        let mut map = Map::new();
        map.insert("limit".into(), self.limit.into());
        map.insert("offset".into(), self.offset.into());
        map.into()
    }

    pub(super) fn read(map: &Map<String, Value>) -> Self {
        Self {
            limit: body::whole(map, "limit").unwrap_or(u64::MAX),
            offset: body::whole(map, "offset").unwrap_or(0),
        }
    }
}

impl Pagination {
    pub(super) fn to_json(self) -> Value {
        let mut map = Map::new();
        map.insert("count".into(), self.count.into());
        map.insert("offset".into(), self.offset.into());
        map.insert("remaining".into(), self.remaining.into());
        map.into()
    }

    pub(super) fn read(map: &Map<String, Value>) -> Option<Self> {
        Some(Self {
            count: body::whole(map, "count").unwrap_or(0),
            offset: body::whole(map, "offset").unwrap_or(0),
            remaining: body::whole(map, "remaining")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_lies_within_the_list_whatever_is_asked() {
        let cut = |limit, offset| Paginate { limit, offset }.cut(10, 4);

        assert_eq!(cut(3, 0).0, 0..3);
        assert_eq!(cut(100, 2).0, 2..6);
        assert_eq!(cut(u64::MAX, 8).0, 8..10);
        assert_eq!(cut(3, u64::MAX).0, 10..10);
        assert_eq!(cut(0, 0).0, 0..0);
        assert_eq!(
            cut(3, 5).1,
            Pagination {
                count: 3,
                offset: 5,
                remaining: 2
            }
        );
    }

    #[test]
    fn page_after_page_brings_everything_once() {
        let all: Vec<usize> = (0..23).collect();
        let mut got = Vec::new();
        let mut page = Some(Paginate {
            limit: 5,
            offset: 0,
        });
        while let Some(asked) = page {
            let (range, pagination) = asked.cut(all.len(), 4);
            got.extend_from_slice(&all[range.clone()]);
            page = asked.next(range.len(), &pagination);
        }

        assert_eq!(got, all);
    }

    #[test]
    fn a_mediator_that_always_promises_more_is_not_asked_for_ever() {
        let promise = Pagination {
            count: 5,
            offset: 0,
            remaining: u64::MAX,
        };
        let page = Paginate {
            limit: 5,
            offset: 0,
        };

        assert_eq!(page.next(0, &promise), None);
        assert_eq!(page.next(2, &promise).unwrap().offset, 2);
        let last = Paginate {
            offset: u64::MAX,
            ..page
        };
        assert_eq!(last.next(1, &promise), None);
    }
}
