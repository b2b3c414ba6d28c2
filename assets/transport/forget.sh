# shellcheck shell=sh disable=SC2154,SC2086
# Ends units and removes them and their files. Given: ROOT, UNITS (separated by spaces), MARK.
# It must never touch a unit that was not named.
systemctl stop $UNITS >/dev/null 2>&1
systemctl reset-failed $UNITS >/dev/null 2>&1
for unit in $UNITS; do rm -rf "${ROOT:?}/${unit:?}"; done
printf '\n%s 0\n' "$MARK"
