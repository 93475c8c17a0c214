//! A placeholder until its slice lands.
fn main() {}
