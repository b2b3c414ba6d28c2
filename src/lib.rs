//! pooldeck.
