# shellcheck shell=sh
# Proves a pool: exactly the wanted nodes, every one Ready, all at the pool's version, and CoreDNS available.
# apply only waits for what is still on its way. It must never call a pool proved because a command ended with 0.
check() {
    found=$(k get nodes --no-headers -o 'custom-columns=n:.metadata.name,v:.status.nodeInfo.kubeletVersion,r:.status.conditions[?(@.type=="Ready")].status' 2>&1) ||
        cannot_tell "$found"
    wrong=$(printf '%s\n' "$found" | awk -v nodes="$POOLDECK_NODES" -v version="$POOLDECK_VERSION" '
        BEGIN { n = split(nodes, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] = 1 }
        !($1 in wanted) { print "node `" $1 "` is not of this pool"; next }
        { delete wanted[$1] }
        $3 != "True" { print "node `" $1 "` is not Ready" }
        $2 != version { print "node `" $1 "` has " $2 ", the pool " version }
        END { for (name in wanted) print "node `" name "` is missing" }')
    [ -z "$wrong" ] || { not_so "$wrong"; return; }
    dns=$(k -n kube-system get deployment coredns --ignore-not-found -o 'jsonpath={.status.availableReplicas}') || cannot_tell 'the API does not answer'
    [ "${dns:-0}" -ge 1 ] || not_so 'CoreDNS is not available'
}

apply() {
    limit=${POOLDECK_DEADLINE:-120}
    for node in $POOLDECK_NODES; do wait_for "$limit" condition=Ready "node/$node" || :; done
    dns_until=$(($(uptime_seconds) + limit))
    until wait_for 1 condition=Available -n kube-system deployment/coredns; do
        [ "$(uptime_seconds)" -lt "$dns_until" ] || break
        look_again
    done
    check || later 'the pool is not as wanted' 'the lines above say what is missing'
    say "pool $POOLDECK_POOL is proved"
}
wait_for() {
    seconds=$1 condition=$2
    shift 2
    kubectl --kubeconfig /etc/kubernetes/admin.conf wait --for="$condition" "$@" --timeout="${seconds}s" >/dev/null 2>&1
}
# CoreDNS is asked every 10 s whether it is ready, and the first time is too early; a pod that changes is asked at once.
look_again() { k -n kube-system annotate pods -l k8s-app=kube-dns --overwrite "pooldeck/asked-at=$(date +%s)" >/dev/null 2>&1; }
