//! The same work by everybody who does it.

use anyhow::Result;

/// Something done once.
pub(super) type Work<'a> = Box<dyn FnMut() -> Result<()> + 'a>;

pub(super) struct Contest<'a> {
    pub(super) name: String,
    pub(super) ours: Work<'a>,
    pub(super) floor: Work<'a>,
    /// `didcomm` 0.4.1; `None` where it has no such thing.
    pub(super) published: Option<Work<'a>>,
    /// `affinidi-messaging-didcomm` 0.15.11.
    pub(super) affinidi: Work<'a>,
}

impl<'a> Contest<'a> {
    /// In the order of a table's line; what is missing can only be the last.
    pub(super) fn works(&mut self) -> impl Iterator<Item = &mut Work<'a>> {
        [&mut self.ours, &mut self.floor, &mut self.affinidi]
            .into_iter()
            .chain(&mut self.published)
    }
}
