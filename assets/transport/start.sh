# shellcheck shell=sh disable=SC2154
# Starts a unit, once: where the unit or its result is there already, nothing is started and that is no error.
# Given: ROOT (directory of all units), UNIT, VERB, WRAP (unit.sh), SCRIPT, SECRET (may be empty). Says `e` and why when it cannot.
# It must never put the secret into an argument, a variable of another process or a disk.
umask 077
dir=$ROOT/$UNIT
cannot() { printf 'e%s\n' "$(printf '%s' "$*" | tail -n 1)"; exit; }
mkdir -p "$dir" || cannot "\`$dir\` cannot be made"
# One start at a time, so that two who start the same unit do not write its files under each other's feet.
exec 7>"$ROOT/starting"
flock 7 || cannot "\`$ROOT/starting\` cannot be locked"
if [ ! -e "$dir/result" ] && [ ! -e "$dir/alive" ]; then
    { printf '%s\n' "$WRAP" >"$dir/unit" && printf '%s\n' "$SCRIPT" >"$dir/script" && : >>"$dir/output" &&
        { [ -z "$SECRET" ] || printf '%s' "$SECRET" >"$dir/stdin"; }; } || cannot "\`$dir\` cannot be written"
    # A unit without a stop limit of its own may take 90 s to die; HOME is what kubectl and kubeadm look for.
    said=$(systemd-run --quiet --no-ask-password --unit="$UNIT" --remain-after-exit --description='a step of pooldeck' \
        --setenv=HOME=/root --property=TimeoutStopSec=10 sh "$dir/unit" "$dir" "$VERB" 2>&1 7>&-) || {
        loaded=$(systemctl show --property=LoadState "$UNIT" 2>/dev/null)
        [ "$loaded" = LoadState=loaded ] || { rm -rf "$dir"; cannot "systemd-run: $said"; }
        # The unit is there and has read its secret, or will find none.
        [ ! -e "$dir/alive" ] || rm -f "$dir/stdin"
    }
fi
exec 7>&-
unset SECRET SCRIPT WRAP
