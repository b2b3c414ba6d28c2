# shellcheck shell=sh
# Prints one page of the store's copy that this server keeps, as base64, after a line with whose it is, its revision and its size.
# It must never change anything. Facts: what a fetch prints is cut at 1 MiB, and a newer copy takes the old one's place in one move, so
# pages with the same first line are of the same copy.
fetch() {
    [ -s "$STATE/copy.db" ] || { say 'no copy is kept on this server' >&2; return 1; }
    printf '%s %s\n' "$(cat "$STATE/copy.of")" "$(stat -c %s "$STATE/copy.db")"
    tail -c "+$((POOLDECK_FROM + 1))" "$STATE/copy.db" | head -c "$POOLDECK_COUNT" | base64 -w 0
}
