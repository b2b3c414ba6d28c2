//! Verbs: from arguments to requests, and from the store to tables and JSON.
//! Must never know more than the store does.
