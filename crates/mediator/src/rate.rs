//! How often one address may ask: a bucket for each that fills by itself.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Addresses remembered at once; beyond it, those with a full bucket are forgotten, which changes
/// nothing for them.
const ADDRESSES: usize = 65_536;
/// The bucket holds what comes in so many seconds.
const SECONDS: f64 = 5.0;

/// The buckets.
pub(crate) struct Rate {
    /// Requests in a second; `None` is no bound.
    per_second: Option<f64>,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Rate {
    /// So many requests in a second from one address, a few seconds' worth at once; 0 is no bound.
    pub(crate) fn new(per_second: u32) -> Self {
        Self {
            per_second: (per_second > 0).then_some(f64::from(per_second)),
            buckets: Mutex::default(),
        }
    }

    /// Whether this address may ask once more now.
    pub(crate) fn allows(&self, address: IpAddr, now: Instant) -> bool {
        let Some(per_second) = self.per_second else {
            return true;
        };
        let full = per_second * SECONDS;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES {
            buckets.retain(|_, bucket| bucket.fill(per_second, now) < full);
            if buckets.len() >= ADDRESSES {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(owner(address)).or_insert(Bucket {
            left: full,
            at: now,
        });
        if bucket.fill(per_second, now) < 1.0 {
            return false;
        }
        bucket.left -= 1.0;
        true
    }
}

impl Bucket {
    fn fill(&mut self, per_second: f64, now: Instant) -> f64 {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + since * per_second).min(per_second * SECONDS);
        self.at = now;
        self.left
    }
}

/// Whose an address is: whoever has one of IPv6 has 2⁶⁴ of them.
pub(crate) fn owner(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_asks_too_often_waits_and_nobody_else_does() {
        let rate = Rate::new(10);
        let start = Instant::now();
        let flood = (0..100).filter(|_| rate.allows(at("192.0.2.1"), start));

        assert_eq!(flood.count(), 50);
        assert!(rate.allows(at("192.0.2.2"), start));
        let later = start + Duration::from_secs(1);
        let again = (0..100).filter(|_| rate.allows(at("192.0.2.1"), later));
        assert_eq!(again.count(), 10);
    }

    #[test]
    fn the_addresses_of_one_network_are_one() {
        let rate = Rate::new(1);
        let now = Instant::now();
        let flood = (0..100).filter(|n| rate.allows(at(&format!("2001:db8::{n:x}")), now));

        assert_eq!(flood.count(), 5);
        assert!(rate.allows(at("2001:db8:0:1::1"), now));
        assert!(rate.allows(at("::ffff:192.0.2.1"), now));
        assert_eq!(owner(at("::ffff:192.0.2.1")), at("192.0.2.1"));
    }

    #[test]
    fn without_a_bound_everybody_may() {
        let rate = Rate::new(0);
        let now = Instant::now();
        assert!((0..1000).all(|_| rate.allows(at("192.0.2.1"), now)));
    }

    #[test]
    fn a_million_addresses_are_not_all_remembered() {
        let rate = Rate::new(1);
        let now = Instant::now();
        for n in 0..200_000_u32 {
            rate.allows(IpAddr::V4(n.into()), now);
        }
        assert!(rate.buckets.lock().unwrap().len() <= ADDRESSES);
    }
}
