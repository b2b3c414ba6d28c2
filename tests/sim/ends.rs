//! What is true when a run has ended otherwise than it was meant to, and what is known while servers come and go.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use pooldeck::{
    captain::captain,
    cluster::ClusterApi,
    fleet::{ClusterSeen, Pool, PoolName, Role, RunId, Server, ServerName, Verb},
    run::Outcome,
    sim::{Lie, Rack},
    store::{Store, record::What},
};
use secrecy::SecretString;

use crate::{
    crash::without_one,
    site::{Site, create, resize, story},
};

/// Takes the step's server away for a while as soon as the run goes back.
async fn reboot_while_it_unwinds(site: &Site, run: RunId, server: &ServerName) {
    while site.run(run).unwinding.is_none() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    site.rack.reboot(server);
}

#[tokio::test(start_paused = true)]
async fn an_undo_has_a_deadline_of_its_own_however_long_ago_its_step_was_done() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    let moves = site.run(run).plan().effects.incoming.clone();
    let control = moves.iter().find(|it| it.role == Role::ControlPlane);
    let server = control.unwrap().server.clone();
    site.rack.spoil(&server, "init", Verb::Apply, Lie::Hangs, 1);
    reboot_while_it_unwinds(&site, run, &server).await;
    let outcome = site.ended(run).await;
    let story = story(&site.run(run));
    assert!(
        matches!(&outcome, Outcome::Failed(why) if why.starts_with(&format!("init of {server}: it took longer"))),
        "{outcome:?}: {story}"
    );
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_member_that_does_not_learn_the_new_routes_is_a_node_all_the_same_and_the_pool_is_proved()
{
    let site = Site::new(18, 3);
    let captain = site.captain();
    let pool = site.pool("batch").unwrap();
    let (worker, _) = pool.with_role(Role::Worker).next().unwrap();
    site.rack
        .spoil(worker, "network", Verb::Apply, Lie::Fails(1), 1);
    let run = site.start(resize("batch", "+4")).await;
    let outcome = site.ended(run).await;
    let without = Outcome::SucceededWithout(vec![worker.clone()]);
    assert_eq!(outcome, without, "{}", story(&site.run(run)));
    assert!(site.pool("batch").unwrap().members.contains_key(worker));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_pool_is_asked_for_what_it_was_when_its_new_size_was_not_reached() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let before = site.pool("batch").unwrap();
    for what in [What::Rollback, What::Cancel] {
        let run = site.start(resize("batch", "+4")).await;
        assert_ne!(site.pool("batch").unwrap().asked, before.asked);
        site.ask(what(run)).await;
        site.ended(run).await;
        let after = site.pool("batch").unwrap();
        assert_eq!(after.asked, before.asked, "{}", story(&site.run(run)));
        assert_eq!(after.members, before.members);
    }
    let grown = site.start(resize("batch", "+4")).await;
    assert_eq!(site.ended(grown).await, Outcome::Succeeded);
    let asked = site.pool("batch").unwrap().asked;
    assert_eq!(asked.cores, before.capacity().cores + 4);
    captain.abort();
}

/// The rack's clusters, and how often a watch of each began.
struct Counted {
    rack: Rack,
    begun: Mutex<BTreeMap<PoolName, usize>>,
}

impl ClusterApi for Counted {
    async fn watch(
        &self,
        pool: &Pool,
        control_plane: &Server,
        kubeconfig: SecretString,
        seen: &mut (dyn FnMut(ClusterSeen) + Send),
    ) -> String {
        *self
            .begun
            .lock()
            .unwrap()
            .entry(pool.name.clone())
            .or_default() += 1;
        self.rack.watch(pool, control_plane, kubeconfig, seen).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_watched_on_while_servers_come_and_go() {
    let site = Site::new(18, 3);
    let counted = Arc::new(Counted {
        rack: site.rack.clone(),
        begun: Mutex::default(),
    });
    let store: Arc<dyn Store> = site.store.clone();
    let rack = Arc::new(site.rack.clone());
    let captain = tokio::spawn(captain(store, rack, Arc::clone(&counted), site.options()));
    for request in [resize("batch", "+4"), without_one(&site, "batch")] {
        let run = site.start(request).await;
        assert_eq!(site.ended(run).await, Outcome::Succeeded);
    }
    assert_eq!(counted.begun.lock().unwrap()["batch"], 1);
    captain.abort();
}
