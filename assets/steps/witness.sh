# shellcheck shell=sh
# What this server knows of our fleet beyond its claim: terms that it heard of, runs that worked here, a copy of the store. For the day
# on which the store is lost. It must never change anything: it has only a check, which takes no lock and wants no claim.
# Facts: units are named pooldeck-FLEET-…, a fleet's id has 16 digits, and one that has ended is not `running`; the counters in `applied` are in the order of time, and 400 of them are more than one run leaves on a server.
check() {
    printf 'heard %s\n' "$(cat "$STATE/epoch" 2>/dev/null)"
    printf 'copy %s\n' "$(cat "$STATE/copy.of" 2>/dev/null)"
    systemctl list-units --type=service --state=running,activating,deactivating --plain --no-legend 'pooldeck-????????????????-*' 2>/dev/null |
        while read -r unit _; do printf 'work %s\n' "$unit"; done
    [ -e "$STATE/applied" ] || return 0
    printf 'touched %s\n' "$(($(date +%s) - $(stat -c %Y "$STATE/applied")))"
    awk '$1 + 0 > last { last = $1 + 0 } END { print "last", last + 0 }' "$STATE/applied"
    tail -n 400 "$STATE/applied" | sed 's/^/applied /'
}
