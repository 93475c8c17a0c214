//! A grey picture that counts how often it is touched.
//!
//! The search for codes compares every finder pattern with every other and copies the picture for
//! each likely pair: a stranger's picture full of finder patterns would keep it busy for hours.
//! It offers no way to stop, so the pixels do: when the allowance is used up, the next touch
//! unwinds, and [`within`] catches that. The same net holds the assertions that the search makes
//! about shapes no honest code has.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use image::{GenericImage, GenericImageView, GrayImage, Luma, Pixel};

/// What unwinds when the allowance is used up; carried past the panic hook, so nothing is printed.
struct Spent;

/// How many pixels may still be touched, shared by all copies of the pictures under search.
#[derive(Clone)]
pub(crate) struct Allowance(Rc<Cell<u64>>);

impl Allowance {
    pub(crate) fn of(pixels: u64) -> Allowance {
        Allowance(Rc::new(Cell::new(pixels)))
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }

    fn take(&self, pixels: u64) {
        match self.0.get().checked_sub(pixels) {
            Some(left) => self.0.set(left),
            None => {
                self.0.set(0);
                resume_unwind(Box::new(Spent));
            }
        }
    }
}

/// Runs a search; one that spends its allowance, or trips over what it sees, has found nothing.
pub(crate) fn within<T: Default>(search: impl FnOnce() -> T) -> T {
    // The search owns everything it changes, so nothing half changed is seen afterwards.
    catch_unwind(AssertUnwindSafe(search)).unwrap_or_default()
}

/// A picture under an allowance.
pub(crate) struct Counted {
    pixels: GrayImage,
    allowance: Allowance,
}

impl Counted {
    pub(crate) fn new(pixels: GrayImage, allowance: &Allowance) -> Counted {
        Counted {
            pixels,
            allowance: allowance.clone(),
        }
    }
}

impl Clone for Counted {
    fn clone(&self) -> Counted {
        // Copying runs of bytes is about eight times cheaper than touching each.
        self.allowance.take(self.pixels.len() as u64 / 8);
        Counted {
            pixels: self.pixels.clone(),
            allowance: self.allowance.clone(),
        }
    }
}

impl GenericImageView for Counted {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.pixels.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        self.allowance.take(1);
        *self.pixels.get_pixel(x, y)
    }
}

impl GenericImage for Counted {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.pixels.get_pixel_mut(x, y)
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.allowance.take(1);
        self.pixels.put_pixel(x, y, pixel);
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.pixels.get_pixel_mut(x, y).blend(&pixel);
    }
}
