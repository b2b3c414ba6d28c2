//! The actor: takes the lease, observes, executes runs. Only it knows `ssh` and `cluster`.
//! Must never act without a committed event, and never after another captain took the lease.
