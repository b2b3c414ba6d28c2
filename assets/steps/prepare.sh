# shellcheck shell=sh
# Makes a stock server ready for kubeadm: names, swap, modules, sysctls, packages, containerd, images; undo puts back all but packages.
# It must never start kubelet, restart containerd without a changed configuration, or touch a package that is already right.
# Facts: a kubelet enabled before its configuration exists sits out RestartSec=10, so it is stopped and disabled; Debian's
# containerd looks for CNI plugins in /usr/lib/cni, kubernetes-cni installs to /opt/cni/bin; `ctr` comes with containerd.
packages_version() { dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$1" 2>/dev/null | sed -n 's/^.i //p'; }
# Packages whose unpacking was cut off. For apt they are the newest version already, and all is well.
packages_half() { dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' | sed -n 's/^half-installed //p'; }
packages_tool() {
    packages_wait
    # dpkg was cut off: it goes on where it stood, before anything else
    for update in /var/lib/dpkg/updates/[0-9]*; do [ ! -e "$update" ] || { dpkg --force-confold --configure -a >"$work/apt" 2>&1 || :; break; }; done
    NEEDRESTART_SUSPEND=1 apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \
        -o Acquire::Retries=2 -o APT::Install-Recommends=false "$@" >"$work/apt" 2>&1 </dev/null
}
packages_source() {
    case $POOLDECK_PACKAGES in
        *' '*) from=$POOLDECK_PACKAGES ;;
        *) from="$POOLDECK_PACKAGES /" ;;
    esac
    if [ -n "$POOLDECK_PACKAGES_KEY" ]; then
        packages_key
        trust='[signed-by=/etc/apt/keyrings/pooldeck.asc]'
    elif [ "$POOLDECK_PLAIN_HTTP" = 1 ]; then
        trust='[trusted=yes]'
    else
        fail 'the package repository has no signing key' 'name its key in `pooldeck_kubernetes`, or allow plain http for a mirror of your own'
    fi
    put /etc/apt/sources.list.d/pooldeck.list 644 "# $MARK
deb $trust $from"
}
packages_key() {
    [ ! -s /etc/apt/keyrings/pooldeck.asc ] || return 0
    mkdir -p /etc/apt/keyrings
    /usr/lib/apt/apt-helper download-file "$POOLDECK_PACKAGES_KEY" "$work/key" >"$work/apt" 2>&1 ||
        later "the signing key $POOLDECK_PACKAGES_KEY cannot be fetched" "$(tail -n 1 "$work/apt")"
    put /etc/apt/keyrings/pooldeck.asc 644 "$(cat "$work/key")"
    say "signing key of the repository: $(key_fingerprint "$work/key")"
}
# A version 4 fingerprint is SHA-1 over 0x99, a two-byte length and the key packet, which is how the first packet of a key file begins.
key_fingerprint() {
    sed -n '/^$/,/^=/p' "$1" | grep -v '^=' | base64 -di >"$work/raw" 2>/dev/null
    # shellcheck disable=SC2046 # three numbers
    set -- $(od -An -tu1 -N3 "$work/raw")
    [ "${1:-0}" = 153 ] || { say unknown; return 0; }
    head -c $(($2 * 256 + $3 + 3)) "$work/raw" | sha1sum | cut -d ' ' -f 1
}
# packages_install NAME[=VERSION]…: our own list first, since the distribution's may be fresh, or out of reach on a site with a mirror.
packages_install() {
    if [ -z "${lists:-}" ]; then
        packages_tool update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/pooldeck.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 ||
            packages_failed "the package list of $POOLDECK_PACKAGES cannot be fetched"
        lists=ours
    fi
    half=$(packages_half)
    # shellcheck disable=SC2086 # one word is one package
    packages_tool install ${half:+--reinstall} --allow-downgrades --allow-change-held-packages $half "$@" && return 0
    [ "$lists" = ours ] || packages_failed "installing $* failed"
    say 'fetching all package lists'
    packages_tool update || :
    lists=all
    packages_install "$@"
}
packages_failed() {
    grep -E '^(E|W):' "$work/apt" | tail -n 6
    later "$1" 'the lines above are from apt; look at its sources, its proxy and the mirror'
}

