//! The published didcomm crate packs for us and opens ours
