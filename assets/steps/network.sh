# shellcheck shell=sh
# The pool's first network on this server, for a flat layer-2 room: a bridge for its pods, a route to every other member's, masquerade
# of what leaves the pool, forwarding accepted. It is files and a unit, so it is back after a reboot without a captain.
# It must never write into a chain that is not ours, but for one jump in FORWARD and one in POSTROUTING, nor touch a route of others.
# Facts: a pod that starts before kube-proxy has written its rules sends what is for a service out of the room, where it dies; the
# connection is tracked without a translation, so each of its retries dies too (CoreDNS sat there for 7 and 20 s after a create).
# What is refused is not tracked and is tried again at once. Routes of ours carry protocol 187; kube-proxy puts its own jumps before
# ours, Docker and ufw drop after them; systemd-networkd removes routes that it does not know when it restarts, unless ManageForeignRoutes=no.
conflist=/etc/cni/net.d/10-pooldeck.conflist
unit=pooldeck-network.service

# routes_text prints `RANGE ADDRESS` lines, sorted as `ip route` is compared.
routes_text() { for route in $POOLDECK_ROUTES; do say "${route%%=*} ${route#*=}"; done | sort; }
# Pods get the MTU of the link that the members share.
mtu() {
    peer=${POOLDECK_ROUTES#*=}
    link=$(ip -o route get "${peer%% *}" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
    [ -n "$link" ] || link=$(ip -o route show default | sed -n '1s/.* dev \([^ ]*\).*/\1/p')
    cat "/sys/class/net/$link/mtu" 2>/dev/null || echo 1500
}
conflist_text() {
    printf '{"cniVersion":"1.0.0","name":"pooldeck","plugins":[
{"type":"bridge","bridge":"cni0","isGateway":true,"hairpinMode":true,"mtu":%s,"ipam":{"type":"host-local","ranges":[[{"subnet":"%s"}]],"routes":[{"dst":"0.0.0.0/0"}]}},
{"type":"portmap","capabilities":{"portMappings":true}}]}' "$(mtu)" "$POOLDECK_NODE_CIDR"
}
unit_text() {
    cat <<EOT
# $MARK
[Unit]
Description=Pod network of pool $POOLDECK_POOL (pooldeck)
After=network-online.target nftables.service netfilter-persistent.service
After=ufw.service firewalld.service docker.service
Before=kubelet.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /etc/pooldeck/network
Restart=on-failure
RestartSec=2
[Install]
WantedBy=multi-user.target
EOT
}
# The unit's script: the same at boot and now; it makes the live state equal to /etc/pooldeck/routes.
script_text() {
    cat <<EOT
# $MARK; run by $unit
pods=$POOLDECK_POD_CIDR
services=$POOLDECK_SERVICE_CIDR
EOT
    cat <<'EOT'
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo 1 >/proc/sys/net/ipv4/ip_forward
iptables-restore -w 10 --noflush <<RULES
*filter
:POOLDECK-FORWARD - [0:0]
-A POOLDECK-FORWARD -s $pods -d $services -j REJECT
-A POOLDECK-FORWARD -s $pods -j ACCEPT
-A POOLDECK-FORWARD -d $pods -j ACCEPT
COMMIT
*nat
:POOLDECK-MASQ - [0:0]
-A POOLDECK-MASQ -d $pods -j RETURN
-A POOLDECK-MASQ -d 224.0.0.0/4 -j RETURN
-A POOLDECK-MASQ -s $pods -j MASQUERADE
COMMIT
RULES
iptables -w 10 -C FORWARD -j POOLDECK-FORWARD 2>/dev/null ||
    iptables -w 10 -I FORWARD -j POOLDECK-FORWARD
iptables -w 10 -t nat -C POSTROUTING -j POOLDECK-MASQ 2>/dev/null ||
    iptables -w 10 -t nat -I POSTROUTING -j POOLDECK-MASQ
ip route show proto 187 | while read -r range _; do
    grep -q "^$range " /etc/pooldeck/routes || ip route del "$range" proto 187
done
while read -r range member; do
    for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 last; do
        ip route replace "$range" via "$member" proto 187 && break
        [ "$try" != last ] || {
            echo "no route to $range: $member is not on a link of this server"
            exit 1
        }
        sleep 0.2
    done
done </etc/pooldeck/routes
EOT
}

check() {
    is "$conflist" "$(conflist_text)" || { not_so 'the pod network is not configured so'; return; }
    is /etc/pooldeck/network "$(script_text)" && is "/etc/systemd/system/$unit" "$(unit_text)" && is /etc/pooldeck/routes "$(routes_text)" ||
        { not_so 'the network'"'"'s files are otherwise'; return; }
    systemctl -q is-enabled "$unit" && systemctl -q is-active "$unit" || { not_so "$unit is not active"; return; }
    live=$(ip route show proto 187 | awk '{print $1, $3}' | sort) || cannot_tell 'routes cannot be read'
    [ "$live" = "$(routes_text)" ] || { not_so 'the routes are otherwise'; return; }
    [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || { not_so 'packets are not forwarded'; return; }
    iptables -w 5 -C FORWARD -j POOLDECK-FORWARD 2>/dev/null &&
        iptables -w 5 -C POOLDECK-FORWARD -s "$POOLDECK_POD_CIDR" -d "$POOLDECK_SERVICE_CIDR" -j REJECT 2>/dev/null && iptables -w 5 -C POOLDECK-FORWARD -s "$POOLDECK_POD_CIDR" -j ACCEPT 2>/dev/null &&
        iptables -w 5 -t nat -C POSTROUTING -j POOLDECK-MASQ 2>/dev/null && iptables -w 5 -t nat -C POOLDECK-MASQ -s "$POOLDECK_POD_CIDR" -j MASQUERADE 2>/dev/null ||
        not_so 'the rules are otherwise'
}

apply() {
    put "$conflist" 644 "$(conflist_text)"
    put /etc/pooldeck/routes 644 "$(routes_text)"
    put /etc/systemd/networkd.conf.d/pooldeck.conf 644 "# $MARK
[Network]
ManageForeignRoutes=no"
    changed=
    put /etc/pooldeck/network 755 "$(script_text)"
    put "/etc/systemd/system/$unit" 644 "$(unit_text)"
    # enable reads the files anew by itself
    if ! systemctl -q is-enabled "$unit" 2>/dev/null; then systemctl -q enable "$unit"; elif [ -n "$changed" ]; then systemctl daemon-reload; fi
    systemctl restart "$unit" || {
        journalctl -q -o cat -n 5 -u "$unit"
        fail 'the pod network could not be set up' 'servers of one pool have to be on one layer-2 network'
    }
}

undo() { unnetwork; }
