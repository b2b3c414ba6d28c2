//! `ClusterApi` by kube, through the SSH connection to a control plane: no route and no name server is needed.
//! Must never run or read what a kubeconfig names: it comes from a server.

use std::{sync::Arc, time::Duration};

use ::kube::{
    Api, Client, Config,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
    runtime::{WatchStreamExt, watcher},
};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::{ClusterApi, seen, shelf::Shelf, warnings::Warnings};
use crate::{
    fleet::{ClusterSeen, Pool, Server},
    ssh::openssh::OpenSsh,
};

/// Nobody reads faster.
const PICTURE_EVERY: Duration = Duration::from_secs(1);
/// A watch on which nothing happens says nothing: the API is asked whether it lives.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// For a connection and for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A control plane that restarts its API is away for some seconds; one that is away longer is gone.
const GONE_AFTER: Duration = Duration::from_secs(15);

/// Watches clusters over the connections of a transport.
#[derive(Debug, Clone)]
pub struct KubeApi {
    ssh: Arc<OpenSsh>,
}

impl KubeApi {
    /// Over these connections.
    #[must_use]
    pub const fn new(ssh: Arc<OpenSsh>) -> Self {
        Self { ssh }
    }
}

impl ClusterApi for KubeApi {
    async fn watch(
        &self,
        pool: &Pool,
        control_plane: &Server,
        kubeconfig: SecretString,
        seen: &mut (dyn FnMut(ClusterSeen) + Send),
    ) -> String {
        let mut config = match config(pool, &kubeconfig).await {
            Ok(config) => config,
            Err(error) => {
                return format!("the kubeconfig of `{}` cannot be used: {error}", pool.name);
            }
        };
        let port = config.cluster_url.port_u16().unwrap_or(6443);
        // The API listens on every address of its server.
        let forward = match self.ssh.forward(control_plane, "127.0.0.1", port).await {
            Ok(forward) => forward,
            Err(error) => return error.text,
        };
        let url = format!("https://127.0.0.1:{}", forward.port).parse();
        let client = url.map_err(|_| "no such port".to_owned()).and_then(|url| {
            config.cluster_url = url;
            Client::try_from(config).map_err(|error| error.to_string())
        });
        let why = match client {
            Ok(client) => pictures(client, || forward.is_alive(), seen).await,
            Err(why) => why,
        };
        format!(
            "the API of `{}` on `{}` does not answer: {why}\nhint: look whether that server is up and `crictl ps` there shows kube-apiserver",
            pool.name, control_plane.name
        )
    }
}

/// What a kubeconfig says about keys and certificates, and nothing else: no plugin, no file of ours, no proxy.
async fn config(pool: &Pool, kubeconfig: &SecretString) -> Result<Config, KubeconfigError> {
    let mut kubeconfig = Kubeconfig::from_yaml(kubeconfig.expose_secret())?;
    for user in kubeconfig
        .auth_infos
        .iter_mut()
        .filter_map(|named| named.auth_info.as_mut())
    {
        user.exec = None;
        user.auth_provider = None;
        user.token_file = None;
        user.client_certificate = None;
        user.client_key = None;
    }
    for cluster in kubeconfig
        .clusters
        .iter_mut()
        .filter_map(|named| named.cluster.as_mut())
    {
        cluster.certificate_authority = None;
        cluster.insecure_skip_tls_verify = None;
        cluster.proxy_url = None;
    }
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
    config.proxy_url = None;
    config.accept_invalid_certs = false;
    config.tls_server_name = Some(pool.endpoint());
    config.connect_timeout = Some(PATIENCE);
    Ok(config)
}

/// Hands over pictures until the API is gone; answers why.
async fn pictures(
    client: Client,
    is_connected: impl Fn() -> bool,
    seen: &mut (dyn FnMut(ClusterSeen) + Send),
) -> String {
    let (mut nodes, mut pods) = (Shelf::new(), Shelf::new());
    let all_nodes: Api<Node> = Api::all(client.clone());
    let all_pods: Api<Pod> = Api::all(client.clone());
    // Pages, so that a cluster's pods are never in memory at once.
    let settings = watcher::Config::default().page_size(250);
    let mut of_nodes = watcher(all_nodes, settings.clone())
        .default_backoff()
        .boxed();
    let mut of_pods = watcher(all_pods, settings.clone())
        .default_backoff()
        .boxed();
    // The API itself leaves the others out: they are nine of ten.
    let all_events: Api<Event> = Api::all(client.clone());
    let mut of_events = watcher(all_events, settings.fields("type=Warning"))
        .default_backoff()
        .boxed();
    let mut warnings = Warnings::default();
    let mut draw = interval(PICTURE_EVERY);
    draw.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ask = interval(ASK_EVERY);
    ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut changed, mut heard, mut last_heard) = (false, Timestamp::now(), Instant::now());
    let mut due = true;
    let mut why = "it has not answered yet".to_owned();
    loop {
        let answer = tokio::select! {
            event = of_nodes.try_next() => {
                event.map(|event| event.map(|event| nodes.apply(event, seen::node)))
                    .map_err(|error| error.to_string())
            }
            event = of_pods.try_next() => {
                event.map(|event| event.map(|event| pods.apply(event, seen::pod)))
                    .map_err(|error| error.to_string())
            }
            event = of_events.try_next() => {
                event.map(|event| event.map(|event| warnings.apply(event)))
                    .map_err(|error| error.to_string())
            }
            _ = ask.tick() => is_there(&client).await.map(|()| Some(true)),
            _ = draw.tick() => {
                if !is_connected() {
                    return "the connection to its server ended".to_owned();
                }
                if last_heard.elapsed() > GONE_AFTER {
                    return why;
                }
                due = true;
                Ok(None)
            }
        };
        match answer {
            Ok(Some(new)) => {
                changed |= new;
                (heard, last_heard) = (Timestamp::now(), Instant::now());
            }
            Ok(None) => {}
            Err(error) => why = error,
        }
        // The first picture goes out at once, and then one a second at most.
        if let (true, true, Some(nodes), Some(pods)) = (changed, due, nodes.all(), pods.all()) {
            seen(seen::cluster(nodes, pods, warnings.recent(heard), heard));
            (changed, due) = (false, false);
        }
    }
}

/// Asks for the version: the smallest answer of a living API.
async fn is_there(client: &Client) -> Result<(), String> {
    match timeout(PATIENCE, client.apiserver_version()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}
