# shellcheck shell=sh
# Keeps new pods off a node, with an annotation that says which run and who; undo lifts only a cordon of ours.
# It must never uncordon what a person cordoned. Facts: runs on a control plane; a node that does not exist takes no pods.
node_state() { k get node "$POOLDECK_NODE" --ignore-not-found -o 'jsonpath={.metadata.name}/{.spec.unschedulable}/{.metadata.annotations.pooldeck/cordoned}'; }

check() {
    state=$(node_state 2>&1) || cannot_tell "$state"
    case $state in
        '' | */true/*) return 0 ;;
    esac
    not_so "node \`$POOLDECK_NODE\` takes pods"
}

apply() {
    state=$(node_state) || later 'the API server does not answer' 'it is tried again'
    case $state in
        '') say "no node \`$POOLDECK_NODE\`"; return 0 ;;
        */true/) say 'somebody else has cordoned it already; left as it is'; return 0 ;;
    esac
    same_machine
    who=$(printf %s "$POOLDECK_HOLDER" | tr -d '"\\')
    k patch node "$POOLDECK_NODE" --type=merge -p "{\"spec\":{\"unschedulable\":true},\"metadata\":{\"annotations\":{\"pooldeck/cordoned\":\"$POOLDECK_RUN\",\"pooldeck/cordoned-by\":\"$who\"}}}" || later 'the API server did not take the cordon' 'it is tried again'
}

undo() {
    state=$(node_state) || later 'the API server does not answer' 'the cordon is lifted when it does'
    case $state in
        */"$POOLDECK_RUN") ;;
        *) say 'not cordoned by this run; left as it is'; return 0 ;;
    esac
    k patch node "$POOLDECK_NODE" --type=merge -p '{"spec":{"unschedulable":null},"metadata":{"annotations":{"pooldeck/cordoned":null,"pooldeck/cordoned-by":null,"pooldeck/drain-started":null}}}'
}
