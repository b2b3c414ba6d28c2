//! What to do next: for each kind of trouble and each step that failed, in the order in which one would look.
//! Must never name a command that does not exist, and never one that loses data without saying so.

use super::world::World;
use crate::{
    fleet::{Server, ServerName, Standing, TroubleKind},
    plan::Action,
};

/// What to do about a server that cannot be seen; the first line alone is enough for a list.
#[must_use]
pub fn of_trouble(kind: TroubleKind, server: &Server) -> Vec<String> {
    let (name, access) = (&server.name, &server.access);
    let (host, user) = (&access.host, access.user.as_deref().unwrap_or("USER"));
    let ssh = ssh(server);
    let whose = access
        .user
        .is_none()
        .then(|| format!("USER is whom `ssh -G {host}` names as `user`; `ansible_user` sets it"));
    let mut steps = match kind {
        TroubleKind::Unreachable => vec![
            "look whether it is on".to_owned(),
            format!("`{ssh} true` from the captain's host says the same in ssh's own words"),
            "a timeout is a firewall, or a machine that is off; no route is a network, or an address that is wrong".to_owned(),
        ],
        TroubleKind::Refused => vec![
            "start sshd there (`systemctl start ssh` at its console)".to_owned(),
            "another port is `ansible_port` in the inventory".to_owned(),
        ],
        TroubleKind::Authentication => vec![
            format!("`{ssh} true` must log in without a question"),
            format!("add the captain's public key: `ssh-copy-id {user}@{host}`, from the captain's host"),
            "`ansible_user` and `ansible_ssh_private_key_file` say whom and with what".to_owned(),
        ],
        TroubleKind::NeedsKey => vec![
            "the key worked before: log in with your agent again, or `ssh-add` it".to_owned(),
            "what waits for it goes on by itself".to_owned(),
        ],
        TroubleKind::HostKeyUnknown => vec![
            format!("`pooldeck server trust {name}` shows the key and asks; it is written to your known_hosts"),
            "compare it first, at the machine: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`".to_owned(),
            "many at once: `pooldeck inventory hosts import-keys FILE` takes a known_hosts file that you trust".to_owned(),
            "a certificate authority's line (`@cert-authority *.example.org ssh-ed25519 …`) in known_hosts counts".to_owned(),
            "so does DNS with DNSSEC: SSHFP records, and `VerifyHostKeyDNS yes` in your ssh configuration".to_owned(),
        ],
        TroubleKind::HostKeyChanged => vec![
            "find out why first: somebody may be in between".to_owned(),
            format!("if it was installed anew: `ssh-keygen -R {host}`, then `pooldeck server trust {name}`"),
        ],
        TroubleKind::SudoRefused => vec![
            "root's rights are needed without a password: by `visudo -f /etc/sudoers.d/pooldeck` on it, this line:".to_owned(),
            format!("{user} ALL=(ALL:ALL) NOPASSWD: ALL"),
            "or set `ansible_user: root` for it in the inventory".to_owned(),
        ],
        TroubleKind::Disconnected => vec![
            "nothing: it is tried again, and what runs there goes on".to_owned(),
            format!("when it comes back often, look at the network: `{ssh} uptime`"),
        ],
        TroubleKind::Unreadable => vec![
            format!("`{ssh} true` must print nothing: a login shell that talks or ends by itself does this"),
            "a key file or an ssh configuration that ssh itself complains of is the other cause".to_owned(),
        ],
        TroubleKind::Stranger => vec![
            "another machine has its name: look whether that was meant".to_owned(),
            format!("if it was replaced on purpose: `pooldeck server forget {name}`"),
        ],
    };
    let names_user = matches!(kind, TroubleKind::SudoRefused | TroubleKind::Authentication);
    steps.extend(whose.filter(|_| names_user));
    steps
}

/// What to do about a server, whatever is against it now.
#[must_use]
pub fn of_server(world: &World, name: &ServerName) -> Vec<String> {
    let snapshot = &world.snapshot;
    let seen = snapshot.observed.servers.get(name);
    let trouble = seen.and_then(|seen| seen.trouble.as_ref());
    let server = snapshot.fleet.servers.get(name);
    if let Some((trouble, server)) = trouble.zip(server) {
        return of_trouble(trouble.kind, server);
    }
    let standing = world.server(name).map(|row| &row.standing);
    standing.map_or_else(Vec::new, |standing| of_standing(standing, name))
}

/// `ssh -p 2222 ops@10.0.0.5`, as a person types it.
fn ssh(server: &Server) -> String {
    let access = &server.access;
    let port = access
        .port
        .map(|port| format!(" -p {port}"))
        .unwrap_or_default();
    let user = access
        .user
        .as_ref()
        .map(|user| format!("{user}@"))
        .unwrap_or_default();
    format!("ssh{port} {user}{}", access.host)
}

