# shellcheck shell=bash disable=SC2154  # `log`, `on` and the like are those of `prove`
# What `prove` plays: the life of a pool, and a create against the clock. Sourced by it.
story() {
    local s
    declare -A before
    in_the_way s07
    # A site's own firewall has to outlive us.
    on s07 sh -c 'apt-get --version >/dev/null; nft add table ip site; nft add chain ip site input "{ type filter hook input priority 10; }"; nft add rule ip site input ip saddr 203.0.113.9 drop'
    for s in s01 s02 s07; do before[$s]=$(state "$s"); done
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
    expect 75 s01 verify-pool apply # its check has the word
    expect 0 s01 verify-pool check
    for s in s07 s02; do
        step "$s" cordon
        step_once "$s" drain
        step "$s" stop-kubelet
        step "$s" remove-node
        leave "$s"
    done
    leave s01
    for s in s01 s02 s07; do
        [ "${before[$s]}" = "$(state "$s")" ] || { diff <(echo "${before[$s]}") <(state "$s"); die "$s is not as before"; }
    done
    on s07 nft list table ip site | grep -q 203.0.113.9 || die 'a rule of the site is gone'
    say PROVED
}
# in_the_way SERVER: everything that preflight has to see, at once; it mends the name and nothing else.
in_the_way() {
    on "$1" sh -c 'mkdir -p /etc/kubernetes; : >/etc/kubernetes/kubelet.conf; sed -i "/127.0.1.1/d" /etc/hosts
        systemd-run -q --unit=taken python3 -m http.server 10250'
    expect 0 "$1" claim apply
    variables() { printf '%s\n' POOLDECK_NOW=$(($(date +%s) + 3600)) POOLDECK_MIN_DISK=99000000000000 "POOLDECK_MIRRORS=http://$LAB_NET.1:8080 http://$LAB_NET.1:9" POOLDECK_VERSION=v1.35.0; }
    until on "$1" python3 -c 'import socket; socket.create_connection(("127.0.0.1", 10250))' 2>/dev/null; do sleep 0.1; done
    expect 1 "$1" preflight check
    holds 'does not resolve'; holds 'clock is off by'; holds 'are needed'; holds 'port 10250 is taken'; holds ':9 cannot be reached'; holds 'is left from another Kubernetes'; holds 'wants cgroup v2'
    ! grep -q ':8080' "$log/out" || die 'a mirror that answers was blamed'
    expect 1 "$1" preflight apply
    ! grep -q 'does not resolve' "$log/out" || die 'the name was not mended'
    on "$1" sh -c 'systemctl stop taken; rm -rf /etc/kubernetes'
    # shellcheck source-path=SCRIPTDIR
    . "$here/variables.sh"
    expect 0 "$1" preflight check
    expect 0 "$1" claim undo
    on "$1" sh -c 'printf "127.0.1.1\ts07.lab\ts07\n" >>/etc/hosts'
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
        [ "$verb" != apply ] || [ "$code" = 0 ] || [ "$code" = 75 ] || { cat "$log/lap.$1.$2.$verb"; die "$2 on $1 ended with $code"; }
    done
    [ "$code" = 0 ] || { cat "$log/lap.$1.$2.check"; die "$2 on $1 is not so"; }
    printf '%6d  %-4s %-12s%s\n' $(((${EPOCHREALTIME/./} - begun) / 1000)) "$1" "$2" "$times"
}
