//! The window in: one Kubernetes cluster at a time, read only.
//! Must never write to a cluster; writes go through scripts.

pub mod amount;
mod ask;
pub mod kube;
pub mod seen;
mod shelf;
mod warnings;

use std::future::Future;

use secrecy::SecretString;

use crate::fleet::{ClusterSeen, Pool, Server};

/// Watches a cluster. Implementations: kube through the SSH connection, and the simulation.
pub trait ClusterApi: Send + Sync + 'static {
    /// Watches nodes and pods of `pool` through `control_plane` until the future is dropped, and hands
    /// over the whole picture each time it has changed (at most once a second). Ends only with the reason why it cannot go on.
    fn watch(
        &self,
        pool: &Pool,
        control_plane: &Server,
        kubeconfig: SecretString,
        seen: &mut (dyn FnMut(ClusterSeen) + Send),
    ) -> impl Future<Output = String> + Send;
}