/// What to do about a server that could be seen and cannot be taken.
#[must_use]
pub fn of_standing(standing: &Standing, name: &ServerName) -> Vec<String> {
    match standing {
        Standing::Maintained(_) => vec![
            "it is free again when its time is over, or when somebody ends it (`A`)".to_owned(),
        ],
        Standing::InUse(_) => vec![
            "leave it alone, or stop and remove what runs there by hand; pooldeck never does"
                .to_owned(),
        ],
        Standing::NotOurs(_) => vec![
            "leave it to those whose it is, or have it taken out there; pooldeck never cleans it"
                .to_owned(),
        ],
        Standing::Leftovers(_) => vec![format!(
            "`pooldeck server clean {name}` shows what would be removed, and asks"
        )],
        Standing::Unfit(_) => {
            vec!["put right what is named above; it is looked at again by itself".to_owned()]
        }
        Standing::NotOffered => vec![
            "`O` offers servers; or write `pooldeck_use: true` where it stands in the inventory"
                .to_owned(),
        ],
        Standing::Unknown(_) | Standing::Member(_) | Standing::Busy(_) | Standing::Spare => {
            Vec::new()
        }
    }
}

/// What to do about a step that failed for good.
#[must_use]
pub fn of_step(action: Action, server: &ServerName) -> Vec<String> {
    let clean = format!("`pooldeck server clean {server}` when it is left over");
    let step = match action {
        Action::Claim => {
            "somebody else took it, or its disk is full: look at /var/lib/pooldeck on it"
        }
        Action::Preflight => "put right what it names, and ask again; nothing was changed",
        Action::Prepare => {
            "try `apt-get update` on it: a mirror, a proxy or a held apt is the usual cause"
        }
        Action::Network | Action::Routes => {
            "look at `ip route` and /etc/pooldeck on it: another network's rules may be in the way"
        }
        Action::Init => {
            "read `journalctl -u kubelet` and `crictl ps -a` on it: the API did not come up"
        }
        Action::Join => {
            "look whether it reaches port 6443 of the control plane, and read `journalctl -u kubelet`"
        }
        Action::AwaitReady => "read `journalctl -u kubelet` on it: the node is there and not Ready",
        Action::Cordon | Action::Uncordon | Action::RemoveNode => {
            "look whether the pool's API answers, and ask again"
        }
        Action::Drain => {
            "a disruption budget or a pod that nobody brings back holds it: the run's log names the pod"
        }
        Action::StopKubelet => {
            "look at `systemctl status kubelet` on it: something starts it again"
        }
        Action::Reset => {
            "a mount or a process is busy on it: `findmnt | grep kubelet`, and ask again"
        }
        Action::Clean | Action::ProveClean => {
            "what is left is named in the log: remove it by hand, or ask again"
        }
        Action::Release => "its claim could not be given back: look at /var/lib/pooldeck on it",
        Action::VerifyPool => {
            "a node of the pool is not Ready or has another version: the pool's screen shows which"
        }
    };
    let leaves = matches!(
        action,
        Action::StopKubelet
            | Action::RemoveNode
            | Action::Reset
            | Action::Clean
            | Action::ProveClean
            | Action::Release
    );
    std::iter::once(step.to_owned())
        .chain(leaves.then_some(clean))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Access, Expect, Place, Sources};

    fn server(user: Option<&str>) -> Server {
        Server {
            name: "s01".parse().unwrap(),
            access: Access {
                host: "10.0.0.5".to_owned(),
                port: Some(2222),
                user: user.map(str::to_owned),
                key_file: None,
                sudo: true,
            },
            offered: false,
            zone: None,
            labels: std::collections::BTreeMap::new(),
            expect: Expect::default(),
            node_address: None,
            sources: Sources::default(),
            place: Place::default(),
        }
    }

    #[test]
    fn every_kind_of_trouble_and_every_step_has_something_to_do() {
        let kinds = TroubleKind::ALL.map(|kind| of_trouble(kind, &server(Some("ops"))));
        let steps = Action::ALL.map(|action| of_step(action, &"s01".parse().unwrap()));
        for all in kinds.iter().chain(&steps) {
            assert!((1..=6).contains(&all.len()), "{all:?}");
            for line in all {
                assert!(
                    !line.is_empty() && line.len() < 160 && !line.ends_with('.'),
                    "{line}"
                );
                assert_eq!(line.matches('`').count() % 2, 0, "{line}");
            }
        }
    }

    #[test]
    fn the_sudoers_line_and_the_logins_name_the_real_user() {
        let all = of_trouble(TroubleKind::SudoRefused, &server(Some("ops")));
        assert!(
            all.contains(&"ops ALL=(ALL:ALL) NOPASSWD: ALL".to_owned()),
            "{all:?}"
        );
        assert!(!all.concat().contains("USER"));
        let unknown = of_trouble(TroubleKind::SudoRefused, &server(None)).concat();
        assert!(unknown.contains("ssh -G 10.0.0.5"), "{unknown}");
        let login = of_trouble(TroubleKind::Authentication, &server(Some("ops"))).concat();
        assert!(login.contains("ssh -p 2222 ops@10.0.0.5"), "{login}");
    }
}
