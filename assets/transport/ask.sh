# shellcheck shell=sh disable=SC2154
# Runs a script that changes nothing, under a time limit, and says its exit code after its output.
# Given: VERB, LIMIT (seconds), SCRIPT, SECRET (may be empty), MARK. It must never leave a file.
ask() {
    # The script comes by a descriptor of its own: no file, no argument, and standard input stays the secret's.
    timeout -k 5 "$LIMIT" sh /dev/fd/3 "$VERB" 3<<END
$SCRIPT
END
}
if [ -n "$SECRET" ]; then printf '%s' "$SECRET" | ask; else ask </dev/null; fi
printf '\n%s %s\n' "$MARK" "$?"
