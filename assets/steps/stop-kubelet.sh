# shellcheck shell=sh
# Stops and disables kubelet, so that a node that is deleted next does not register itself again (it would within 8 s).
# It must never stop the kubelet of another cluster.
check() {
    ! systemctl -q is-active kubelet || { not_so 'kubelet runs'; return; }
    ! systemctl -q is-enabled kubelet 2>/dev/null || not_so 'kubelet is enabled'
}

apply() {
    only_our_cluster
    [ -z "$(systemctl list-unit-files --no-legend kubelet.service)" ] || systemctl -q disable --now kubelet
    say 'kubelet is stopped and disabled'
}

undo() {
    [ -e /etc/kubernetes/kubelet.conf ] || { say 'no node was joined here'; return 0; }
    systemctl -q enable --now kubelet
    say 'kubelet runs again'
}
