# shellcheck shell=sh
# Proves that nothing of ours and nothing of Kubernetes is on this server but packages. It changes nothing.
# It must never call clean what it could not look at. Facts: the list of traces is in leave.sh, shared with clean.
check() {
    traces=$(traces)
    [ -z "$traces" ] || not_so "$traces"
}

apply() { check || fail 'this server is not clean' 'clean it again; the lines above say what is left'; }
