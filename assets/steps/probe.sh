# shellcheck shell=sh
# One round trip: what this server is, how much of it is free, and whose work is on it, as `key=value` lines.
# It must never change anything, hang (every command has a limit), or fail because a tool, a file or root's rights are missing: then a
# fact is missing. It is complete by itself: no lib.sh, no claim, no lock; the text is run as it is.
# Facts: sudo removes SSH_CONNECTION, so it is looked for in the parents' environment; only root sees which process listens.
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# out KEY VALUE: one line, whatever the value is made of.
out() {
    case $2 in
        *[[:cntrl:]]*) printf '%s=%s\n' "$1" "$(printf %s "$2" | tr -d '[:cntrl:]')" ;;
        *) printf '%s=%s\n' "$1" "$2" ;;
    esac
}
has() { command -v "$1" >/dev/null 2>&1; }
# within SECONDS COMMAND…: without a tool there is no output and no error.
within() {
    limit=$1
    shift
    has "$1" && timeout -k 1 "$limit" "$@" 2>/dev/null </dev/null
}
# first FILE prints its first line.
first() { if [ -r "$1" ]; then IFS= read -r line <"$1"; printf %s "${line:-}"; fi 2>/dev/null; }

machine() {
    out hostname "$(first /proc/sys/kernel/hostname)"
    out machine_id "$(first /etc/machine-id)"
    out boot_id "$(first /proc/sys/kernel/random/boot_id)"
    out kernel "$(first /proc/sys/kernel/osrelease)"
    out arch "$(uname -m)"
    out cores "$(cores)"
    out sockets "$(cat /sys/devices/system/cpu/cpu*/topology/physical_package_id 2>/dev/null | sort -u | wc -l)"
    while read -r name number _; do
        case $name in
            MemTotal:) out memory $((number * 1024)) ;;
            MemAvailable:) out memory_available $((number * 1024)) ;;
            SwapTotal:) out swap $((number * 1024)) ;;
        esac
    done </proc/meminfo
    # shellcheck disable=SC2046 # two numbers
    set -- $(within 2 df -B1 --output=size,avail /var/lib | tail -n 1)
    [ $# != 2 ] || { out disk_total "$1"; out disk_free "$2"; }
    os=$(. /etc/os-release 2>/dev/null && printf '%s%s' "${ID:-}" "${VERSION_ID:-}")
    out os "$os"
    read -r load _ </proc/loadavg && out load1 "$load"
    read -r up _ </proc/uptime && out uptime "$up"
    out clock "$(date +%s.%3N)"
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then out cgroup v2; else out cgroup v1; fi
    out systemd "$(within 2 systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')"
    out virt "$(within 2 systemd-detect-virt)"
    if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then out reboot_required 1; else out reboot_required 0; fi
    if [ "$(id -u)" = 0 ] || within 2 sudo -n true; then out sudo ok; else out sudo no; fi
}
# cores counts `0-3,8` in /sys/devices/system/cpu/online.
cores() {
    online=$(first /sys/devices/system/cpu/online)
    [ -n "$online" ] || { within 2 nproc; return; }
    count=0
    for range in $(printf %s "$online" | tr , ' '); do count=$((count + ${range#*-} - ${range%-*} + 1)); done
    printf %s "$count"
}

network() {
    out ssh_address "$(ssh_address)"
    within 2 ip -o addr show scope global | while read -r _ _ _ address _; do out address "$address"; done
    within 2 ip -o route show | while read -r to via gateway rest; do
        case $to:$via in
            default:via) rest=${rest#*dev }; [ -n "${default:-}" ] || out route_default "$gateway ${rest%% *}"; default=seen ;;
            default:*) ;;
            *) out route "$to" ;;
        esac
    done
    if within 2 getent hosts "$(first /proc/sys/kernel/hostname)" >/dev/null; then out dns_self ok; else out dns_self no; fi
}
ssh_address() {
    found=${SSH_CONNECTION:-}
    pid=$$
    for _ in 1 2 3 4 5 6 7 8; do
        [ -z "$found" ] || break
        found=$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p') 2>/dev/null
        pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status" 2>/dev/null)
        [ "${pid:-0}" -gt 1 ] || break
    done
    # shellcheck disable=SC2086 # client, its port, this server, its port
    set -- $found
    printf %s "${3:-}"
}

software() {
    packages=$(within 3 dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Version}\n' containerd containerd.io kubelet)
    out containerd "$(version containerd "$packages")"
    found=$(version kubelet "$packages")
    out kubelet "${found:+v$found}"
}
# version COMMAND PACKAGES: of the package; of the command itself where it came another way.
version() {
    has "$1" || return 0
    found=$(printf '%s\n' "$2" | sed -n "s/^$1[.io]* .i *\([0-9.]*\).*/\1/p" | head -n 1)
    [ -n "$found" ] || found=$(within 2 "$1" --version | sed -n '1s/.*[ v]\([0-9][0-9]*\.[0-9.]*[0-9]\).*/\1/p')
    printf %s "$found"
}

# What listens, but for what every server has.
listeners() {
    found=$(within 3 ss -Hltunp) || { out blind 'what listens there (ss)'; return; }
    [ -n "$found" ] || return 0
    printf '%s\n' "$found" | while read -r kind _ _ _ here _ users; do
        process=${users#*\"} process=${process%%\"*}
        case $here in
            127.* | '[::1]'* | '[::ffff:127.'*)
                # For its own machine alone. The system's own services and common agents are everywhere; what else there is, a database
                # or an application behind a tunnel, is somebody's work. Without root nobody's name is seen.
                case $process in
                    '' | exim4 | master | sendmail* | cupsd | snmpd | sshd* | containerd | systemd* | chronyd | ntpd* | dnsmasq | unbound | named | rpcbind | nscd) continue ;;
                    telegraf | node_exporter | *_exporter | zabbix_agent* | collectd | fluent-bit | vector | promtail | filebeat | alloy | nrpe) continue ;;
                esac
                ;;
        esac
        case ${here##*:}/$process in
            */sshd | */systemd-resolve* | */chronyd | */ntpd* | */systemd-timesyn* | */systemd-network* | */dhclient | */dhcpcd | 22/systemd | 22/) continue ;;
        esac
        out listener "$kind ${here##*:} ${process:--}"
    done | sort -u
}
# Virtual machines are somebody's work, whatever they listen on.
machines() {
    for folder in /proc/[0-9]*; do
        read -r name 2>/dev/null <"$folder/comm" || continue
        case $name in
            qemu-* | kvm | VBoxHeadless | vmware-vmx | firecracker | cloud-hyperviso*) out listener "virtual machine $name" ;;
        esac
    done | sort -u
}
# Containers that run, but for the pods of the pool that our claim names.
containers() {
    count=0
    for folder in /proc/[0-9]*; do
        read -r name 2>/dev/null <"$folder/comm" || continue
        case $name in
            containerd-shim*)
                [ ! -e /var/lib/pooldeck/claim ] || ! tr '\0' ' ' 2>/dev/null <"$folder/cmdline" | grep -q -e '-namespace k8s.io ' || continue
                count=$((count + 1))
                ;;
            conmon* | lxc-start | incus-agent) count=$((count + 1)) ;;
        esac
        [ "$name" != kubelet ] || out kubernetes kubelet-running
    done 2>/dev/null
    out container "$count"
}
marks() {
    [ ! -e /etc/kubernetes/kubelet.conf ] || out kubernetes kubelet.conf
    [ ! -e /etc/kubernetes/admin.conf ] || out kubernetes admin.conf
    for file in /etc/kubernetes/manifests/*.yaml; do [ ! -e "$file" ] || { out kubernetes manifests; break; }; done
    [ ! -e /var/lib/etcd/member ] || out kubernetes etcd-data
    for file in /etc/cni/net.d/*; do [ ! -e "$file" ] || { out kubernetes cni-conf; break; }; done
    [ ! -e /sys/class/net/cni0 ] || out kubernetes cni-link
    cluster=$(sed -n 's/^ *server: *//p' /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf 2>/dev/null | head -n 1)
    [ -z "$cluster" ] || out cluster "$cluster"
    ! grep -qs '^# pooldeck-begin' /etc/hosts || out mark hosts
    ! grep -qs '^# pooldeck-swap' /etc/fstab || out mark fstab
    ! grep -qs 'written by pooldeck' /etc/containerd/config.toml || out mark containerd
    [ ! -e /etc/sysctl.d/90-pooldeck.conf ] || out mark sysctl
    [ ! -e /etc/modules-load.d/pooldeck.conf ] || out mark modules
    [ ! -e /etc/systemd/system/pooldeck-network.service ] || out mark network
    [ ! -e /etc/motd.d/pooldeck ] || out mark motd
    out by_hand "$(first /var/lib/pooldeck/by-hand | sed -n 's/.*(\(run [0-9]*, event [0-9]*\)).*/\1/p')"
    [ ! -r /var/lib/pooldeck/claim ] || while IFS= read -r line; do out claim "$line"; done </var/lib/pooldeck/claim
    within 3 systemctl list-units --all --plain --no-legend 'pooldeck-*' | while read -r unit _ active sub _; do out unit "$unit $active/$sub"; done
}