work=/run/pooldeck/prepare
version=${POOLDECK_VERSION:-v0}
version=${version#v}
endpoint_line="${POOLDECK_ENDPOINT_IP:-} ${POOLDECK_ENDPOINT:-}"
first_packages() {
    has containerd || say containerd
    has runc || say runc
    pinned kubeadm
}
rest_packages() {
    for name in conntrack socat ethtool ebtables iptables kubernetes-cni; do
        [ -n "$(packages_version "$name")" ] || say "$name"
    done
    pinned kubelet
    pinned kubectl
}
pinned() {
    case $(packages_version "$1") in
        "$version-"*) ;;
        *) say "$1=$version-*" ;;
    esac
}

# containerd_version prints major and minor as one number: 106, 107, 200, 201.
containerd_version() { containerd --version | sed -n 's/.* v\{0,1\}\([0-9]*\)\.\([0-9]*\)\..*/\1 \2/p' | { read -r major minor && echo $((major * 100 + minor)); }; }
sandbox_image() {
    [ -z "${POOLDECK_SANDBOX_IMAGE:-}" ] || { say "$POOLDECK_SANDBOX_IMAGE"; return 0; }
    all_images | grep '/pause:'
}
# images_listed asks kubeadm once, which takes a tenth of a second and more.
images_listed() { listed=$(kubeadm config images list --kubernetes-version "$POOLDECK_VERSION" --image-repository "$POOLDECK_IMAGES" 2>/dev/null) || :; }
all_images() { say "$listed"; }
images_of_role() {
    if [ "$POOLDECK_ROLE" = worker ]; then all_images | grep -E '/(pause|kube-proxy):'; else all_images; fi
}
containerd_config() {
    bin_dirs="bin_dir = '/opt/cni/bin'"
    if [ "$(containerd_version)" -ge 200 ]; then
        # Since 2.1 it is a list, and naming both, a default included, is an error.
        [ "$(containerd_version)" -lt 201 ] || bin_dirs="bin_dirs = ['/opt/cni/bin']"
        images="plugins.'io.containerd.cri.v1.images'" runtime="plugins.'io.containerd.cri.v1.runtime'"
        printf "# %s\nversion = 3\n[%s.pinned_images]\n  sandbox = '%s'\n" "$MARK" "$images" "$(sandbox_image)"
    else
        images="plugins.'io.containerd.grpc.v1.cri'" runtime=$images
        printf "# %s\nversion = 2\n[%s]\n  sandbox_image = '%s'\n" "$MARK" "$images" "$(sandbox_image)"
    fi
    printf "[%s.registry]\n  config_path = '/etc/containerd/certs.d'\n" "$images"
    printf "[%s.cni]\n  %s\n  conf_dir = '/etc/cni/net.d'\n" "$runtime" "$bin_dirs"
    printf "[%s.containerd]\n  default_runtime_name = 'runc'\n" "$runtime"
    printf "[%s.containerd.runtimes.runc]\n  runtime_type = 'io.containerd.runc.v2'\n" "$runtime"
    printf '[%s.containerd.runtimes.runc.options]\n  SystemdCgroup = true' "$runtime"
}
registry() { say "${POOLDECK_IMAGES%%/*}"; }
hosts_toml() { printf '# %s\nserver = "http://%s"\n[host."http://%s"]\n  capabilities = ["pull", "resolve"]' "$MARK" "$(registry)" "$(registry)"; }
proxy_dropin() {
    printf '# %s\n[Service]' "$MARK"
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        value=$(printenv "$name") && printf '\nEnvironment="%s=%s"' "$name" "$value"
    done
    :
}
containerd_configured() {
    [ "$(containerd_version)" -ge 106 ] ||
        fail "$(containerd --version | cut -d ' ' -f 1,3) is too old for Kubernetes $POOLDECK_VERSION" 'offer containerd 1.6 or newer in the package repository'
    changed=
    if [ "$POOLDECK_PLAIN_HTTP" = 1 ]; then put "/etc/containerd/certs.d/$(registry)/hosts.toml" 644 "$(hosts_toml)"; changed=; fi
    keep /etc/containerd/config.toml
    put /etc/containerd/config.toml 644 "$(containerd_config)"
    if [ -n "${http_proxy:-}${https_proxy:-}${HTTP_PROXY:-}${HTTPS_PROXY:-}" ]; then
        put /etc/systemd/system/containerd.service.d/pooldeck-proxy.conf 644 "$(proxy_dropin)"
        systemctl daemon-reload
    fi
    systemctl -q is-enabled containerd || systemctl -q enable containerd
    if [ -n "$changed" ]; then systemctl restart containerd; else systemctl start containerd; fi
    wait_until 30 test -S /run/containerd/containerd.sock || later 'containerd does not start' 'look at `journalctl -u containerd`'
}
images_missing() {
    here=$(timeout 20 ctr -n k8s.io images ls -q) || cannot_tell 'containerd does not answer'
    images_of_role | grep -vxF "${here:--}" || :
}
# Three at a time: a registry's link is seldom filled by one.
pull_images() {
    # shellcheck disable=SC2016 # for the inner shell
    images_missing | xargs -r -P 3 -n 1 sh -c 'ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d "$2" >"$1/pull.$$" 2>&1 &&
        echo "image $2" || { tail -n 1 "$1/pull.$$"; exit 1; }' - "$work" 2>&1
}

