# shellcheck shell=sh
# Gives this server's claim back after it was proved clean.
# It must never remove another fleet's claim (main refuses that), nor the counters in /var/lib/pooldeck/applied: they are the witness
# of what was done here; only their length is bounded.
may_run_unclaimed() { true; }

check() {
    [ ! -e "$STATE/claim" ] || { not_so 'the claim is still here'; return; }
    [ ! -e /etc/motd.d/pooldeck ] || not_so 'the line for visitors is still here'
}

apply() {
    rm -f "$STATE/claim" /etc/motd.d/pooldeck "$STATE/made"
    rm -rf "$STATE/kept"
    copies_away
    rmdir /etc/motd.d 2>/dev/null || :
    if [ "$(wc -l <"$STATE/applied")" -gt 2000 ]; then
        put "$STATE/applied" 644 "$(tail -n 1000 "$STATE/applied")"
    fi
    say 'released'
}
