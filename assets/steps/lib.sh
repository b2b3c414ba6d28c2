# shellcheck shell=sh
# What every step script shares: the entry `main`, the claim's fence, the lock, files with our mark, and waiting.
# It must never act without the claim, and never write a secret to output, argv or a disk.
# Facts it relies on: the text sent is the environment, this file, leave.sh, the step's file, then `main VERB`; it runs as root, flock is util-linux,
# and daemons are started by systemd, so the lock (descriptor 9, closed for the step itself) is held by this shell alone.
# To check a step: cat lib.sh leave.sh STEP.sh | shellcheck -s sh -
set -u
umask 022
unset KUBECONFIG
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export STATE=/var/lib/pooldeck MARK='written by pooldeck' KUBECACHEDIR=/run/pooldeck/kubectl

say() { printf '%s\n' "$*"; }
# fail REASON HINT: a person, or a new plan, has to do something.
fail() { say "$1"; say "hint: $2"; exit 1; }
# later REASON HINT: nothing is wrong with this server; the same step may well succeed in a while (EX_TEMPFAIL).
later() { say "$1"; say "hint: $2"; exit 75; }
# not_so REASON: what a check answers when it looked and found otherwise.
not_so() { say "$1"; return 1; }
# cannot_tell REASON: what a check answers when it could not look.
cannot_tell() { say "$1"; exit 3; }
has() { command -v "$1" >/dev/null 2>&1; }
# runs NAME: a process of that name (as the kernel knows it, at most 15 letters) runs here.
runs() { cat /proc/[0-9]*/comm 2>/dev/null | grep -qx "$1"; }

# The claim: one `key=value` a line.
claim_value() { sed -n "s/^$1=//p" "$STATE/claim" 2>/dev/null | head -n 1; }
# Steps that may find no claim override this.
may_run_unclaimed() { false; }
guard() {
    if [ ! -e "$STATE/claim" ]; then
        not_older "$(heard_epoch)"
        if may_run_unclaimed; then return 0; fi
        fail 'no fleet has claimed this server' 'plan again: somebody gave its claim back'
    fi
    fleet=$(claim_value fleet) epoch=$(claim_value epoch) at=$(claim_value at)
    case $fleet:$epoch in
        :* | *: | *:*[!0-9]*) fail "\`$STATE/claim\` cannot be read" 'look at that file; remove it only when no fleet works with this server' ;;
    esac
    if [ "$fleet" != "$POOLDECK_FLEET" ]; then
        at=${at#*T}
        say "claimed by fleet $(printf %.4s "$fleet"), $(claim_value holder), $(printf %.5s "$at")"
        say 'hint: leave this server to that fleet, or give it back from there'
        exit 78
    fi
    not_older "$epoch"
}
not_older() {
    [ "${1:-0}" -le "$POOLDECK_EPOCH" ] && return 0
    say "a newer captain (epoch $1) has taken over; this one has epoch $POOLDECK_EPOCH"
    say 'hint: nothing to do here; the newer captain goes on'
    exit 79
}
# The highest epoch of our fleet that was here: it outlives the claim, so that a captain that wakes up late takes no server that was freed.
heard_epoch() { sed -n "s/^$POOLDECK_FLEET \([0-9]*\)$/\1/p" "$STATE/epoch" 2>/dev/null; }
hear_epoch() { put "$STATE/epoch" 644 "$POOLDECK_FLEET $POOLDECK_EPOCH"; }

# right_machine: an address may lead elsewhere by now; nothing is believed of another machine, and nothing done on it.
right_machine() {
    machine=$(cat /etc/machine-id 2>/dev/null)
    [ "${POOLDECK_HOST_MACHINE:-$machine}" = "$machine" ] && return 0
    say "another machine answers here: $machine, not $POOLDECK_HOST_MACHINE"
    say 'hint: look at the address in the inventory and at the cables'
    exit 77
}

# Work to do before the lock is asked for; `fence` overrides it.
before_lock() { :; }
take_lock() {
    exec 9>>"$STATE/lock" || fail "\`$STATE/lock\` cannot be written" 'free space on this server'
    flock -n 9 && return 0
    say 'waiting for another step on this server'
    flock -w 20 9 || later 'another step still works on this server' 'it is tried again'
}
# Who logs in by hand reads whose server this is and which run touched it last.
tell_visitors() {
    [ -e "$STATE/claim" ] || return 0
    mkdir -p /etc/motd.d
    put /etc/motd.d/pooldeck 644 "pooldeck: this server belongs to pool $(claim_value pool); last touched by run $POOLDECK_RUN ($POOLDECK_HOLDER)"
}

