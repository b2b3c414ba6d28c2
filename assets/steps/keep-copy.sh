# shellcheck shell=sh
# Keeps a copy of the store on a server that we hold, for the day on which the captain's machine is lost.
# It must never hold a secret (the store has none), stay on a server that leaves (release and claim's undo remove it), or be half there.
# Facts: the file comes on stdin as base64 and is a whole SQLite store; the new one takes the old one's place in one move.
check() { [ "$(cat "$STATE/copy.of" 2>/dev/null)" = "$POOLDECK_FLEET $POOLDECK_REVISION" ] || not_so 'no copy, or an older one'; }

apply() {
    umask 077
    rm -f "$STATE"/copy.new
    base64 -d >"$STATE/copy.new" || fail 'the copy cannot be written' 'free space on this server'
    sync "$STATE/copy.new"
    mv -f "$STATE/copy.new" "$STATE/copy.db"
    put "$STATE/copy.of" 600 "$POOLDECK_FLEET $POOLDECK_REVISION"
    # It takes no lock: a server that was given back meanwhile keeps nothing.
    [ -e "$STATE/claim" ] || { copies_away; fail 'the claim was given back meanwhile' 'another server keeps the copy'; }
    say "kept: $(wc -c <"$STATE/copy.db") bytes"
}

undo() { copies_away; }
