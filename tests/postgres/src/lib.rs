//! A PostgreSQL of a test's own: one server, with as many databases as are asked for.
//!
//! It is the package of the distribution, listens on a socket in a temporary folder only, and ends
//! with this process, however that ends.

mod disk;
mod server;

pub use disk::Disk;
pub use server::Server;