# When the pool's certificates end. Only certificates are read, never a key; one perl (Essential on Debian) for all of them: 12 ms for
# fourteen, where openssl would be a process for each.
certificates() {
    [ -e /etc/kubernetes/pki/apiserver.crt ] || return 0
    # shellcheck disable=SC2016 # perl's own variables
    within 3 perl -e '
        for my $file (@ARGV) {
            open my $in, "<", $file or next;
            my $text = do { local $/; <$in> };
            my ($pem) = $text =~ /-----BEGIN CERTIFICATE-----(.*?)-----END/s or next;
            $pem =~ tr{A-Za-z0-9+/}{}cd;
            $pem =~ tr{A-Za-z0-9+/}{ -_};
            my $der = "";
            $der .= unpack("u", chr(32 + length($1) * 3 / 4) . $1) while $pem =~ /(.{1,60})/gs;
            # Validity is a SEQUENCE of two times (RFC 5280, 4.1.2.5): UTCTime up to 2049, GeneralizedTime from then on.
            my $time = qr/\x17\x0d\d{12}Z|\x18\x0f\d{14}Z/;
            $der =~ /$time(?:\x17\x0d(\d{12})|\x18\x0f(\d{14}))Z/ or next;
            my $end = defined $1 ? "20$1" : $2;
            $file =~ s{^/etc/kubernetes/pki/}{};
            print "$end $file\n";
        }' /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt | while read -r end file; do out certificate "$end $file"; done
}

probe() {
    printf 'pooldeck-probe-1\n'
    machine
    network
    software
    listeners
    machines
    containers
    marks
    certificates
    printf 'pooldeck-probe-end\n'
}
probe
