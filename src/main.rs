//! pooldeck.

fn main() {}
