# shellcheck shell=bash
# What goes wrong in a room, played on lab servers: foreign claims, older captains, work cut off half-way, reboots. Sourced by `prove`.

# holds TEXT: the last script's output contains it.
holds() { grep -qF -- "$1" "$log/out" || { cat "$log/out"; die "the output has no \`$1\`"; }; }
# state SERVER: what clean has to bring back.
state() {
    on "$1" sh -c 'cat /etc/hosts /etc/fstab; cat /proc/swaps; ip route; ip -br link | cut -d " " -f 1; iptables-save 2>/dev/null | grep -E "^(-A|:[A-Z]+-)"
        cat /proc/sys/net/ipv4/ip_forward; lsmod; systemctl list-unit-files --state=masked --no-legend; find /etc /run /var/lib -xdev -name "*pooldeck*" ! -path "/run/pooldeck*" ! -path "*/systemd/*" ! -path "/var/lib/pooldeck"
        cat /etc/apt/sources.list.d/* 2>/dev/null; dpkg --get-selections | grep -w hold; findmnt -rno TARGET | grep -E "kubelet/|netns/cni"' 2>/dev/null || :
}

# refused: foreign claims, older and newer captains, the lock.
refused() {
    number=1
    expect 1 s07 preflight apply; holds 'no fleet has claimed this server'
    fleet=91c2aaaa expect 0 s07 claim apply
    expect 1 s07 claim check
    expect 78 s07 claim apply; holds 'claimed by fleet 91c2, ops1 on jump1, 12:40'
    expect 78 s07 clean apply
    expect 78 s07 release apply
    expect 78 s07 fence apply
    fleet=91c2aaaa expect 0 s07 claim undo
    epoch=6 expect 0 s07 claim apply
    epoch=5 expect 79 s07 preflight apply; holds 'a newer captain (epoch 6) has taken over'
    epoch=7 expect 1 s07 fence check
    epoch=7 expect 0 s07 fence apply
    epoch=7 expect 0 s07 fence check
    epoch=6 expect 79 s07 preflight apply
    epoch=7
    expect 0 s07 preflight apply
    expect 0 s07 prepare apply
    on s07 flock -n /var/lib/pooldeck/lock true || die 'somebody inherited the lock'
    # An older captain's unit holds the lock: the fence ends it and the newer captain goes on.
    on s07 sh -c 'mkdir -p /run/pooldeck/pooldeck-5f2a91c2-1-9-1-apply; echo "export POOLDECK_EPOCH='"'7'"'" >/run/pooldeck/pooldeck-5f2a91c2-1-9-1-apply/script
        systemd-run -q --remain-after-exit --unit=pooldeck-5f2a91c2-1-9-1-apply flock /var/lib/pooldeck/lock sleep 5'
    sleep 0.3
    epoch=8 expect 1 s07 fence check
    epoch=8 expect 0 s07 fence apply; holds 'of an older captain'
    epoch=8
    expect 0 s07 prepare undo
    expect 1 s07 prepare check
    expect 0 s07 claim undo
}

# waits_for_apt: somebody else holds dpkg; it is named and waited for.
waits_for_apt() {
    number=1
    expect 0 s07 claim apply
    on s07 sh -c 'systemd-run -q --unit=holder python3 -c "import fcntl, time; f = open(\"/var/lib/dpkg/lock-frontend\", \"w\"); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(25)"'
    sleep 1
    expect 1 s07 preflight check; holds 'apt is held (pid '
    expect 0 s07 prepare apply; holds 'waiting for apt (pid '
    expect 0 s07 prepare check
}

# cut_off SUBJECT STEP SECONDS: apply is killed so long after its start.
cut_off() {
    local unit=pooldeck-cut-$RANDOM
    text "$1" "$2" subject | on "$1" sh -c 'mkdir -p -m 700 /run/pooldeck/cut && cat >/run/pooldeck/cut/script'
    if [ "$2" = join ]; then play "$1" token fetch; else :; fi 2>/dev/null | on "$1" sh -c 'cat >/run/pooldeck/cut/in; systemd-run -q --unit="$1" -p StandardInput=file:/run/pooldeck/cut/in sh /run/pooldeck/cut/script apply' - "$unit"
    sleep "$3"
    on "$1" systemctl kill -s KILL "$unit" 2>/dev/null || say "$2 on $1 had ended before $3 s"
    on "$1" sh -c 'rm -rf /run/pooldeck/cut' - "$unit"
    say "cut $2 on $1 after $3 s ($SECONDS)"
}
# half_prepare: whenever prepare is killed, clean brings the server back and another prepare goes on.
half_prepare() {
    local seconds before
    number=1
    before=$(state s07)
    for seconds in 0.3 1.5 4 7; do
        expect 0 s07 claim apply
        cut_off s07 prepare "$seconds"
        expect 0 s07 clean apply
        expect 0 s07 prove-clean check
        expect 0 s07 release apply
        [ "$before" = "$(state s07)" ] || { diff <(echo "$before") <(state s07); die "not as before after a prepare of $seconds s"; }
    done
    expect 0 s07 claim apply
    cut_off s07 prepare 3
    expect 0 s07 prepare apply
    expect 0 s07 prepare check
    on s07 dpkg --audit | grep . && die 'dpkg is not whole'
    # A package that is half unpacked counts as the newest version for apt.
    on s07 sh -c 'apt-get -q -y remove --allow-change-held-packages kubectl >/dev/null
        systemd-run -q --unit=unpack apt-get -q -y install --allow-change-held-packages kubectl=1.33.13-\*
        until tail -n 1 /var/log/dpkg.log | grep -q "half-installed kubectl"; do :; done
        systemctl kill -s KILL unpack; dpkg-query -W -f "\${db:Status-Status}" kubectl' | grep -qx half-installed || die 'kubectl is not half unpacked'
    expect 1 s07 prepare check
    expect 0 s07 prepare apply
    expect 0 s07 prepare check
    on s07 dpkg --audit | grep . && die 'dpkg is not whole'
    say HALF-PREPARE
}
# half_join: init and join are killed at several moments; a retry and a clean both work from there.
half_join() {
    local seconds s
    number=1
    for s in s01 s07; do for step in claim preflight prepare network; do expect 0 $s $step apply; done & done; wait
    for seconds in 0.5 2 5; do
        cut_off s01 init "$seconds"
    done
    expect 0 s01 init apply
    expect 0 s01 init check
    for seconds in 0.4 0.8 1.6 2.5; do
        cut_off s07 join "$seconds"
    done
    expect 0 s07 join apply
    expect 0 s07 join check
    expect 0 s07 await-ready apply
    expect 0 s07 await-ready check
    expect 0 s07 await-ready undo
    expect 0 s07 join undo
    expect 1 s07 join check
    cut_off s07 join 1
    expect 0 s07 reset apply
    expect 0 s07 clean apply
    expect 0 s07 prove-clean check
    expect 0 s07 release apply
    cut_off s01 init 4
    expect 0 s01 reset apply
    expect 0 s01 reset check
    expect 0 s01 clean apply
    expect 0 s01 prove-clean check
    say HALF-JOIN
}

workloads() {
    on s01 kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - >/dev/null <<J
{"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":4,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
 "spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"web","image":"$LAB_NET.1:5000/busybox:1","command":["/bin/busybox","httpd","-f","-p","8080","-h","/www"]}]}}}},
{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"port":80,"targetPort":8080}]}},
{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"eye"},"spec":{"selector":{"matchLabels":{"app":"eye"}},"template":{"metadata":{"labels":{"app":"eye"}},
 "spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"eye","image":"$LAB_NET.1:5000/busybox:1","command":["/bin/busybox","sleep","9999"]}]}}}}]}
J
    cluster wait --for=condition=Available deployment/web --timeout=60s
    cluster rollout status daemonset/eye --timeout=60s
}
cluster() { on s01 kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"; }
# reaches: every worker's pod gets an answer from the Service and from a host beyond the rack, both by name.
# (busybox is static: its wget cannot resolve, its nslookup can.)
reaches() {
    local pod name
    SECONDS=0
    for pod in $(cluster get pods -l app=eye -o name); do
        for name in web.default.svc.cluster.local:80 beyond.lab:80; do
            until answers "$pod" "$name"; do [ "$SECONDS" -lt 60 ] || die "$pod does not reach $name"; done
        done
    done
    say 'every pod reaches the Service and beyond by name'
}
answers() {
    cluster exec "$1" -- /bin/busybox sh -c 'ip=$(busybox nslookup "${1%:*}" | busybox awk "/^Address: /{print \$2}")
        printf "GET / HTTP/1.0\r\n\r\n" | busybox nc -w 3 "$ip" "${1#*:}"' - "$2" 2>/dev/null | grep -q '200 OK'
}
# lively: pods work, also after every server lost its power; routes that left are gone; drains.
lively() {
    timed
    lives
}
lives() {
    workloads
    reaches
    for s in s01 s02 s07; do "$lab" off "$s"; done
    for s in s01 s02 s07; do "$lab" on "$s"; done
    SECONDS=0
    until cluster get --raw=/readyz >/dev/null 2>&1; do sleep 0.5; [ "$SECONDS" -lt 90 ] || die 'no API after the reboot'; done
    for s in s01 s02 s07; do expect 0 $s network check; expect 0 $s prepare check; done
    expect 75 s01 verify-pool apply
    cluster wait --for=condition=Ready pod -l app=eye --timeout=60s >/dev/null
    cluster wait --for=condition=Available deployment/web --timeout=60s >/dev/null
    reaches
    routes_now="$pods.1.0/24=${address[s02]}" expect 1 s01 network check
    routes_now="$pods.1.0/24=${address[s02]}" expect 0 s01 network apply
    [ "$(on s01 ip route show proto 187 | wc -l)" = 1 ] || die 'a route that left is still there'
    expect 0 s01 network apply
    drains
}
drains() {
    number=50 run=3
    cluster apply -f - >/dev/null <<J
{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"allows-none"},"spec":{"maxUnavailable":0,"selector":{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"app","operator":"In","values":["web","shop"]}]}}}
J
    expect 0 s07 cordon apply
    expect 1 s07 drain check
    deadline=40 expect 75 s07 drain apply; holds 'the disruption budget default/allows-none allows none'
    deadline=40 expect 1 s07 drain apply; holds 'the deadline of 40 s has passed'
    run=5 override=default/other deadline=40 expect 75 s07 drain apply; holds 'the disruption budget default/allows-none allows none'
    run=5 override=default/allows-none deadline=40 expect 0 s07 drain apply; holds 'deleted, for a person overrode its disruption budget'
    cluster apply -f - >/dev/null <<J
{"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"bare"},"spec":{"nodeName":"s07","terminationGracePeriodSeconds":1,"containers":[{"name":"a","image":"$LAB_NET.1:5000/busybox:1","command":["/bin/busybox","sleep","9999"]}]}},
{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"local"},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"local"}},"template":{"metadata":{"labels":{"app":"local"}},
 "spec":{"nodeName":"s07","terminationGracePeriodSeconds":1,"volumes":[{"name":"v","emptyDir":{}}],"containers":[{"name":"a","image":"$LAB_NET.1:5000/busybox:1","command":["/bin/busybox","sleep","9999"]}]}}}}]}
J
    cluster wait --for=condition=Available deployment/local --timeout=30s >/dev/null
    cluster delete pdb allows-none >/dev/null
    before=$(cluster get pods -o name)
    expect 1 s07 drain apply; holds 'default/bare not evicted: it has no controller'; holds 'it has local data (emptyDir)'
    [ "$before" = "$(cluster get pods -o name)" ] || die 'a refused drain evicted something'
    expect 0 s07 cordon undo
    expect 1 s07 cordon check
    cluster delete pod/bare deployment/local --wait=true >/dev/null
    drains_at_once
}
drains_at_once() {
    number=60 run=4
    mkdir -p "$log/other"
    expect 0 s07 cordon apply
    run=2 expect 0 s07 cordon undo; holds 'not cordoned by this run'
    expect 0 s02 cordon apply
    expect 0 s02 drain apply &
    log=$log/other expect 0 s07 drain apply
    wait
    expect 0 s02 drain check
    expect 0 s07 drain check
    cordoned=2 expect 0 s07 uncordon apply; holds 'not cordoned by run 2'
    expect 0 s07 cordon check
    expect 1 s07 uncordon check
    expect 0 s07 uncordon apply
    expect 0 s07 uncordon check
    expect 1 s07 cordon check
    say DRAINS
}

# What rollback does: undo of every step, the newest first; then nothing is left, as prove-clean sees it.
rolled_back() {
    local s step
    timed
    workloads
    for s in s02 s07 s01; do
        for step in await-ready join init network prepare claim; do
            case $step/${role[$s]} in
                join/control-plane | init/worker) continue ;;
            esac
            expect 0 "$s" "$step" undo
            [ "$step" = await-ready ] || expect 1 "$s" "$step" check
            [ "$step" = claim ] || expect 0 "$s" "$step" undo
        done
        expect 0 "$s" prove-clean check
    done
    say ROLLED-BACK
}