modules='overlay br_netfilter'
module_there() {
    case $1 in
        overlay) grep -qw overlay /proc/filesystems ;;
        *) [ -e /proc/sys/net/bridge ] ;;
    esac
}
modules_on() {
    for module in $modules; do
        module_there "$module" && continue
        modprobe "$module" 2>/dev/null || fail "the kernel module $module cannot be loaded" 'install the kernel'"'"'s modules package'
        note "module-$module"
    done
    put /etc/modules-load.d/pooldeck.conf 644 "# $MARK
$(printf %s "$modules" | tr " " "\n")"
}
sysctls='net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables'
sysctls_on() {
    text="# $MARK"
    for key in $sysctls; do
        file=/proc/sys/$(printf %s "$key" | tr . /)
        text="$text
$key = 1"
        [ "$(cat "$file")" != 1 ] || continue
        grep -qs "^$file " "$STATE/kept/sysctl" || printf '%s %s\n' "$file" "$(cat "$file")" >>"$STATE/kept/sysctl"
        echo 1 >"$file" || fail "$key cannot be set" 'look at what protects the kernel settings of this server'
    done
    put /etc/sysctl.d/90-pooldeck.conf 644 "$text"
}
# What kubelet and kube-proxy set by themselves: kept, so that it comes back. A server that routes 127.0.0.0/8 shows its own services.
others_sysctls='net.ipv4.conf.all.route_localnet vm.overcommit_memory kernel.panic kernel.panic_on_oops'
sysctls_kept() {
    for key in $others_sysctls; do
        file=/proc/sys/$(printf %s "$key" | tr . /)
        [ ! -r "$file" ] || grep -qs "^$file " "$STATE/kept/sysctl" || printf '%s %s\n' "$file" "$(cat "$file")" >>"$STATE/kept/sysctl"
    done
}
sysctl_reason() {
    for key in $sysctls; do
        [ "$(cat "/proc/sys/$(printf %s "$key" | tr . /)" 2>/dev/null)" = 1 ] || say "$key is not 1"
    done
}

