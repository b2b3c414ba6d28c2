# shellcheck shell=sh
# Prints the pool's admin.conf, a secret, to the one who asked (verb fetch). It must never be logged and changes nothing.
fetch() {
    [ -r /etc/kubernetes/admin.conf ] || { say 'no admin.conf on this server' >&2; return 1; }
    cat /etc/kubernetes/admin.conf
}
