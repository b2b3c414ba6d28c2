# shellcheck shell=sh
# Gives a new node its pod range and labels, waits until it is Ready, and proves that it is the machine that was meant.
# It must never believe a name alone: machine id, address and version have to be equal.
# Facts: kubectl wait watches, so nothing is polled; --for=create exists since 1.31; the pool does not allocate ranges itself.
view='{.status.nodeInfo.machineID} {.status.addresses[?(@.type=="InternalIP")].address} {.status.nodeInfo.kubeletVersion} {.spec.podCIDR} {.status.conditions[?(@.type=="Ready")].status}'

check() {
    found=$(k get node "$POOLDECK_NODE" --ignore-not-found -o "jsonpath=$view" 2>&1) || cannot_tell "$found"
    [ -n "$found" ] || { not_so "no node \`$POOLDECK_NODE\` yet"; return; }
    wanted="$POOLDECK_MACHINE_ID $POOLDECK_NODE_IP $POOLDECK_VERSION $POOLDECK_NODE_CIDR True"
    [ "$found" = "$wanted" ] || { not_so "node \`$POOLDECK_NODE\` is \`$found\`, wanted is \`$wanted\`"; return; }
    selector=$(labels | tr ' ' ',')
    [ -z "$selector" ] || [ -n "$(k get node -l "$selector" --field-selector="metadata.name=$POOLDECK_NODE" -o name)" ] || not_so 'its labels are missing'
}

# labels prints k=v words: the wanted labels and the zone.
labels() {
    words=$(printf '%s' "${POOLDECK_LABELS:-}" | tr ',' ' ')
    [ -z "${POOLDECK_ZONE:-}" ] || words="$words topology.kubernetes.io/zone=$POOLDECK_ZONE"
    printf '%s' "${words# }"
}

apply() {
    limit=${POOLDECK_DEADLINE:-120}
    say "waiting for node $POOLDECK_NODE"
    wait_for create || later "node \`$POOLDECK_NODE\` has not registered within $limit s" 'look at `journalctl -u kubelet` on that server'
    found=$(k get node "$POOLDECK_NODE" -o 'jsonpath={.status.nodeInfo.machineID}/{.spec.podCIDR}')
    [ "${found%%/*}" = "$POOLDECK_MACHINE_ID" ] || fail "node \`$POOLDECK_NODE\` is another machine (${found%%/*})" 'two servers with one name, or a clone with one machine-id: mend that first'
    case ${found#*/} in
        '') k patch node "$POOLDECK_NODE" --type=merge -p "{\"spec\":{\"podCIDR\":\"$POOLDECK_NODE_CIDR\",\"podCIDRs\":[\"$POOLDECK_NODE_CIDR\"]}}" ;;
        "$POOLDECK_NODE_CIDR") ;;
        *) fail "node \`$POOLDECK_NODE\` has the pod range ${found#*/}, not $POOLDECK_NODE_CIDR" 'remove that node and join it anew: a range cannot be changed' ;;
    esac
    words=$(labels)
    # shellcheck disable=SC2086 # one word is one label
    [ -z "$words" ] || k label node "$POOLDECK_NODE" --overwrite $words
    wait_for condition=Ready || later "node \`$POOLDECK_NODE\` is not Ready within $limit s: $(why)" 'look at `journalctl -u kubelet` on that server'
    k -n kube-system delete secrets -l "pooldeck/joins=$POOLDECK_NODE" --ignore-not-found >/dev/null
}
wait_for() { kubectl --kubeconfig /etc/kubernetes/admin.conf wait --for="$1" "node/$POOLDECK_NODE" --timeout="${limit}s" >/dev/null 2>&1; }
why() { k get node "$POOLDECK_NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}' 2>&1; }
