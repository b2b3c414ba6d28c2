//! What stands in a text where it says `@NAME@`: the step's own variables, and what is made from them.
//! Must never leave a name unfilled, or let a value end the quotes that it stands in.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{super::Run, cut, yaml};
use crate::{
    fleet::{Epoch, Fleet, Verb},
    plan::{
        Action, Step,
        script::{RunEnv, script},
    },
};

/// What every script of the run would be told, but for who would act: a person does.
pub(super) fn run_env(run: &Run, fleet: &Fleet) -> RunEnv {
    RunEnv {
        fleet: fleet.id.clone(),
        epoch: Epoch(0),
        store: String::new(),
        holder: String::new(),
        run: run.id(),
        pool: run.plan().pool.as_ref().map(|pool| pool.name.clone()),
        now: run.last,
        left_out: run.absent().cloned().collect(),
        put_back: run.put_back.keys().cloned().collect(),
        overridden: run.all_overridden(),
    }
}

/// Values by name.
pub(super) struct Values(BTreeMap<String, String>);

/// The values of a step.
pub(super) fn values(run: &Run, step: &Step, verb: Verb, env: &RunEnv) -> Values {
    let told = script(step, verb, env, run.plan().pool.as_ref()).env;
    let own = told
        .into_iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("POOLDECK_")?.to_owned(), value)));
    let own = Values(own.collect());
    let mut all = Values(
        own.0
            .iter()
            .map(|(key, it)| (key.clone(), quoted(it)))
            .collect(),
    );
    let made = match step.action {
        Action::Preflight => preflight(&own),
        Action::Prepare => prepare(&own),
        Action::Network | Action::Routes => network(&own),
        Action::Init | Action::Join => kubeadm(&own),
        Action::AwaitReady => labels(&own),
        Action::VerifyPool => nodes(&own),
        Action::ProveClean => vec![("ETCD", own.get("ROLE").replace("worker", ""))],
        Action::Drain => vec![("OVERRIDE", quoted(own.get("OVERRIDE")).replace(' ', "' '"))],
        _ => Vec::new(),
    };
    let made = made
        .into_iter()
        .chain([("REMOVE_CHAINS", cut::remove_chains())]);
    all.0.extend(made.map(|(key, it)| (key.to_owned(), it)));
    all
}

