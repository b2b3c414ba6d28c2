# shellcheck shell=sh
# Writes this captain's epoch into our claim, so that an older captain is refused from now on, and ends what that one left running.
# It must never stop a unit of its own epoch or a newer one, nor touch another fleet's claim (main refuses that).
# Facts: units are named pooldeck-FLEET-…, their script lies in /run/pooldeck/UNIT/ and carries its epoch. Work on the subject is waited
# for (it holds the lock and ends soon); what an executor does through kubectl may be stopped at any moment.
may_run_unclaimed() { true; }

check() {
    [ -e "$STATE/claim" ] || return 0
    [ "$(claim_value fleet)" = "$POOLDECK_FLEET" ] || { not_so 'claimed by another fleet'; return; }
    [ "$(claim_value epoch)" -ge "$POOLDECK_EPOCH" ] || { not_so "the claim has epoch $(claim_value epoch)"; return; }
    [ -z "$(older_units '')" ] || not_so "still running: $(older_units '' | tr '\n' ' ')"
}

# older_units ON: running units of our fleet with a lower epoch; ON limits them to subject or executor work.
older_units() {
    systemctl list-units --type=service --state=running,activating --plain --no-legend "pooldeck-$POOLDECK_FLEET-*" 2>/dev/null |
        while read -r unit _; do
            folder=/run/pooldeck/${unit%.service}
            epoch=$(sed -n "s/^export POOLDECK_EPOCH='\([0-9]*\)'.*/\1/p" "$folder"/* 2>/dev/null | head -n 1)
            [ "${epoch:-$POOLDECK_EPOCH}" -lt "$POOLDECK_EPOCH" ] || continue
            [ -z "$1" ] || grep -qs "^export POOLDECK_ON='$1'" "$folder"/* || continue
            printf '%s\n' "$unit"
        done
}
none_older() { [ -z "$(older_units '')" ]; }

# end_unit UNIT: systemd's own stop can take 90 s where cgroups v1 do not tell it that the last process has gone.
end_unit() {
    systemctl kill -s TERM "$1"
    wait_until 5 ended "$1" || systemctl kill -s KILL "$1"
    systemctl stop --no-block "$1"
}
ended() { [ "$(systemctl show -P MainPID "$1")" = 0 ]; }

before_lock() {
    for unit in $(older_units executor); do
        say "stopping $unit of an older captain"
        end_unit "$unit"
    done
    none_older && return 0
    say "waiting for $(older_units '' | tr '\n' ' ')of an older captain"
    wait_until 60 none_older && return 0
    for unit in $(older_units ''); do
        say "stopping $unit: it did not end within 60 s"
        end_unit "$unit"
    done
}

apply() {
    [ -e "$STATE/claim" ] || { say 'no claim here, nothing to fence'; return 0; }
    put "$STATE/claim" 644 "$(sed "s/^epoch=.*/epoch=$POOLDECK_EPOCH/" "$STATE/claim" | grep -v -e '^holder=' -e '^store=')
store=$POOLDECK_STORE
holder=$POOLDECK_HOLDER"
    sync "$STATE/claim"
    say "epoch $POOLDECK_EPOCH is written"
}
