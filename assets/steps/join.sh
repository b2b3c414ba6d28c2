# shellcheck shell=sh
# Joins this server to its pool as a worker (kubeadm join); undo takes the half or whole join back on this server.
# It must never write the token to a disk, argv or output: it comes on stdin as one JSON line {token, ca, server}, lives in a 0600 file
# on tmpfs while kubeadm runs, and is gone afterwards. It must never reset a node that had joined.
# Facts: POOLDECK_KUBEADM names /run/pooldeck/join/discovery.conf and …/patches; a token in that file also serves the TLS bootstrap;
# kubelet.conf exists before a join has succeeded, kubelet's own certificate is the proof; that the node is Ready is await-ready's.
work=/run/pooldeck/join

check() {
    [ -s /etc/kubernetes/kubelet.conf ] && [ -e /var/lib/kubelet/pki/kubelet-client-current.pem ] || { not_so 'not joined yet'; return; }
    [ "$(cluster_here)" = "https://$POOLDECK_POOL.pooldeck.internal:6443" ] || { not_so "this server is in the cluster \`$(cluster_here)\`"; return; }
    noted joined || { not_so 'a join was begun and not finished'; return; }
    systemctl -q is-active kubelet || not_so 'kubelet does not run'
}

apply() {
    secret=$(cat)
    only_our_cluster
    if had_joined; then return 0; fi
    half_work_away
    note kubernetes
    token=$(field token) ca=$(field ca) server=$(field server)
    [ -n "$token" ] && [ -n "$ca" ] || fail 'no join token came with this step' 'this is a mistake of pooldeck: keep `pooldeck run logs` and report it'
    put "$work/kubeadm.yaml" 600 "$POOLDECK_KUBEADM"
    put "$work/patches/kubeletconfiguration+merge.json" 600 "$POOLDECK_KUBELET_PATCH"
    put "$work/discovery.conf" 600 "{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"current-context\":\"join\",
\"clusters\":[{\"name\":\"pool\",\"cluster\":{\"server\":\"$server\",\"certificate-authority-data\":\"$ca\"}}],
\"users\":[{\"name\":\"join\",\"user\":{\"token\":\"$token\"}}],
\"contexts\":[{\"name\":\"join\",\"context\":{\"cluster\":\"pool\",\"user\":\"join\"}}]}"
    systemctl -q --no-reload enable kubelet # kubeadm has the units read anew when it starts it
    kubeadm_run "$work" join --config "$work/kubeadm.yaml" --ignore-preflight-errors="$(ignored_checks)" || failed=1
    rm -rf "$work"
    [ -z "${failed:-}" ] || later 'kubeadm join failed' 'the lines above say why; a retry resets this attempt and joins anew'
    note joined
}
field() { printf '%s' "$secret" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }

# had_joined: kubelet has a certificate of its own, so the join itself was done. What kubeadm had left to do is done here: to reset and
# join anew would wait until the API no longer holds the Node for Ready.
had_joined() {
    [ -s /etc/kubernetes/kubelet.conf ] && [ -e /var/lib/kubelet/pki/kubelet-client-current.pem ] && noted kubernetes || return 1
    systemctl -q enable --now kubelet
    if noted joined; then
        say 'had joined before; kubelet is started again'
        return 0
    fi
    wait_until 15 kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=5s annotate node "$POOLDECK_SERVER" --overwrite \
        kubeadm.alpha.kubernetes.io/cri-socket=unix:///run/containerd/containerd.sock || return 1
    rm -rf /etc/kubernetes/bootstrap-kubelet.conf "$work"
    note joined
    say 'a first attempt had joined; it is finished'
}

half_work_away() {
    [ -e /etc/kubernetes/kubelet.conf ] || [ -e /etc/kubernetes/bootstrap-kubelet.conf ] || [ -e /etc/kubernetes/pki/ca.crt ] || return 0
    noted kubernetes || fail 'this server is a node of a cluster that we did not make' 'leave it to whoever made it'
    say 'removing what a first attempt left'
    reset_kubernetes
}

undo() {
    noted kubernetes || { say 'nothing was joined here'; return 0; }
    reset_kubernetes
    unjoin
}
