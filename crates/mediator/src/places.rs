//! So many of something at once, in all and for each address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::rate::owner;

/// All there are.
pub(crate) struct Places {
    most: usize,
    most_each: usize,
    taken: Mutex<(usize, HashMap<IpAddr, usize>)>,
}

/// Some of them, given back with this value.
pub(crate) struct Place {
    places: Arc<Places>,
    of: IpAddr,
    size: usize,
}

impl Places {
    pub(crate) fn new(most: usize, most_each: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_each,
            taken: Mutex::default(),
        })
    }

    /// One of them, unless they are taken.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut place = Place {
            places: Arc::clone(self),
            of: owner(address),
            size: 0,
        };
        place.grow(1).then_some(place)
    }
}

impl Place {
    /// Takes so many more, unless there are not as many left.
    pub(crate) fn grow(&mut self, by: usize) -> bool {
        let Places {
            most,
            most_each,
            taken,
        } = self.places.as_ref();
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, each) = &mut *taken;
        let own = each.get(&self.of).copied().unwrap_or(0);
        if *all + by > *most || own + by > *most_each {
            return false;
        }
        *all += by;
        each.insert(self.of, own + by);
        self.size += by;
        true
    }

    /// Gives so many back, but not the first one.
    pub(crate) fn shrink(&mut self, by: usize) {
        let by = by.min(self.size.saturating_sub(1));
        self.give_back(by);
    }

    fn give_back(&mut self, by: usize) {
        let taken = &self.places.taken;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, each) = &mut *taken;
        self.size -= by;
        *all -= by;
        if let Some(own) = each.get_mut(&self.of) {
            *own -= by;
            if *own == 0 {
                each.remove(&self.of);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_back(self.size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_address_takes_leaves_room_for_another_and_comes_back() {
        let (alice, bob) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let places = Places::new(10, 8);
        let mut one = places.take(alice).unwrap();
        assert!(one.grow(7));

        assert!(!one.grow(1));
        assert!(places.take(alice).is_none());
        let mut other = places.take(bob).unwrap();
        assert!(!other.grow(2));
        assert!(other.grow(1));

        one.shrink(2);
        assert!(other.grow(2));
        one.shrink(usize::MAX);
        assert!(!one.grow(6));
        assert!(one.grow(5));
        drop(one);
        assert!(other.grow(4));
        assert!(places.take(alice).is_some());
        drop(other);
        assert!(places.taken.lock().unwrap().1.is_empty());
    }
}
