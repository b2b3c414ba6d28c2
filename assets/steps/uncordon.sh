# shellcheck shell=sh
# Lets a node take pods again when people have done with its server: lifts the cordon of the run that set it. Forward only.
# It must never lift a cordon that a person or another run set. Facts: runs on a control plane; a cordon of ours has the run's number beside it.
node_state() { k get node "$POOLDECK_NODE" --ignore-not-found -o 'jsonpath={.metadata.name}/{.spec.unschedulable}/{.metadata.annotations.pooldeck/cordoned}'; }

check() {
    state=$(node_state 2>&1) || cannot_tell "$state"
    case $state in
        '') not_so "no node \`$POOLDECK_NODE\`" ;;
        */"$POOLDECK_CORDONED") not_so "node \`$POOLDECK_NODE\` is cordoned by run $POOLDECK_CORDONED" ;;
        */true/*) not_so "node \`$POOLDECK_NODE\` is cordoned by somebody else" ;;
    esac
}

apply() {
    state=$(node_state) || later 'the API server does not answer' 'it is tried again'
    case $state in
        '') fail "no node \`$POOLDECK_NODE\`" 'look at `journalctl -u kubelet` on that server' ;;
        */"$POOLDECK_CORDONED") ;;
        */true/*) fail "node \`$POOLDECK_NODE\` is cordoned by somebody else" "lift it with \`kubectl uncordon $POOLDECK_NODE\` when that is right, and ask again" ;;
        *) say "not cordoned; left as it is"; return 0 ;;
    esac
    same_machine
    k patch node "$POOLDECK_NODE" --type=merge -p '{"spec":{"unschedulable":null},"metadata":{"annotations":{"pooldeck/cordoned":null,"pooldeck/cordoned-by":null,"pooldeck/drain-started":null}}}' || later 'the API server did not lift the cordon' 'it is tried again'
}
