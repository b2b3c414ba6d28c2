# shellcheck shell=sh
# Removes what a pool left on this server and puts back what prepare changed; packages stay. Forward only, idempotent, works after half-work.
# It must never flush a firewall, remove etcd data that we did not make, or act on another cluster's node. The work is in leave.sh.
apply() {
    unjoin
    unnetwork
    unprepare
    rm -f "$STATE/made"
    # From here on nobody writes a text for a person: what is on its way finds this and goes.
    : >"$STATE/cleaned"
    rm -f "$STATE/by-hand"
    say 'cleaned'
}

# What a clean server has not is in prove-clean; here the claim's own work is looked for.
check() {
    [ ! -e "$STATE/made" ] || { not_so 'our notes are still here'; return; }
    [ ! -e "$STATE/kept" ] || { not_so 'kept settings are not put back yet'; return; }
    traces=$(traces)
    [ -z "$traces" ] || not_so "$traces"
}
