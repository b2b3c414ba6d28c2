# shellcheck shell=bash disable=SC2154  # `log`, `on` and the like are those of `prove`
# What `prove` plays: the life of a pool, and a create against the clock. Sourced by it.
story() {
    local s
    for s in s01 s02 s07; do
        step "$s" claim
        number=$((number + 1)); expect 0 "$s" preflight apply; expect 0 "$s" preflight check
        step "$s" prepare
        step "$s" network
    done
    step s01 init
    step s01 await-ready
    for s in s02 s07; do
        step "$s" join
        step "$s" await-ready
    done
    expect 0 s01 verify-pool apply
    expect 0 s01 verify-pool check
    for s in s07 s02; do
        step "$s" cordon
        step_once "$s" drain
        step "$s" stop-kubelet
        step "$s" remove-node
        leave "$s"
    done
    leave s01
    say PROVED
}
step_once() { number=$((number + 1)); expect 0 "$1" "$2" apply; expect 0 "$1" "$2" check; expect 0 "$1" "$2" apply; }
leave() {
    step "$1" reset
    step "$1" clean
    expect 0 "$1" prove-clean check
    expect 0 "$1" prove-clean apply
    step "$1" release
}
# A create as the captain plays it: check, apply, check; every server's line at once.
timed() {
    local s begun=${EPOCHREALTIME/./}
    for s in s01 s02 s07; do
        {
            lap "$s" claim
            lap "$s" preflight
            lap "$s" prepare
            lap "$s" network
            : >"$log/ready.$s"
        } &
    done
    wait_for_file "$log/ready.s01"
    lap s01 init
    for s in s01 s02 s07; do
        {
            if [ "$s" != s01 ]; then
                wait_for_file "$log/ready.$s"
                lap "$s" join
            fi
            lap "$s" await-ready
        } &
    done
    wait
    lap s01 verify-pool
    say "the whole create: $(((${EPOCHREALTIME/./} - begun) / 1000)) ms"
}
wait_for_file() { until [ -e "$1" ]; do sleep 0.05; done; }
# lap SUBJECT STEP: the milliseconds of check, apply and check.
lap() {
    local verb code times='' before
    for verb in check apply check; do
        before=${EPOCHREALTIME/./} code=0
        play "$1" "$2" "$verb" >"$log/lap.$1.$2.$verb" 2>&1 || code=$?
        times="$times $verb $(((${EPOCHREALTIME/./} - before) / 1000))"
        [ "$verb" != apply ] || [ "$code" = 0 ] || { cat "$log/lap.$1.$2.$verb"; die "$2 on $1 ended with $code"; }
    done
    [ "$code" = 0 ] || { cat "$log/lap.$1.$2.check"; die "$2 on $1 is not so"; }
    printf '%6d  %-4s %-12s%s\n' $(((${EPOCHREALTIME/./} - begun) / 1000)) "$1" "$2" "$times"
}
