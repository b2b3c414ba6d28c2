# shellcheck shell=sh
# Mints a bootstrap token for one join (verb fetch): one JSON line with token, CA and API on stdout, all else on stderr.
# It must never reach argv, a log or a disk. It can only authenticate: no signing, so no wait for the signer and no public cluster-info.
# Facts: POOLDECK_TTL is in seconds; await-ready removes the Secret by its label, expiry does so otherwise.
fetch() {
    id=$(tr -dc a-z0-9 </dev/urandom | head -c 6)
    secret=$(tr -dc a-z0-9 </dev/urandom | head -c 16)
    ca=$(base64 -w 0 /etc/kubernetes/pki/ca.crt) || { say 'no CA here: this is not a control plane' >&2; return 1; }
    server=$(sed -n 's/^ *server: *//p' /etc/kubernetes/admin.conf)
    # The shell's own printf: no process ever has the token among its arguments.
    printf '{"apiVersion":"v1","kind":"Secret","type":"bootstrap.kubernetes.io/token","metadata":{"namespace":"kube-system","name":"bootstrap-token-%s","labels":{"pooldeck/joins":"%s"}},"stringData":{"token-id":"%s","token-secret":"%s","description":"pooldeck run %s","expiration":"%s","usage-bootstrap-authentication":"true","auth-extra-groups":"system:bootstrappers:kubeadm:default-node-token"}}\n' \
        "$id" "$POOLDECK_SERVER" "$id" "$secret" "$POOLDECK_RUN" "$(date -u -d "+${POOLDECK_TTL:-900} seconds" +%Y-%m-%dT%H:%M:%SZ)" |
        k create -f - >&2 || return 75
    printf '{"token":"%s.%s","ca":"%s","server":"%s"}\n' "$id" "$secret" "$ca" "$server"
}
