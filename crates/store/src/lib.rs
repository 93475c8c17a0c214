//! The disk: journal, sled view, encryption at rest, queries, backup
