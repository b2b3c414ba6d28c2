# shellcheck shell=sh disable=SC2154
# Follows a unit: each line of its output from line FROM on as `oLINE`, then `fCODE BOOT` when its result is there, or `a` when there
# is neither unit nor result. Given: ROOT, UNIT, FROM. It ends with the connection, whose end is the end of its standard input.
# It must never outlive the connection, and never decide what an end means.
dir=$ROOT/$UNIT
absent() { printf 'a\n'; finish; }
finish() { kill "$watch" 2>/dev/null; exit 0; }
exec 3<&0
{ read -r _; kill "$$"; } <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&- </dev/null
[ -e "$dir/output" ] || absent
exec 4<"$dir/output"
seen=0 part='' open='' tries=0 quiet=0
drain() {
    while IFS= read -r line <&4; do
        [ "$seen" -lt "$FROM" ] || printf 'o%s%s\n' "$part" "$line"
        seen=$((seen + 1)) part=''
    done
    part=$part$line
}
# still_starting: it is starting, or runs and has not got to its lock yet.
still_starting() {
    exec 6>>"$ROOT/starting" && flock -s 6 && exec 6>&-
    case $(systemctl show --property=ActiveState "$UNIT" 2>/dev/null) in
        ActiveState=active* | ActiveState=activating) ;;
        *) [ -e "$dir/result" ] || [ -e "$dir/alive" ] ;;
    esac
}
while [ ! -e "$dir/result" ]; do
    before=$seen
    drain
    if [ "$seen" = "$before" ]; then quiet=$((quiet + 1)); else quiet=0; fi
    if [ -z "$open" ] && [ -e "$dir/alive" ]; then
        exec 5<"$dir/alive"
        open=yes
    fi
    if [ -n "$open" ]; then
        # Gets the lock at once when the unit ends; until then it waits for lines, less often when none came for a while: each
        # wait is a process, on servers that have other work.
        if [ "$quiet" -lt 3 ]; then pause=0.1; elif [ "$quiet" -lt 6 ]; then pause=0.4; else pause=1; fi
        ! flock -s -w "$pause" 5 || [ -e "$dir/result" ] || { drain; absent; }
    else
        tries=$((tries + 1))
        [ $((tries % 40)) != 0 ] || still_starting || absent
        sleep 0.01
    fi
done
drain
[ -z "$part" ] || [ "$seen" -lt "$FROM" ] || printf 'o%s\n' "$part"
read -r code boot <"$dir/result"
printf 'f%s %s\n' "$code" "$boot"
finish
