# shellcheck shell=sh
# What takes our work back, shared by reset, clean, prove-clean and every undo; sent with lib.sh before the step.
# It must never flush a firewall, remove a rule, route, mount or file that is not ours or of the Kubernetes that we made, or act on
# another cluster's node.
# Facts: kubeadm reset leaves /etc/cni/net.d, cni0, routes, about 130 lines of iptables, /etc/kubernetes/pki, kubelet mounts, CNI state.

# reset_kubernetes: undoes kubeadm's work. The etcd phase is left out: it wipes data even when the member stays; members are removed
# from a healthy control plane, and `clean` removes data that we made. Without admin.conf it asks no dead API.
reset_kubernetes() {
    only_our_cluster
    rm -f /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf
    mkdir -p /run/pooldeck/reset
    if has kubeadm; then
        kubeadm_run /run/pooldeck/reset reset -f --cleanup-tmp-dir --skip-phases=remove-etcd-member --cri-socket=unix:///run/containerd/containerd.sock || :
    fi
    rm -rf /run/pooldeck/reset
    systemctl -q disable --now kubelet 2>/dev/null || :
    forget_note joined
    forget_note initialised
}

# unjoin removes whatever init or join left on this server: the whole of Kubernetes but for packages.
unjoin() {
    only_our_cluster
    systemctl -q disable --now kubelet 2>/dev/null || :
    containers_away
    images_away
    mounts_away
    links_away
    remove_chains 'KUBE-|CNI-'
    for family in ip ip6; do ! has nft || nft delete table "$family" kube-proxy 2>/dev/null || :; done
    files_away
    forget_note kubernetes
    forget_note etcd
}

# Containers of the pods' namespace, whatever kubeadm's reset gave up on.
containers_away() {
    has ctr && [ -S /run/containerd/containerd.sock ] || return 0
    for task in $(ctr -n k8s.io tasks ls -q); do
        ctr -n k8s.io tasks kill -s SIGKILL --all "$task" 2>/dev/null || :
        ctr -n k8s.io tasks delete --force "$task" >/dev/null 2>&1 || :
    done
    for container in $(ctr -n k8s.io containers ls -q); do ctr -n k8s.io containers delete "$container" >/dev/null 2>&1 || :; done
}
# A private image must not reach the next pool.
images_away() {
    has ctr && [ -S /run/containerd/containerd.sock ] || return 0
    # shellcheck disable=SC2046 # one word is one image
    set -- $(ctr -n k8s.io images ls -q)
    [ $# = 0 ] || ctr -n k8s.io images rm --sync "$@" >/dev/null
}
mounts_away() {
    # The deepest first; /var/lib/kubelet itself may be a disk of its own.
    awk '$2 ~ "^/var/lib/kubelet/." || $2 ~ "^/run/netns/cni-" {print $2}' /proc/mounts | sort -r | while read -r mount; do
        umount "$mount" 2>/dev/null || umount -l "$mount" || say "\`$mount\` cannot be unmounted" >&2
    done
    ! grep -qE ' /var/lib/kubelet/[^ ]' /proc/mounts || later 'something is still mounted below /var/lib/kubelet' 'nothing is deleted there meanwhile'
    rm -f /run/netns/cni-*
}
links_away() {
    has ip || return 0
    # Only the pods' own: other bridges have links of such names, too.
    for link in /sys/class/net/cni0/brif/*; do [ ! -e "$link" ] || ip link delete "${link##*/}" 2>/dev/null || :; done
    for link in cni0 kube-ipvs0; do [ ! -e "/sys/class/net/$link" ] || ip link delete "$link"; done
}
files_away() {
    rm -rf /etc/kubernetes /var/lib/cni /var/log/pods /var/log/containers
    [ ! -d /var/lib/kubelet ] || find /var/lib/kubelet -xdev -mindepth 1 -delete
    [ ! -d /var/lib/etcd ] || ! noted etcd || { find /var/lib/etcd -mindepth 1 -delete; rmdir /var/lib/etcd 2>/dev/null || :; }
    rm -rf /run/pooldeck/init /run/pooldeck/join /run/pooldeck/prepare /run/pooldeck/kubectl
}

# kubelet_unmasked: prepare masks it until the next boot while its package is installed.
kubelet_unmasked() { [ ! -L /run/systemd/system/kubelet.service ] || systemctl -q unmask --runtime kubelet; }