type Made = Vec<(&'static str, String)>;

fn preflight(own: &Values) -> Made {
    let ports = if own.is_control_plane() {
        "10250|10256|6443|2379|2380|2381|10257|10259"
    } else {
        "10250|10256"
    };
    // Words of a shell each, whatever stands in the inventory.
    let mirrors = own.words("MIRRORS");
    let mirrors = mirrors.iter().map(|it| format!("'{}'", quoted(it)));
    let mirrors = mirrors.collect::<Vec<_>>().join(" \\\n    ");
    vec![("PORTS", ports.to_owned()), ("MIRRORS", mirrors)]
}

fn prepare(own: &Values) -> Made {
    let packages = own.get("PACKAGES");
    let whole = packages.contains(' ');
    let from = if whole {
        packages.to_owned()
    } else {
        format!("{packages} /")
    };
    let trust = match own.get("PACKAGES_KEY") {
        "" => "[trusted=yes]",
        _ => "[signed-by=/etc/apt/keyrings/pooldeck.asc]",
    };
    let images = if own.is_control_plane() {
        "."
    } else {
        "/(pause|kube-proxy):"
    };
    let registry = own.get("IMAGES").split('/').next().unwrap_or_default();
    vec![
        ("PACKAGES_FROM", quoted(&from)),
        ("TRUST", trust.to_owned()),
        (
            "BARE_VERSION",
            quoted(own.get("VERSION").trim_start_matches('v')),
        ),
        ("REGISTRY", quoted(registry)),
        ("IMAGES_OF_ROLE", images.to_owned()),
        ("PLAIN_HTTP", own.get("PLAIN_HTTP").replace('0', "")),
    ]
}

fn network(own: &Values) -> Made {
    let routes = own.words("ROUTES");
    let mut lines: Vec<String> = routes.iter().map(|it| it.replacen('=', " ", 1)).collect();
    lines.sort();
    let peer = routes.first().and_then(|it| it.split_once('='));
    let link = peer.map_or_else(|| "show default".to_owned(), |(_, it)| format!("get {it}"));
    vec![
        ("LINK_OF", link),
        ("ROUTE_LINES", lines.join("\n")),
        ("NETWORK_SCRIPT", cut::network_script().to_owned()),
        ("NETWORK_UNIT", cut::network_unit(own.get("POOL"))),
    ]
}

fn kubeadm(own: &Values) -> Made {
    let discover = |it: &mut Value| discover(it, own.get("POOL"));
    let yaml = yaml::documents(own.get("KUBEADM"), discover);
    let patch: Value = serde_json::from_str(own.get("KUBELET_PATCH")).unwrap_or_default();
    let patch = serde_json::to_string_pretty(&patch).unwrap_or_default();
    vec![("KUBEADM_YAML", yaml), ("KUBELET_PATCH", patch)]
}

fn labels(own: &Values) -> Made {
    let zone = Some(own.get("ZONE")).filter(|it| !it.is_empty());
    let zone = zone.map(|it| format!("topology.kubernetes.io/zone={it}"));
    let labels = own.get("LABELS").split(',').filter(|it| !it.is_empty());
    let labels: Vec<String> = labels
        .map(str::to_owned)
        .chain(zone)
        .map(|it| quoted(&it))
        .collect();
    let words: Vec<String> = labels.iter().map(|it| format!("\\\n    '{it}'")).collect();
    let (selector, node) = (labels.join(","), own.get("NODE"));
    let proof = format!(
        " &&\n    kubectl get nodes -o name -l \\\n        '{selector}' |\n        grep -qx 'node/{node}'"
    );
    let proof = if labels.is_empty() {
        String::new()
    } else {
        proof
    };
    vec![("LABEL_WORDS", words.join(" ")), ("LABEL_PROOF", proof)]
}

fn nodes(own: &Values) -> Made {
    let (nodes, version) = (own.words("NODES"), own.get("VERSION"));
    let mut lines: Vec<String> = nodes
        .iter()
        .map(|it| format!("{it} {version} True"))
        .collect();
    lines.sort();
    let words: Vec<String> = nodes
        .iter()
        .map(|it| format!("\\\n    node/{it}"))
        .collect();
    let lost = own.words("NODES_LOST").join("|");
    let spare = format!("grep -vE '^({lost}) ' |\n    ");
    let spare = if lost.is_empty() {
        String::new()
    } else {
        spare
    };
    vec![
        ("NODE_LINES", lines.join("\n")),
        ("NODE_WORDS", words.join(" ")),
        ("SPARE_LOST", spare),
    ]
}

/// As it stands within single quotes of a shell.
fn quoted(text: &str) -> String {
    text.replace('\'', "'\\''")
}

/// What a worker discovers its pool with: the line that a person pastes, instead of a file that the captain brings.
fn discover(document: &mut Value, pool: &str) {
    if document["kind"] == "JoinConfiguration" {
        document["discovery"] = serde_json::json!({ "bootstrapToken": {
            "apiServerEndpoint": format!("{pool}.pooldeck.internal:6443"),
            "token": "$token",
            "caCertHashes": ["$hash"],
        }});
    }
}

impl Values {
    fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    fn words(&self, key: &str) -> Vec<&str> {
        self.get(key).split_whitespace().collect()
    }

    fn is_control_plane(&self) -> bool {
        self.get("ROLE") == "control-plane"
    }

    /// True when there is such a value and it says something.
    pub fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_empty())
    }

    /// The text with each `@NAME@` filled, once: what is filled in is not looked at again.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('@') {
            filled.push_str(before);
            let known = after
                .split_once('@')
                .and_then(|(name, then)| Some((self.0.get(name)?, then)));
            if let Some((value, then)) = known {
                filled.push_str(value);
                rest = then;
            } else {
                filled.push('@');
                rest = after;
            }
        }
        filled + rest
    }
}
