//! Holds the layer table and the manners of the repository