# unprepare puts back what prepare changed, but for packages. It may run after half a prepare and twice.
unprepare() {
    kubelet_unmasked
    hosts_drop endpoint
    hosts_drop name
    packages_hold install
    rm -f /etc/apt/sources.list.d/pooldeck.list /etc/apt/keyrings/pooldeck.asc /etc/modules-load.d/pooldeck.conf /etc/sysctl.d/90-pooldeck.conf
    changed=
    put_back /etc/containerd/config.toml
    for file in /etc/containerd/certs.d/*/hosts.toml; do
        [ ! -e "$file" ] || { put_back "$file"; rmdir "$(dirname "$file")" 2>/dev/null || :; }
    done
    rmdir /etc/containerd/certs.d 2>/dev/null || :
    put_back /etc/systemd/system/containerd.service.d/pooldeck-proxy.conf
    rmdir /etc/systemd/system/containerd.service.d 2>/dev/null || :
    [ ! -s "$STATE/kept/sysctl" ] || while read -r file value; do
        [ ! -e "$file" ] || echo "$value" >"$file" || :
    done <"$STATE/kept/sysctl"
    for module in br_netfilter overlay; do
        ! noted "module-$module" || { modprobe -r "$module" 2>/dev/null || :; forget_note "module-$module"; }
    done
    swap_back
    systemctl daemon-reload
    if [ -n "$changed" ] && systemctl -q is-active containerd; then systemctl restart containerd; fi
    rm -rf "$STATE/kept"
}
swap_back() {
    ! grep -qs '^# pooldeck-swap ' /etc/fstab || put /etc/fstab 644 "$(sed 's/^# pooldeck-swap //' /etc/fstab)"
    for unit in $(sort -u "$STATE/kept/swap-units" 2>/dev/null); do systemctl -q unmask "$unit"; done
    systemctl daemon-reload
    for unit in $(sort -u "$STATE/kept/swap-services" 2>/dev/null); do systemctl -q enable --now "$unit" || :; done
    for device in $(sort -u "$STATE/kept/swap" 2>/dev/null); do
        grep -q "^$device " /proc/swaps || swapon "$device" 2>/dev/null || say "swap on $device did not come back"
    done
}

# The network's traces, for undo and clean. Our routes carry protocol 187, so nobody else's are touched.
unnetwork() {
    systemctl -q disable --now pooldeck-network.service 2>/dev/null || :
    rm -f /etc/systemd/system/pooldeck-network.service /etc/systemd/networkd.conf.d/pooldeck.conf /etc/cni/net.d/10-pooldeck.conflist
    rmdir /etc/systemd/networkd.conf.d /etc/cni/net.d /etc/cni 2>/dev/null || :
    systemctl daemon-reload
    ip route flush proto 187 2>/dev/null || :
    remove_chains 'POOLDECK-'
    rm -rf /etc/pooldeck
}
# iptables_tools: both backends of both families, as far as they are here.
iptables_tools() {
    for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy iptables ip6tables; do ! has "$tool-save" || say "$tool"; done
}
# remove_chains PATTERN: chains of these names and the rules that jump to them; every other rule stays where it is.
remove_chains() {
    for tool in $(iptables_tools); do
        "$tool-save" 2>/dev/null | awk -v own="^($1)" '
            /^\*/ { table = $0; n = 0; chains = rules = ends = "" }
            /^:/ {
                name = substr($1, 2)
                if (name ~ own) {
                    n++
                    chains = chains ":" name " - [0:0]\n"
                    ends = ends "-X " name "\n"
                }
            }
            /^-A/ && $2 !~ own {
                rule = $0
                gsub(/"[^"]*"/, "", rule)
                count = split(rule, word, " ")
                for (i = 3; i < count; i++)
                    if (word[i] ~ /^-[jg]$/ && word[i + 1] ~ own) {
                        rules = rules "-D" substr($0, 3) "\n"
                        break
                    }
            }
            /^COMMIT/ && n { print table; printf "%s%s%sCOMMIT\n", chains, rules, ends }' >"/run/pooldeck/chains.$tool"
        [ ! -s "/run/pooldeck/chains.$tool" ] || "$tool-restore" -w 10 --noflush <"/run/pooldeck/chains.$tool" ||
            { rm -f "/run/pooldeck/chains.$tool"; later "$tool: chains of ours could not be removed" 'it is tried again'; }
        rm -f "/run/pooldeck/chains.$tool"
    done
}

# copies_away: the store's copies and the text for a person; the fleet's own business goes with the claim.
copies_away() {
    rm -f "$STATE"/copy.db "$STATE"/copy.of "$STATE"/copy.new "$STATE"/by-hand "$STATE"/by-hand.new "$STATE"/cleaned
}

# traces prints one line for each thing of ours or of Kubernetes that is on this server.
traces() {
    for name in kubelet kube-proxy kube-apiserver etcd kube-controller kube-scheduler; do ! runs "$name" || say "$name runs"; done
    for file in /etc/kubernetes/* /var/lib/kubelet/* /var/lib/cni/* /etc/cni/net.d/10-pooldeck.conflist /etc/pooldeck /etc/systemd/system/pooldeck-network.service \
        /etc/systemd/networkd.conf.d/pooldeck.conf /etc/apt/sources.list.d/pooldeck.list /etc/apt/keyrings/pooldeck.asc /etc/modules-load.d/pooldeck.conf \
        /etc/sysctl.d/90-pooldeck.conf /etc/containerd/*.pooldeck-kept /etc/systemd/system/containerd.service.d/pooldeck-proxy.conf \
        /run/systemd/system/kubelet.service /sys/class/net/cni0 /sys/class/net/kube-ipvs0 /run/netns/cni-* /run/pooldeck/join /run/pooldeck/init "$STATE/by-hand"; do
        [ ! -e "$file" ] || say "\`$file\` is left"
    done
    { [ "${POOLDECK_ROLE:-}" = worker ] && [ "$(claim_value role)" != control-plane ]; } || [ ! -e /var/lib/etcd/member ] || say '/var/lib/etcd holds data'
    grep -lsE "$MARK|pooldeck-begin|pooldeck-swap" /etc/hosts /etc/fstab /etc/containerd/config.toml | sed 's/.*/our marks are in `&`/'
    awk '$2 ~ "^/var/lib/kubelet/." {print "`" $2 "` is mounted"}' /proc/mounts
    ! has ip || ip route show proto 187 2>/dev/null | sed 's/^/route: /'
    for tool in $(iptables_tools); do
        count=$("$tool-save" 2>/dev/null | grep -cE '^:(KUBE|CNI|POOLDECK)-' || :)
        [ "$count" = 0 ] || say "$tool has $count chains of ours"
    done
    if has ctr && [ -S /run/containerd/containerd.sock ]; then
        count=$(timeout 10 ctr -n k8s.io containers ls -q | grep -c . || :)
        [ "$count" = 0 ] || say "$count containers are left"
    fi
}
