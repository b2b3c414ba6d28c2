# shellcheck shell=sh
# Leaves on this server how a person finishes the open run, or takes it back, without pooldeck; undo removes it.
# It must never hold a secret (people make their own tokens), stay on a server that leaves, or be half there. Its name in its first line
# says of which run and moment it is. Everybody may read it: who logs in without root's rights is to find it, too.
# Facts: the text comes on stdin. It takes no lock, so a clean, or a release, may end while it is written: their marks are looked at last.
check() { head -n 1 "$STATE/by-hand" 2>/dev/null | grep -qF "($POOLDECK_STAMP)" || not_so 'no text for a person, or an older one'; }

apply() {
    cat >"$STATE/by-hand.new" || fail 'the text for a person cannot be written' 'free space on this server'
    chmod 644 "$STATE/by-hand.new"
    mv -f "$STATE/by-hand.new" "$STATE/by-hand"
    [ -e "$STATE/claim" ] || { copies_away; fail 'the claim was given back meanwhile' 'nothing is left to do here'; }
    # What is owed is said also where a clean came to its end and was not proved.
    [ -z "${POOLDECK_OWES:-}" ] || rm -f "$STATE/cleaned"
    [ ! -e "$STATE/cleaned" ] || { rm -f "$STATE/by-hand"; say 'it is clean by now'; return 0; }
    say "left: $(wc -c <"$STATE/by-hand") bytes"
}

undo() { rm -f "$STATE/by-hand" "$STATE/by-hand.new"; }
