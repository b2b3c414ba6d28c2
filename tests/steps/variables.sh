# shellcheck shell=bash disable=SC2154  # names without a value here are those of `prove`
# What the plan would tell each step: its variables and kubeadm's documents. Sourced by `prove`.
kubeadm_init() {
    cat <<J
{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"InitConfiguration","localAPIEndpoint":{"advertiseAddress":"${address[s01]}","bindPort":6443},
"nodeRegistration":{"name":"s01","criSocket":"unix:///run/containerd/containerd.sock","imagePullPolicy":"IfNotPresent","kubeletExtraArgs":[{"name":"node-ip","value":"${address[s01]}"}]},
"patches":{"directory":"/run/pooldeck/init/patches"}}
---
{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration","kubernetesVersion":"$version","clusterName":"web","controlPlaneEndpoint":"$endpoint:6443","imageRepository":"$LAB_NET.1:5000",
"networking":{"podSubnet":"$pods.0.0/16","serviceSubnet":"10.2.0.0/16","dnsDomain":"cluster.local"},"apiServer":{"certSANs":["$endpoint","${address[s01]}"]},
"controllerManager":{"extraArgs":[{"name":"allocate-node-cidrs","value":"false"}]}}
J
}
kubeadm_join() {
    cat <<J
{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"JoinConfiguration","discovery":{"file":{"kubeConfigPath":"/run/pooldeck/join/discovery.conf"}},
"nodeRegistration":{"name":"$1","criSocket":"unix:///run/containerd/containerd.sock","imagePullPolicy":"IfNotPresent","kubeletExtraArgs":[{"name":"node-ip","value":"${address[$1]}"}]},
"patches":{"directory":"/run/pooldeck/join/patches"}}
J
}
routes() {
    local other
    for other in s01 s02 s07; do [ "$other" = "$1" ] || printf '%s ' "$pods.${slot[$other]}.0/24=${address[$other]}"; done | sed 's/ $//'
}
# variables SUBJECT STEP: the step's own, as the plan would choose them.
variables() {
    local s=$1
    case $2 in
        claim) say "POOLDECK_AT=2026-01-01T12:40:00Z" ;;
        preflight) say "POOLDECK_NOW=$(date +%s)" "POOLDECK_MIN_DISK=1000000000" "POOLDECK_MIRRORS=http://$LAB_NET.1:8080 http://$LAB_NET.1:5000" "POOLDECK_VERSION=$version" | sed 's/ POOLDECK_/\nPOOLDECK_/g' ;;
        prepare)
            printf '%s\n' "POOLDECK_VERSION=$version" "POOLDECK_PACKAGES=http://$LAB_NET.1:8080 ./" "POOLDECK_PACKAGES_KEY=http://$LAB_NET.1:8080/Release.key" "POOLDECK_IMAGES=$LAB_NET.1:5000" \
                POOLDECK_PLAIN_HTTP=1 "POOLDECK_ENDPOINT=$endpoint" "POOLDECK_ENDPOINT_IP=${address[s01]}" POOLDECK_SANDBOX_IMAGE= ;;
        network) printf '%s\n' "POOLDECK_POD_CIDR=$pods.0.0/16" POOLDECK_SERVICE_CIDR=10.2.0.0/16 "POOLDECK_NODE_CIDR=$pods.${slot[$s]}.0/24" "POOLDECK_ROUTES=${routes_now:-$(routes "$s")}" ;;
        await-ready)
            printf '%s\n' "POOLDECK_NODE=$s" "POOLDECK_NODE_CIDR=$pods.${slot[$s]}.0/24" "POOLDECK_MACHINE_ID=$(on "$s" cat /etc/machine-id)" "POOLDECK_NODE_IP=${address[$s]}" \
                "POOLDECK_VERSION=$version" POOLDECK_ZONE=row-1 POOLDECK_LABELS=rack=r1,disk=ssd ;;
        cordon | remove-node) printf '%s\n' "POOLDECK_NODE=$s" "POOLDECK_MACHINE_ID=$(on "$s" cat /etc/machine-id)" ;;
        uncordon) printf '%s\n' "POOLDECK_NODE=$s" "POOLDECK_MACHINE_ID=$(on "$s" cat /etc/machine-id)" "POOLDECK_CORDONED=${cordoned:-$run}" ;;
        drain) printf '%s\n' "POOLDECK_NODE=$s" "POOLDECK_MACHINE_ID=$(on "$s" cat /etc/machine-id)" "POOLDECK_DEADLINE=${deadline:-60}" "POOLDECK_OVERRIDE=${override:-}" ;;
        token) say POOLDECK_TTL=600 ;;
        verify-pool) printf '%s\n' "POOLDECK_NODES=${nodes:-s01 s02 s07}" "POOLDECK_VERSION=$version" ;;
    esac
}
