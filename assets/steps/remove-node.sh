# shellcheck shell=sh
# Deletes a Node from the pool's API. Forward only.
# It must never delete the Node of another machine: where POOLDECK_MACHINE_ID is set, the Node must carry it.
check() {
    node=$(k get node "$POOLDECK_NODE" --ignore-not-found -o name 2>&1) || cannot_tell "$node"
    [ -z "$node" ] || not_so "$node is there"
}

apply() {
    machine=$(k get node "$POOLDECK_NODE" --ignore-not-found -o 'jsonpath={.status.nodeInfo.machineID}')
    if [ -n "$machine" ] && [ "$machine" != "${POOLDECK_MACHINE_ID:-$machine}" ]; then
        fail "node \`$POOLDECK_NODE\` is another machine ($machine)" 'plan again: the node was replaced by hand'
    fi
    k delete node "$POOLDECK_NODE" --ignore-not-found
}
