# shellcheck shell=sh
# What a pool's own API says of it: how it was made, and its nodes. For the day on which the store is lost.
# It must never change anything, nor ask any API but the one of this server. Facts: kubeadm keeps its configuration as YAML in a
# ConfigMap; the uid of kube-system is the cluster's for as long as it lives.
fetch() {
    [ -r /etc/kubernetes/admin.conf ] || { say 'no admin.conf on this server' >&2; return 1; }
    uid=$(k get namespace kube-system -o 'jsonpath={.metadata.uid}') || return
    config=$(k -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}') || return
    nodes=$(nodes) || return
    printf 'cluster %s\n' "$uid"
    printf '%s\n' "$config" | sed -n 's/^ *\(controlPlaneEndpoint\|kubernetesVersion\|podSubnet\|serviceSubnet\): *"\{0,1\}\([^"]*\)"\{0,1\}$/config \1 \2/p'
    printf '%s\n' "$nodes"
}
# nodes prints `node NAME MACHINE RANGE ADDRESS ROLE CPUS MEMORY` for each node; `-` is what it does not have.
nodes() {
    k get nodes -o go-template='{{range .items}}node {{.metadata.name}} {{with .status.nodeInfo.machineID}}{{.}}{{else}}-{{end}} {{with .spec.podCIDR}}{{.}}{{else}}-{{end}} {{$address := "-"}}{{range .status.addresses}}{{if eq .type "InternalIP"}}{{$address = .address}}{{end}}{{end}}{{$address}} {{$role := "worker"}}{{range $key, $value := .metadata.labels}}{{if eq $key "node-role.kubernetes.io/control-plane"}}{{$role = "control-plane"}}{{end}}{{end}}{{$role}} {{.status.capacity.cpu}} {{.status.capacity.memory}}
{{end}}'
}
