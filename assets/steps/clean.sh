# shellcheck shell=sh
# Removes what a pool left on this server and puts back what prepare changed; packages stay. Forward only, idempotent, works after half-work.
# It must never flush a firewall, remove etcd data that we did not make, or act on another cluster's node.
# Facts (kubeadm reset leaves): /etc/cni/net.d, cni0, routes, about 130 lines of iptables, /etc/kubernetes/pki, kubelet mounts, CNI state.
apply() {
    only_our_cluster
    systemctl -q disable --now kubelet 2>/dev/null || :
    containers_away
    mounts_away
    links_away
    unnetwork
    remove_chains 'KUBE-|CNI-'
    for family in ip ip6; do ! has nft || nft delete table "$family" kube-proxy 2>/dev/null || :; done
    files_away
    unprepare
    hosts_drop name
    rm -f "$STATE/made"
    say 'cleaned'
}

# Containers and images of the pods' namespace: a private image must not reach the next pool.
containers_away() {
    has ctr && [ -S /run/containerd/containerd.sock ] || return 0
    for task in $(ctr -n k8s.io tasks ls -q); do
        ctr -n k8s.io tasks kill -s SIGKILL --all "$task" 2>/dev/null || :
        ctr -n k8s.io tasks delete --force "$task" >/dev/null 2>&1 || :
    done
    for container in $(ctr -n k8s.io containers ls -q); do ctr -n k8s.io containers delete "$container" >/dev/null 2>&1 || :; done
    # shellcheck disable=SC2046 # one word is one image
    set -- $(ctr -n k8s.io images ls -q)
    [ $# = 0 ] || ctr -n k8s.io images rm --sync "$@" >/dev/null
}
mounts_away() {
    # The deepest first; /var/lib/kubelet itself may be a disk of its own.
    awk '$2 ~ "^/var/lib/kubelet/." || $2 ~ "^/run/netns/cni-" {print $2}' /proc/mounts | sort -r | while read -r mount; do
        umount "$mount" 2>/dev/null || umount -l "$mount"
    done
    rm -f /run/netns/cni-*
}
links_away() {
    has ip || return 0
    for link in cni0 kube-ipvs0; do [ ! -e "/sys/class/net/$link" ] || ip link delete "$link"; done
    ip -o link show type veth 2>/dev/null | sed -n 's/^[0-9]*: \(veth[0-9a-f]\{8\}\)@.*/\1/p' | while read -r link; do
        ip link delete "$link" 2>/dev/null || :
    done
}
files_away() {
    rm -rf /etc/kubernetes /var/lib/cni /var/log/pods /var/log/containers
    [ ! -d /var/lib/kubelet ] || find /var/lib/kubelet -mindepth 1 -delete
    [ ! -d /var/lib/etcd ] || ! noted etcd || { find /var/lib/etcd -mindepth 1 -delete; rmdir /var/lib/etcd 2>/dev/null || :; }
    rm -rf /run/pooldeck/init /run/pooldeck/join /run/pooldeck/prepare /run/pooldeck/kubectl
}

# What a clean server has not is in prove-clean; here the claim's own work is looked for.
check() {
    [ ! -e "$STATE/made" ] || { not_so 'our notes are still here'; return; }
    [ ! -e "$STATE/kept" ] || { not_so 'kept settings are not put back yet'; return; }
    traces=$(traces)
    [ -z "$traces" ] || not_so "$traces"
}
