//! kubeadm's configuration, format v1beta4 (since Kubernetes 1.31), as JSON, which is YAML as well.
//! Must never hold a token or a key, nor leave a version or an address to kubeadm's own guess.

use serde_json::{Value, json};

use super::settings::Supply;
use crate::fleet::{Member, Pool, ServerName};

const API: &str = "kubeadm.k8s.io/v1beta4";
const SOCKET: &str = "unix:///run/containerd/containerd.sock";
/// The API's port, on the endpoint and on each control plane.
const PORT: u16 = 6443;

/// The documents of `kubeadm init` on this control plane.
pub(super) fn init(pool: &Pool, name: &ServerName, member: &Member, supply: &Supply) -> String {
    let init = json!({
        "apiVersion": API,
        "kind": "InitConfiguration",
        "localAPIEndpoint": {"advertiseAddress": member.address, "bindPort": PORT},
        "nodeRegistration": registration(name, member),
        "patches": {"directory": "/run/pooldeck/init/patches"},
        // Its output names a token's command.
        "skipPhases": ["show-join-command"],
        // The API is up within seconds or, on slow disks, minutes; a step's own deadline is above their sum.
        "timeouts": {
            "controlPlaneComponentHealthCheck": "4m0s",
            "kubeletHealthCheck": "2m0s",
            "kubernetesAPICall": "1m0s",
            "etcdAPICall": "2m0s",
        },
    });
    let mut cluster = json!({
        "apiVersion": API,
        "kind": "ClusterConfiguration",
        "clusterName": pool.name.as_str(),
        "kubernetesVersion": pool.version,
        // Set even for one control plane: it cannot be added later.
        "controlPlaneEndpoint": format!("{}:{PORT}", pool.endpoint()),
        "apiServer": {"certSANs": [pool.endpoint(), member.address]},
        "networking": {
            "podSubnet": pool.pod_cidr,
            "serviceSubnet": pool.service_cidr,
            "dnsDomain": "cluster.local",
        },
        "controllerManager": {"extraArgs": [
            // The plan gives each node its range, so that routes need no look-up.
            {"name": "allocate-node-cidrs", "value": "false"},
            // Its controllers ask for an account each before they start: at the default of 20 questions a second it was
            // five seconds after its start until anybody made a pod.
            {"name": "kube-api-qps", "value": "100"},
            {"name": "kube-api-burst", "value": "200"},
        ]},
        "etcd": {"local": {"dataDir": "/var/lib/etcd"}},
    });
    if supply.own_images {
        // With a repository of one's own kubeadm looks for CoreDNS beside the others, without its middle folder.
        cluster["imageRepository"] = json!(supply.images);
    }
    let kubelet = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        "serializeImagePulls": false,
    });
    join_documents(&[init, cluster, kubelet])
}

/// The document of `kubeadm join` on this worker; what it discovers with comes with the token, when the step starts.
pub(super) fn join(name: &ServerName, member: &Member) -> String {
    join_documents(&[json!({
        "apiVersion": API,
        "kind": "JoinConfiguration",
        "discovery": {"file": {"kubeConfigPath": "/run/pooldeck/join/discovery.conf"}},
        "nodeRegistration": registration(name, member),
        "patches": {"directory": "/run/pooldeck/join/patches"},
        "timeouts": {
            "discovery": "1m0s",
            "tlsBootstrap": "2m0s",
            "kubeletHealthCheck": "2m0s",
            "kubernetesAPICall": "1m0s",
        },
    })])
}

fn registration(name: &ServerName, member: &Member) -> Value {
    json!({
        "name": name.as_str(),
        "criSocket": SOCKET,
        "imagePullPolicy": "IfNotPresent",
        "imagePullSerial": false,
        "kubeletExtraArgs": [{"name": "node-ip", "value": member.address}],
    })
}

fn join_documents(documents: &[Value]) -> String {
    let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
    texts.join("\n---\n")
}
