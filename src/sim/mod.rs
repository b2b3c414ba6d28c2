//! A rack in memory: servers, clusters and their faults, for the demo and the tests.
//! Must never be known to anything but `main` and tests.
