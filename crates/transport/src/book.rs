//! The dial book: addresses of peers that worked before or were found in the local network.
//!
//! Attempts bring the addresses of their endpoints along; the book only adds what the wire
//! itself taught us. It is bounded, forgets the peer heard of longest ago, and lives in memory.

use libp2p::{Multiaddr, PeerId};
use std::collections::HashMap;

/// Peers remembered. Anybody in the local network can make himself found.
const MAX_PEERS: usize = 1024;
/// Addresses found for one peer.
const MAX_FOUND: usize = 8;

#[derive(Default)]
pub(crate) struct Book {
    pages: HashMap<PeerId, Page>,
    clock: u64,
}

#[derive(Default)]
struct Page {
    worked: Option<Multiaddr>,
    found: Vec<Multiaddr>,
    touched: u64,
}

impl Book {
    /// A dial to `address` reached `peer`.
    pub(crate) fn worked(&mut self, peer: PeerId, address: Multiaddr) {
        self.page(peer).worked = Some(address);
    }

    /// The local network says that `peer` is at `address`.
    pub(crate) fn found(&mut self, peer: PeerId, address: Multiaddr) {
        let found = &mut self.page(peer).found;
        found.retain(|known| *known != address);
        found.truncate(MAX_FOUND - 1);
        found.insert(0, address);
    }

    /// It says so no more.
    pub(crate) fn lost(&mut self, peer: &PeerId, address: &Multiaddr) {
        if let Some(page) = self.pages.get_mut(peer) {
            page.found.retain(|known| known != address);
        }
    }

    /// All that is known of `peer`.
    pub(crate) fn addresses(&self, peer: &PeerId) -> Vec<Multiaddr> {
        let Some(page) = self.pages.get(peer) else {
            return Vec::new();
        };
        page.worked.iter().chain(&page.found).cloned().collect()
    }

    fn page(&mut self, peer: PeerId) -> &mut Page {
        self.clock += 1;
        if self.pages.len() >= MAX_PEERS && !self.pages.contains_key(&peer) {
            let oldest = self.pages.iter().min_by_key(|(_, page)| page.touched);
            if let Some(oldest) = oldest.map(|(peer, _)| *peer) {
                self.pages.remove(&oldest);
            }
        }
        let page = self.pages.entry(peer).or_default();
        page.touched = self.clock;
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: usize) -> Multiaddr {
        format!("/ip4/10.0.0.1/tcp/{port}").parse().unwrap()
    }

    #[test]
    fn what_worked_stands_before_what_was_found() {
        let (mut book, peer) = (Book::default(), PeerId::random());
        book.found(peer, address(1));
        book.found(peer, address(2));
        book.worked(peer, address(3));
        book.lost(&peer, &address(1));

        assert_eq!(book.addresses(&peer), [address(3), address(2)]);
    }

    #[test]
    fn a_crowd_cannot_make_the_book_grow() {
        let mut book = Book::default();
        let last = PeerId::random();
        for _ in 0..MAX_PEERS * 2 {
            book.found(PeerId::random(), address(1));
        }
        for port in 1..100 {
            book.found(last, address(port));
        }

        assert_eq!(book.pages.len(), MAX_PEERS);
        assert_eq!(book.addresses(&last).len(), MAX_FOUND);
        assert_eq!(book.addresses(&last)[0], address(99));
    }
}
