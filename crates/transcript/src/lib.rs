//! Exported conversations: text, JSON and HTML
