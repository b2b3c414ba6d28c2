# shellcheck shell=sh
# Makes this server the first control plane of its pool (kubeadm init).
# It must never run over a control plane that was finished once: one that does not answer is `cannot tell`, never `start anew`.
# Facts: POOLDECK_KUBEADM is JSON documents that name /run/pooldeck/init/patches; kubeadm starts kubelet itself after writing its
# configuration, so kubelet is enabled but not started here; init makes a default bootstrap token, which nobody needs.
work=/run/pooldeck/init
manifests='etcd kube-apiserver kube-controller-manager kube-scheduler'

check() {
    noted initialised || [ -e /etc/kubernetes/admin.conf ] || { not_so 'no control plane here yet'; return; }
    if noted initialised; then wrong=cannot_tell; else wrong=not_so; fi
    for name in $manifests; do
        [ -e "/etc/kubernetes/manifests/$name.yaml" ] || { $wrong "the manifest of $name is missing"; return; }
    done
    answer=$(k get --raw=/readyz 2>&1) || { $wrong "the API does not answer: $answer"; return; }
    k get node "$POOLDECK_SERVER" -o name >/dev/null 2>&1 || $wrong "there is no node \`$POOLDECK_SERVER\`"
}

apply() {
    if noted initialised && check; then return 0; fi
    ! noted initialised || fail 'this control plane was made before and does not answer' 'look at `journalctl -u kubelet` on this server; it is not made anew over its data'
    half_work_away
    note kubernetes
    [ -e /var/lib/etcd/member ] || note etcd
    put "$work/kubeadm.yaml" 600 "$POOLDECK_KUBEADM"
    put "$work/patches/kubeletconfiguration+merge.json" 600 "$POOLDECK_KUBELET_PATCH"
    systemctl -q --no-reload enable kubelet # kubeadm has the units read anew when it starts it
    kubeadm_run "$work" init --config "$work/kubeadm.yaml" --skip-token-print --ignore-preflight-errors="$(ignored_checks)" || failed=1
    rm -rf "$work"
    [ -z "${failed:-}" ] || fail 'kubeadm init failed' 'the lines above say why; what was begun here is taken back'
    wait_until 60 k get --raw=/readyz || later 'the API is not ready yet' 'it is looked at again'
    k -n kube-system delete secrets --field-selector=type=bootstrap.kubernetes.io/token >/dev/null || :
    note initialised
}

# A half-done init of ours: its etcd data goes too, as this pool has never been ready.
half_work_away() {
    [ -e /etc/kubernetes/admin.conf ] || [ -e /etc/kubernetes/manifests/etcd.yaml ] || [ -e /etc/kubernetes/pki/ca.crt ] || return 0
    noted kubernetes || fail 'there is a control plane here that we did not make' 'leave this server to whoever made it'
    say 'removing what a first attempt left'
    reset_kubernetes
    # Cut off before etcd was begun, there is none.
    [ ! -d /var/lib/etcd ] || ! noted etcd || find /var/lib/etcd -mindepth 1 -delete
}

undo() {
    noted kubernetes || { say 'no control plane was made here'; return 0; }
    reset_kubernetes
    unjoin
}
