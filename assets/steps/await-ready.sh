# shellcheck shell=sh
# Gives a new node its pod range and labels, waits until it is Ready, and proves that it is the machine that was meant.
# It must never believe a name alone: machine id, address and version have to be equal.
# Facts: kubectl wait watches, so nothing is polled; --for=create exists since 1.31; the pool does not allocate ranges itself.
check() {
    found=$(view 2>&1) || cannot_tell "$found"
    [ -n "$found" ] || { not_so "no node \`$POOLDECK_NODE\` yet"; return; }
    wanted="$POOLDECK_MACHINE_ID $POOLDECK_NODE_IP $POOLDECK_VERSION $POOLDECK_NODE_CIDR $(wanted_labels)True"
    [ "$found" = "$wanted" ] || not_so "node \`$POOLDECK_NODE\` is \`$found\`, wanted is \`$wanted\`"
}

# labels prints k=v words: the wanted labels and the zone.
labels() {
    printf '%s' "${POOLDECK_LABELS:-}" | tr ',' ' '
    [ -z "${POOLDECK_ZONE:-}" ] || printf ' topology.kubernetes.io/zone=%s' "$POOLDECK_ZONE"
}
wanted_labels() { for label in $(labels); do printf '%s ' "$label"; done; }
# view prints machine, address, version, range, the wanted labels as they are, and whether it is Ready; nothing when there is no node.
view() {
    shown=
    for label in $(labels); do shown="$shown${label%%=*}={{with .metadata.labels}}{{with index . \"${label%%=*}\"}}{{.}}{{end}}{{end}} "; done
    k get node "$POOLDECK_NODE" --ignore-not-found -o go-template="{{.status.nodeInfo.machineID}} \
{{range .status.addresses}}{{if eq .type \"InternalIP\"}}{{.address}}{{end}}{{end}} {{.status.nodeInfo.kubeletVersion}} \
{{with .spec.podCIDR}}{{.}}{{else}}-{{end}} $shown{{range .status.conditions}}{{if eq .type \"Ready\"}}{{.status}}{{end}}{{end}}"
}

apply() {
    limit=${POOLDECK_DEADLINE:-120}
    found=$(view)
    if [ -z "$found" ]; then
        say "waiting for node $POOLDECK_NODE"
        wait_for create || later "node \`$POOLDECK_NODE\` has not registered within $limit s" 'look at `journalctl -u kubelet` on that server'
        found=$(view)
    fi
    machine=${found%% *}
    [ "$machine" = "$POOLDECK_MACHINE_ID" ] || fail "node \`$POOLDECK_NODE\` is another machine ($machine)" 'two servers with one name, or a clone with one machine-id: mend that first'
    range=$(printf '%s' "$found" | cut -d ' ' -f 4)
    [ "$range" = - ] || [ "$range" = "$POOLDECK_NODE_CIDR" ] ||
        fail "node \`$POOLDECK_NODE\` has the pod range $range, not $POOLDECK_NODE_CIDR" 'remove that node and join it anew: a range cannot be changed'
    k patch node "$POOLDECK_NODE" --type=merge -p "{\"spec\":{\"podCIDR\":\"$POOLDECK_NODE_CIDR\",\"podCIDRs\":[\"$POOLDECK_NODE_CIDR\"]},\"metadata\":{\"labels\":{$(labels_json)}}}" >/dev/null
    # A node that has registered needs its token no more; it goes while the node becomes Ready.
    [ "$POOLDECK_ROLE" = control-plane ] || { k -n kube-system delete secrets -l "pooldeck/joins=$POOLDECK_NODE" --ignore-not-found >/dev/null & token=$!; }
    case $found in
        *' True') ;;
        *)
            say "waiting until node $POOLDECK_NODE is Ready"
            wait_for condition=Ready || later "node \`$POOLDECK_NODE\` is not Ready within $limit s: $(why)" 'look at `journalctl -u kubelet` on that server'
            ;;
    esac
    say "node $POOLDECK_NODE is Ready"
    [ -z "${token:-}" ] || wait "$token" || later 'the join token could not be removed' 'it is tried again'
}
labels_json() {
    comma=
    for label in $(labels); do
        printf '%s"%s":"%s"' "$comma" "${label%%=*}" "${label#*=}"
        comma=,
    done
}
wait_for() { kubectl --kubeconfig /etc/kubernetes/admin.conf wait --for="$1" "node/$POOLDECK_NODE" --timeout="${limit}s" >/dev/null 2>&1; }
why() { k get node "$POOLDECK_NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}' 2>&1; }

undo() {
    machine=$(k get node "$POOLDECK_NODE" --ignore-not-found -o 'jsonpath={.status.nodeInfo.machineID}') ||
        later 'the API server does not answer' 'the node is deleted when it does'
    [ "$machine" = "$POOLDECK_MACHINE_ID" ] || { say "no node \`$POOLDECK_NODE\` of this machine"; return 0; }
    k delete node "$POOLDECK_NODE" --ignore-not-found
}
