//! The window into a cluster, on a connection of a real sshd. Real clusters are met in the lab.

#[path = "ssh/bench.rs"]
#[expect(
    clippy::unwrap_used,
    dead_code,
    reason = "a bench that cannot be set up fails its test; others use more of it"
)]
mod bench;

use std::{sync::Arc, time::Duration};

use bench::Bench;
use pooldeck::{
    cluster::{ClusterApi, kube::KubeApi},
    fleet::{Capacity, Pool, Sources},
    ssh::Transport,
};
use secrecy::SecretString;

#[tokio::test]
async fn a_watch_ends_with_its_connection_and_says_so() {
    let bench = Bench::start();
    let (ssh, server) = (
        Arc::new(bench.transport(|name| (name == "probe").then_some("true"))),
        bench.server(),
    );
    let nothing = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'https://x:1'}}]\n\
                   users: [{name: u, user: {exec: {command: touch, args: [/nowhere/x]}}}]\n\
                   contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n";
    // A warm connection, so that what follows takes no time.
    ssh.probe(&server).await.unwrap();
    let api = KubeApi::new(Arc::clone(&ssh));
    let pool = Pool {
        name: "web".parse().unwrap(),
        asked: Capacity::default(),
        version: "v1.33.13".to_owned(),
        pod_cidr: "10.1.0.0/16".parse().unwrap(),
        service_cidr: "10.96.0.0/16".parse().unwrap(),
        sources: Sources::default(),
        env: None,
        protected: true,
        generation: 1,
        members: std::collections::BTreeMap::new(),
    };
    let mut pictures = 0;
    let mut count = |_| pictures += 1;
    let watch = api.watch(&pool, &server, SecretString::from(nothing), &mut count);
    let cut = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.cut();
    };
    let (why, ()) = tokio::join!(watch, cut);
    assert!(why.contains("the connection to its server ended"), "{why}");
    assert_eq!(pictures, 0);
}