# Swap: files of fstab, units and zram; what was there is kept, so that it comes back.
fstab_swap='^[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]'
swap_units() { systemctl list-units --type=swap --all --plain --no-legend 2>/dev/null | awk '$2 != "masked" {print $1}'; }
swap_on() { tail -n +2 /proc/swaps | grep -q .; }
swap_off() {
    if [ -f /etc/fstab ] && grep -qE "$fstab_swap" /etc/fstab; then
        put /etc/fstab 644 "$(sed -E "s/($fstab_swap)/# pooldeck-swap \\1/" /etc/fstab)"
        # Its swap units go before they could be listed below; without any, the next reading of the units is soon enough.
        [ -z "$(swap_units)" ] || systemctl daemon-reload
    fi
    for unit in zramswap.service zram-config.service; do
        systemctl -q is-enabled "$unit" 2>/dev/null || continue
        say "$unit" >>"$STATE/kept/swap-services"
        systemctl -q disable --now "$unit"
    done
    if swap_on; then awk 'NR > 1 {print $1}' /proc/swaps >>"$STATE/kept/swap"; fi
    for unit in $(swap_units); do
        # Noted first: what is changed and not noted would never come back.
        say "$unit" >>"$STATE/kept/swap-units"
        systemctl -q stop "$unit"
        systemctl -q mask "$unit" 2>/dev/null && continue
        # A unit of the operator's own cannot be masked: it is a file already.
        if systemctl -q is-enabled "$unit" 2>/dev/null; then
            say "$unit" >>"$STATE/kept/swap-services"
            systemctl -q disable "$unit"
        fi
    done
    if swap_on; then
        swapoff -a || fail 'swap cannot be turned off' 'free memory on this server, then try again'
        say 'swap is off and stays off'
    fi
}

check() {
    [ ! -L /run/systemd/system/kubelet.service ] || { not_so 'kubelet is masked until its package is there'; return; }
    hosts_has endpoint "$endpoint_line" || { not_so 'the pool'"'"'s name is not in /etc/hosts'; return; }
    ! swap_on || { not_so 'swap is on'; return; }
    ! grep -qsE "$fstab_swap" /etc/fstab || { not_so '/etc/fstab turns swap on'; return; }
    reason=$(sysctl_reason)
    [ -z "$reason" ] || { not_so "$reason"; return; }
    [ -e /etc/sysctl.d/90-pooldeck.conf ] && [ -e /etc/modules-load.d/pooldeck.conf ] || { not_so 'kernel settings would not survive a reboot'; return; }
    missing="$(first_packages)$(rest_packages)"
    [ -z "$missing" ] || { not_so "packages are missing: $(printf '%s' "$missing" | tr '\n' ' ')"; return; }
    images_listed
    is /etc/containerd/config.toml "$(containerd_config)" || { not_so 'containerd is configured otherwise'; return; }
    [ "$POOLDECK_PLAIN_HTTP" = 0 ] || is "/etc/containerd/certs.d/$(registry)/hosts.toml" "$(hosts_toml)" || { not_so 'the registry is not configured'; return; }
    systemctl -q is-active containerd || { not_so 'containerd does not run'; return; }
    [ -e /var/lib/kubelet/config.yaml ] || { ! systemctl -q is-active kubelet && ! systemctl -q is-enabled kubelet 2>/dev/null; } ||
        { not_so 'kubelet is to run without a configuration'; return; }
    missing=$(images_missing) || cannot_tell "$missing"
    [ -z "$missing" ] || not_so "images are missing: $(printf '%s' "$missing" | tr '\n' ' ')"
}

apply() {
    mkdir -p "$work" "$STATE/kept"
    hosts_put endpoint "$endpoint_line"
    swap_off
    modules_on
    sysctls_kept
    sysctls_on
    packages_source
    first=$(first_packages)
    # shellcheck disable=SC2086 # one word is one package
    [ -z "$first" ] || packages_install $first
    images_listed
    containerd_configured
    pull_images &
    puller=$!
    rest=$(rest_packages)
    # Its package starts kubelet, which has no configuration yet and would only end and be started again.
    [ -e /var/lib/kubelet/config.yaml ] || systemctl -q mask --runtime kubelet 2>/dev/null || :
    # shellcheck disable=SC2086
    [ -z "$rest" ] || packages_install $rest
    packages_hold hold
    if [ -e /var/lib/kubelet/config.yaml ]; then
        kubelet_unmasked
    else
        # A masked unit is not disabled, only said to be. disable reads all units anew, as unmask would.
        rm -f /run/systemd/system/kubelet.service
        systemctl -q disable --now kubelet
    fi
    wait "$puller" || later 'images cannot be pulled' 'the lines above are from the registry'
    rm -rf "$work"
}

undo() { unprepare; }