main() {
    verb=${1:-}
    case $verb in
        check) right_machine; check; exit ;;
        fetch) { right_machine; guard; } >&2; fetch; exit ;;
        apply | undo) ;;
        *) fail "no verb \`$verb\`" 'use check, apply, undo or fetch' ;;
    esac
    right_machine
    [ "$(id -u)" = 0 ] || fail 'not root' 'set `ansible_become: true` for this server, or log in as root'
    mkdir -p "$STATE" /run/pooldeck && chmod 755 "$STATE" && chmod 700 /run/pooldeck || fail "\`$STATE\` cannot be written" 'free space on this server'
    if [ "$POOLDECK_ON" = subject ]; then
        before_lock
        take_lock
    fi
    guard
    printf '%s %s %s\n' "$POOLDECK_RUN" "${POOLDECK_STEP:--}" "$verb" >>"$STATE/applied" ||
        fail "\`$STATE/applied\` cannot be written" 'free space on this server'
    [ "$POOLDECK_ON" = executor ] || tell_visitors
    # The step runs without descriptor 9: whatever it starts cannot keep the lock.
    case $verb in
        apply) (set -e; apply) 9>&- ;;
        undo) (set -e; undo) 9>&- ;;
    esac
    exit
}

# Files. put FILE MODE TEXT: written whole and atomically, only when it differs; then $changed is yes.
put() {
    if [ -f "$1" ] && [ "$(cat "$1")" = "$3" ]; then return 0; fi
    mkdir -p "$(dirname "$1")" &&
        (umask 077; printf '%s\n' "$3" >"$1.pooldeck-new") && chmod "$2" "$1.pooldeck-new" && mv -f "$1.pooldeck-new" "$1" ||
        fail "\`$1\` cannot be written" 'look at free space and at the file system'
    export changed=yes
}
# is FILE TEXT: the file holds exactly this.
is() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
# keep FILE: what was there before us stays beside it until put_back.
keep() {
    if [ ! -f "$1" ] || [ -e "$1.pooldeck-kept" ] || grep -q "$MARK" "$1"; then return 0; fi
    cp -a "$1" "$1.pooldeck-kept"
}
# put_back FILE: the kept one returns; where there was none, ours goes. A file without our mark is left alone.
put_back() {
    if [ -f "$1" ] && ! grep -q "$MARK" "$1"; then rm -f "$1.pooldeck-kept"; return 0; fi
    if [ -e "$1.pooldeck-kept" ]; then mv -f "$1.pooldeck-kept" "$1"; export changed=yes; return 0; fi
    [ ! -e "$1" ] || { rm -f "$1"; export changed=yes; }
}
# Notes: what we made here, one word a line, so that only that is removed.
noted() { grep -qsx "$1" "$STATE/made"; }
note() { noted "$1" || printf '%s\n' "$1" >>"$STATE/made"; }
forget_note() { ! noted "$1" || { sed -i "/^$1\$/d" "$STATE/made"; }; }

# hosts_without BLOCK prints /etc/hosts without our block of that name; hosts_text adds it anew.
# A block is one line between its marks: without the second mark nothing more goes than that.
hosts_without() {
    [ ! -e /etc/hosts ] || awk -v from="# pooldeck-begin $1" -v to="# pooldeck-end $1" '
        $0 == from { own = 1; next }
        $0 == to { own = 0; next }
        own { own = 0; next }
        { print }' /etc/hosts
}
hosts_text() { hosts_without "$1"; printf '# pooldeck-begin %s\n%s\n# pooldeck-end %s' "$1" "$2" "$1"; }
hosts_put() { put /etc/hosts 644 "$(hosts_text "$1" "$2")"; }
hosts_has() { sed -n "/^# pooldeck-begin $1\$/,/^# pooldeck-end $1\$/p" /etc/hosts 2>/dev/null | grep -qxF "$2"; }
hosts_drop() { ! grep -qs "^# pooldeck-begin $1\$" /etc/hosts || put /etc/hosts 644 "$(hosts_without "$1")"; }

