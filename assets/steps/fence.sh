# shellcheck shell=sh
# Writes this captain's epoch into our claim, so that an older captain is refused from now on, when what that one left running has ended.
# It must never stop a unit of its own epoch or a newer one, cut off work on the subject before its own time is over (apt, kubeadm), nor
# touch another fleet's claim (main refuses that).
# Facts: units are named pooldeck-FLEET-…, their script lies in /run/pooldeck/UNIT/ and carries its epoch and its limit. Work on the subject
# holds the lock, and this captain reads its result; what an executor does through kubectl may be stopped at any moment.
may_run_unclaimed() { true; }

check() {
    epoch=$(heard_epoch)
    [ "${epoch:-0}" -ge "$POOLDECK_EPOCH" ] || { not_so "it has heard of epoch ${epoch:-0}"; return; }
    [ -e "$STATE/claim" ] || return 0
    [ "$(claim_value fleet)" = "$POOLDECK_FLEET" ] || { not_so 'claimed by another fleet'; return; }
    [ "$(claim_value epoch)" -ge "$POOLDECK_EPOCH" ] || { not_so "the claim has epoch $(claim_value epoch)"; return; }
    [ -z "$(older_units '')" ] || not_so "still running: $(older_units '' | tr '\n' ' ')"
}

# older_units ON: units of our fleet at work with a lower epoch; ON limits them to subject or executor work.
older_units() {
    systemctl list-units --type=service --state=running,activating,deactivating --plain --no-legend "pooldeck-$POOLDECK_FLEET-*" 2>/dev/null |
        while read -r unit _; do
            epoch=$(said "$unit" EPOCH)
            [ "${epoch:-$POOLDECK_EPOCH}" -lt "$POOLDECK_EPOCH" ] || continue
            [ -z "$1" ] || [ "$(said "$unit" ON)" = "$1" ] || continue
            ended "$unit" || printf '%s\n' "$unit"
        done
}
none_older() { [ -z "$(older_units '')" ]; }
# said UNIT NAME: a number or word that its script was told.
said() { sed -n "s/^export POOLDECK_$2='\([a-z0-9]*\)'.*/\1/p" "/run/pooldeck/${1%.service}"/* 2>/dev/null | head -n 1; }
# ended UNIT: no process of it is left; systemd itself may not know that for 90 s (cgroups v1).
ended() { ! grep -qsF "/$1" /proc/[0-9]*/cgroup; }
# overdue UNIT: its captain would have ended it by now.
overdue() {
    since=$(systemctl show -P ExecMainStartTimestampMonotonic "$1") limit=$(said "$1" LIMIT)
    [ $(($(uptime_seconds) - ${since:-0} / 1000000)) -gt "${limit:-60}" ]
}

# end_unit UNIT: all of its processes, as apt goes on without the shell that started it.
end_unit() {
    systemctl kill -s TERM "$1"
    wait_until 5 ended "$1" || { systemctl kill -s KILL "$1"; wait_until 5 ended "$1" || :; }
    systemctl stop --no-block "$1"
}

before_lock() {
    for unit in $(older_units executor); do
        say "stopping $unit of an older captain"
        end_unit "$unit"
    done
    none_older && return 0
    say "waiting for $(older_units '' | tr '\n' ' ')of an older captain"
    wait_until 60 none_older && return 0
    for unit in $(older_units ''); do
        overdue "$unit" || later "$unit of an older captain still works" 'it is waited for until its time is over'
        say "stopping $unit: its time is over"
        end_unit "$unit"
    done
}

apply() {
    hear_epoch
    [ -e "$STATE/claim" ] || { say "no claim here; epoch $POOLDECK_EPOCH is remembered"; return 0; }
    put "$STATE/claim" 644 "$(sed "s/^epoch=.*/epoch=$POOLDECK_EPOCH/" "$STATE/claim" | grep -v -e '^holder=' -e '^store=')
store=$POOLDECK_STORE
holder=$POOLDECK_HOLDER"
    sync "$STATE/claim"
    say "epoch $POOLDECK_EPOCH is written"
}
