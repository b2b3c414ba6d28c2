# shellcheck shell=sh
# Takes this server for a pool: writes /var/lib/pooldeck/claim; undo gives it back.
# It must never take a server that another fleet holds, nor move one of ours from pool to pool.
# Facts: main has refused a foreign or newer claim under the lock before apply runs (exit 78, 79).
may_run_unclaimed() { true; }

check() {
    [ -e "$STATE/claim" ] || { not_so 'no claim yet'; return; }
    [ "$(claim_value fleet)" = "$POOLDECK_FLEET" ] || { not_so 'claimed by another fleet'; return; }
    [ "$(claim_value pool)/$(claim_value role)/$(claim_value server)" = "$POOLDECK_POOL/$POOLDECK_ROLE/$POOLDECK_SERVER" ] ||
        not_so "claimed for pool \`$(claim_value pool)\` as $(claim_value role) \`$(claim_value server)\`"
}

apply() {
    pool=$(claim_value pool)
    [ "${pool:-$POOLDECK_POOL}" = "$POOLDECK_POOL" ] ||
        fail "this server is in pool \`$pool\` of this fleet (run $(claim_value run))" "take it out of \`$pool\` first"
    put "$STATE/claim" 644 "fleet=$POOLDECK_FLEET
epoch=$POOLDECK_EPOCH
store=$POOLDECK_STORE
holder=$POOLDECK_HOLDER
pool=$POOLDECK_POOL
role=$POOLDECK_ROLE
run=$POOLDECK_RUN
server=$POOLDECK_SERVER
at=$POOLDECK_AT"
    hear_epoch
    rm -f "$STATE/cleaned"
    sync "$STATE/claim" "$STATE/epoch"
    tell_visitors
    say "claimed for pool $POOLDECK_POOL"
}

undo() {
    pool=$(claim_value pool)
    [ "${pool:-$POOLDECK_POOL}" = "$POOLDECK_POOL" ] || fail "this server is in pool \`$pool\` of this fleet by now (run $(claim_value run))" 'leave it there'
    hosts_drop name
    # What was done here and not taken back stays under the claim: without it nobody would know whose it is.
    if [ -s "$STATE/made" ] || [ -e "$STATE/kept" ]; then
        traces
        fail 'not all of our work here is taken back' 'the server owes its cleaning and is cleaned when it can be'
    fi
    rm -rf "$STATE/made" "$STATE/claim" /etc/motd.d/pooldeck
    copies_away
    rmdir /etc/motd.d 2>/dev/null || :
    say 'claim given back'
}