# Time that no clock correction moves, in seconds since boot.
uptime_seconds() { read -r up _ </proc/uptime && printf '%s' "${up%.*}"; }
# wait_until SECONDS COMMAND…: looks five times a second; 1 when it never came true.
wait_until() {
    until_second=$(($(uptime_seconds) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(uptime_seconds)" -lt "$until_second" ] || return 1
        sleep 0.2
    done
}

# The cluster, from a control plane.
k() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=15s "$@"; }
# same_machine: what is done to a Node through the API is done to the machine that was meant, whatever has its name by now.
same_machine() {
    machine=$(k get node "$POOLDECK_NODE" --ignore-not-found -o 'jsonpath={.status.nodeInfo.machineID}') || later 'the API server does not answer' 'it is tried again'
    [ -z "$machine" ] || [ "$machine" = "$POOLDECK_MACHINE_ID" ] ||
        fail "node \`$POOLDECK_NODE\` is another machine ($machine)" 'plan again: the node was replaced by hand'
}
# cluster_here prints the API that this server's files name, empty when there is none. admin.conf comes first: since 1.33 a control plane's
# kubelet.conf names its own address.
cluster_here() { sed -n 's/^ *server: *//p' /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf 2>/dev/null | head -n 1; }
# only_our_cluster: nothing of another cluster is ever stopped, reset or removed, whatever the claim says.
only_our_cluster() {
    [ "$(claim_value pool)" = "$POOLDECK_POOL" ] || [ ! -e "$STATE/claim" ] ||
        fail "this server is claimed for pool \`$(claim_value pool)\`, not \`$POOLDECK_POOL\`" 'plan again'
    case $(cluster_here) in
        '' | "https://$POOLDECK_POOL.pooldeck.internal:"*) return 0 ;;
    esac
    # A reset of our control plane that was cut off has no admin.conf any more.
    if noted etcd && [ ! -e /etc/kubernetes/admin.conf ]; then return 0; fi
    fail "the cluster on this server is \`$(cluster_here)\`, not pool \`$POOLDECK_POOL\`" 'somebody made another cluster here; leave it to them'
}
# Lines of kubeadm for a screen: tokens and certificate keys are not for anybody's eyes.
scrub() { sed -uE 's/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/(token)/g; s/\b[a-f0-9]{64}\b/(key)/g'; }
# kubeadm_run WORKDIR ARGUMENT…: without proxies (kubeadm would write them into the control plane), what it says about phases shown.
kubeadm_run() {
    said_in=$1
    shift
    { env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY kubeadm "$@" 2>&1; echo $? >"$said_in/status"; } </dev/null |
        scrub | tee "$said_in/output" | grep --line-buffered '^\[' || :
    [ "$(cat "$said_in/status")" = 0 ] && return 0
    grep -v '^\[[a-z-]*\]' "$said_in/output" | grep . | tail -n 12
    return 1
}
# ignored_checks prints which of kubeadm's checks cannot work on this server; never `all`.
ignored_checks() {
    # Without a kernel configuration to read (some containers and own kernels) SystemVerification can only fail.
    for config in /proc/config.gz "/boot/config-$(uname -r)" "/lib/modules/$(uname -r)/config" "/lib/modules/$(uname -r)/build/.config"; do
        [ ! -e "$config" ] || { printf none; return 0; }
    done
    printf SystemVerification
}

# Packages: who has a lock of apt or dpkg, `pid 812, unattended-upgr`; and the hold on ours.
packages_holder() {
    for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock; do
        inode=$(stat -c %i "$lock" 2>/dev/null) || continue
        pid=$(awk -v inode="$inode" '{split($6, part, ":")} part[3] == inode {print $5; exit}' /proc/locks)
        [ -z "$pid" ] || { say "pid $pid, $(cat "/proc/$pid/comm" 2>/dev/null)"; return 0; }
    done
}
packages_free() { [ -z "$(packages_holder)" ]; }
packages_wait() {
    packages_free && return 0
    say "waiting for apt ($(packages_holder))"
    wait_until 600 packages_free || later "apt is still held ($(packages_holder))" 'it is tried again when that has ended'
}
packages_hold() {
    wrong=$(dpkg-query -W -f '${Package} ${db:Status-Status} ${db:Status-Want}\n' kubelet kubeadm kubectl 2>/dev/null |
        awk -v want="$1" '$2 == "installed" && $3 != want {print $1, want}')
    [ -n "$wrong" ] || return 0
    packages_wait
    printf '%s\n' "$wrong" | dpkg --set-selections
}
