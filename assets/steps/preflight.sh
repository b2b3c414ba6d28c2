# shellcheck shell=sh
# Looks whether this server can become a node, and says everything that is in the way at once.
# It changes one thing only: a marked line in /etc/hosts when the server cannot resolve its own name (kubelet waits 10 s before each pod
# otherwise, and kubeadm init runs into its limit). It must never stop, remove or install anything, and needs no internet.
# Facts: a stock server has perl-base but perhaps no curl; what init or join of this pool has begun here is no obstacle to itself.
reasons() {
    [ "$(id -u)" = 0 ] || say 'not root'
    [ -d /run/systemd/system ] || say 'systemd does not run here'
    name_reason
    clock_reason
    disk_reason
    swap_reason
    cgroup_reason
    apt_reason
    mirror_reasons
    noted kubernetes || {
        leftover_reasons
        port_reasons
        container_reason
    }
}

own_names() { printf '%s\n%s\n' "$(cat /proc/sys/kernel/hostname)" "$POOLDECK_SERVER" | sort -u; }
name_reason() {
    for name in $(own_names); do
        timeout 2 getent hosts "$name" >/dev/null || say "its own name \`$name\` does not resolve"
    done
}
clock_reason() {
    [ -n "${POOLDECK_NOW:-}" ] || return 0
    off=$(($(date +%s) - POOLDECK_NOW))
    if [ "${off#-}" -gt 30 ]; then say "its clock is off by $off s (30 s are allowed): let it follow a time server"; fi
}
disk_reason() {
    free=$(df -B1 --output=avail /var/lib | tail -n 1 | tr -d ' ')
    if [ "$free" -lt "${POOLDECK_MIN_DISK:-0}" ]; then say "/var/lib has $((free / 1048576)) MiB free, $((POOLDECK_MIN_DISK / 1048576)) MiB are needed"; fi
}
swap_reason() {
    [ "$(wc -l </proc/swaps)" -gt 1 ] || return 0
    used=$(awk 'NR > 1 {kb += $4} END {print kb + 0}' /proc/swaps)
    available=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)
    if [ "$used" -gt "$available" ]; then say "its swap holds $((used / 1024)) MiB and memory has only $((available / 1024)) MiB free: it cannot be turned off"; fi
    if systemd-detect-virt -qc; then say 'swap belongs to the host of this container and cannot be turned off here'; fi
}
cgroup_reason() {
    [ ! -e /sys/fs/cgroup/cgroup.controllers ] || return 0
    minor=${POOLDECK_VERSION:-v1.0} minor=${minor#v1.} minor=${minor%%.*}
    if [ "$minor" -ge 35 ]; then say "cgroup v1: Kubernetes 1.$minor wants cgroup v2"; fi
}
apt_reason() {
    holder=$(packages_holder)
    [ -z "$holder" ] || say "apt is held ($holder)"
}
mirror_reasons() {
    for mirror in ${POOLDECK_MIRRORS:-}; do
        reachable "$mirror" || say "$mirror cannot be reached"
    done
}
# Any answer counts, 404 as well. Through a proxy only curl can tell; without curl the proxy is believed.
reachable() {
    if has curl; then curl -s -o /dev/null -m 8 "$1"; return; fi
    [ -z "${http_proxy:-}${https_proxy:-}" ] || return 0
    host=${1#*://} host=${host%%/*}
    case $1:$host in
        *:*:*:*) ;;
        https:*) host=$host:443 ;;
        *) host=$host:80 ;;
    esac
    timeout 8 perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => $ARGV[0], Timeout => 5)' "$host"
}
leftover_reasons() {
    for file in /etc/kubernetes/kubelet.conf /etc/kubernetes/admin.conf /etc/kubernetes/manifests/*.yaml /etc/cni/net.d/*; do
        [ ! -e "$file" ] || [ "$file" = /etc/cni/net.d/10-pooldeck.conflist ] || say "\`$file\` is left from another Kubernetes"
    done
    [ "$POOLDECK_ROLE" = worker ] || [ ! -e /var/lib/etcd/member ] || say '/var/lib/etcd holds data of another etcd'
    ! runs kubelet || say 'a kubelet runs here'
    [ -d /etc/pooldeck ] || [ ! -e /sys/class/net/cni0 ] || say 'the link cni0 is left from another Kubernetes'
}
port_reasons() {
    ports='10250 10256'
    [ "$POOLDECK_ROLE" = worker ] || ports="$ports 6443 2379 2380 2381 10257 10259"
    # /proc/net/tcp: local address is the second word, its port in hex; 0A is listening.
    listening=" $(awk '$4 == "0A" {n = split($2, part, ":"); print part[n]}' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u | tr '\n' ' ') "
    for port in $ports; do
        case $listening in
            *" $(printf %04X "$port") "*) say "port $port is taken" ;;
        esac
    done
}
container_reason() {
    count=$(cat /proc/[0-9]*/comm 2>/dev/null | grep -cE "^(containerd-shim|conmon|lxc-start)" || :)
    [ "$count" = 0 ] || say "$count containers that are not ours run here"
}

check() {
    found=$(reasons)
    [ -z "$found" ] || not_so "$found"
}

apply() {
    names=
    for name in $(own_names); do
        timeout 2 getent hosts "$name" >/dev/null || names="$names $name"
    done
    if [ -n "$names" ]; then
        hosts_put name "127.0.1.1$names"
        say "added$names to /etc/hosts"
    fi
    packages_free || say "waiting for apt ($(packages_holder))"
    wait_until 120 packages_free || later "apt is held ($(packages_holder))" 'it is tried again when that has ended'
    found=$(reasons)
    [ -z "$found" ] || fail "$found" 'mend it, or choose another server; leftovers go with `pooldeck server clean`'
}

undo() { hosts_drop name; }
