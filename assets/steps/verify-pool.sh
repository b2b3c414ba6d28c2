# shellcheck shell=sh
# Proves a pool: exactly the wanted nodes, every one Ready, all at the pool's version, and CoreDNS available. POOLDECK_NODES_LOST are
# nodes that are given up: neither wanted, nor foreign where one boots and registers again before it is cleaned.
# apply only waits for what is still on its way. It must never call a pool proved because a command ended with 0.
check() {
    found=$(view 2>&1) || cannot_tell "$found"
    wrong=$(printf '%s\n' "$found" | awk -v nodes="$POOLDECK_NODES" -v lost="${POOLDECK_NODES_LOST:-}" -v version="$POOLDECK_VERSION" '
        BEGIN { n = split(nodes, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] = 1
            n = split(lost, list, " "); for (i = 1; i <= n; i++) spared[list[i]] = 1 }
        $1 == "dns" { dns = $2 }
        $1 != "node" || $2 in spared { next }
        !($2 in wanted) { print "node `" $2 "` is not of this pool"; next }
        { delete wanted[$2] }
        $4 != "True" { print "node `" $2 "` is not Ready" }
        $3 != version { print "node `" $2 "` has " $3 ", the pool " version }
        END {
            for (name in wanted) print "node `" name "` is missing"
            if (dns < 1) print "CoreDNS is not available"
        }')
    [ -z "$wrong" ] || { not_so "$wrong"; return; }
    say "Ready at $POOLDECK_VERSION: $POOLDECK_NODES"
    say "no other node is in the cluster, and CoreDNS is available"
}
# view prints `node NAME VERSION READY` for each node and `dns REPLICAS`: one question to the API, which has much to do just now.
view() {
    k -n kube-system get nodes,deployments -o go-template="{{range .items}}{{if eq .kind \"Node\"}}node {{.metadata.name}} \
{{with .status.nodeInfo.kubeletVersion}}{{.}}{{else}}-{{end}} {{range .status.conditions}}{{if eq .type \"Ready\"}}{{.status}}{{end}}{{end}}
{{else if eq .metadata.name \"coredns\"}}dns {{with .status.availableReplicas}}{{.}}{{else}}0{{end}}
{{end}}{{end}}"
}

apply() {
    limit=${POOLDECK_DEADLINE:-120}
    say "waiting until every node is Ready: $POOLDECK_NODES"
    # shellcheck disable=SC2046 # one word is one node
    wait_for "$limit" condition=Ready $(for node in $POOLDECK_NODES; do say "node/$node"; done) || later 'a node is not Ready' 'the check names it'
    say 'every node is Ready; waiting for CoreDNS'
    dns_until=$(($(uptime_seconds) + limit))
    until wait_for 1 condition=Available -n kube-system deployment/coredns; do
        [ "$(uptime_seconds)" -lt "$dns_until" ] || later 'CoreDNS is not available' 'look at its pods in the namespace `kube-system`'
        look_again || :
    done
    # Whether it is so is the check's word; what is not so by then, a node that flaps, is tried again.
    return 75
}
wait_for() {
    seconds=$1 condition=$2
    shift 2
    kubectl --kubeconfig /etc/kubernetes/admin.conf wait --for="$condition" "$@" --timeout="${seconds}s" >/dev/null 2>&1
}
# CoreDNS is asked every 10 s whether it is ready, and the first time is too early; a pod that changes is asked at once.
look_again() { k -n kube-system annotate pods -l k8s-app=kube-dns --overwrite "pooldeck/asked-at=$(date +%s)" >/dev/null 2>&1; }
