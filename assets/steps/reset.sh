# shellcheck shell=sh
# Undoes kubeadm's work on this server: pods stopped, /etc/kubernetes emptied, kubelet off. Forward only.
# It must never run on the node of another cluster, and leaves etcd's data to `clean`.
# Facts: kubeadm reset ends with 0 even when it could not remove everything, so the check looks for itself.
containers_left() { has ctr && [ -S /run/containerd/containerd.sock ] && timeout 10 ctr -n k8s.io containers ls -q 2>/dev/null | grep -q .; }

check() {
    ! runs kubelet || { not_so 'kubelet runs'; return; }
    for file in /etc/kubernetes/manifests/* /etc/kubernetes/*.conf; do
        [ ! -e "$file" ] || { not_so "\`$file\` is still here"; return; }
    done
    ! containers_left || not_so 'containers of pods are still here'
}

apply() {
    reset_kubernetes
    containers_away
    say 'reset'
}
