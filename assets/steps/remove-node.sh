# shellcheck shell=sh
# Deletes a Node from the pool's API. Forward only.
# It must never delete the Node of another machine than POOLDECK_MACHINE_ID.
check() {
    node=$(k get node "$POOLDECK_NODE" --ignore-not-found -o name 2>&1) || cannot_tell "$node"
    [ -z "$node" ] || not_so "$node is there"
}

apply() {
    same_machine
    # A node that was to be given up, and is well again, has pods that could be drained.
    if [ -n "${POOLDECK_LOST:-}" ]; then
        ready=$(k get node "$POOLDECK_NODE" --ignore-not-found -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') || later 'the API server does not answer' 'it is tried again'
        [ "$ready" != True ] || fail "node \`$POOLDECK_NODE\` is Ready again" 'plan again: now it can be drained'
    fi
    k delete node "$POOLDECK_NODE" --ignore-not-found || later 'the API server did not delete it' 'it is tried again'
}
