//! Two real windows, driven as a person would
