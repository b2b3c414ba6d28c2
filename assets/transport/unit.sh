# shellcheck shell=sh
# What a unit runs: a step's script with its secret on standard input, its output in a file, and its result renamed into place as
# the last act. Called as `sh unit DIR VERB`. It holds `alive` locked as long as it lives, so that a follower notices its end at once.
# It must never end without a result unless it was killed.
exec 8>"$1/alive.new" && flock 8 && mv "$1/alive.new" "$1/alive" || exit
if [ -e "$1/stdin" ]; then
    # Open and gone: from here on only this process can read it.
    exec <"$1/stdin"
    rm -f "$1/stdin"
else
    exec </dev/null
fi
cd / || exit
sh "$1/script" "$2" >>"$1/output" 2>&1 8>&-
code=$?
read -r boot </proc/sys/kernel/random/boot_id
printf '%s %s\n' "$code" "$boot" >"$1/result.new" && mv "$1/result.new" "$1/result"
exit "$code"
