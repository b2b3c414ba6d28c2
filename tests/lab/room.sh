# shellcheck shell=bash disable=SC2034,SC2154  # `here` is set by who sources this, who uses the others
# The room around the servers: its folder, its network, its control groups. Sourced by `lab`.
# It never touches a process, mount or network that does not belong to this room.

cache=${POOLDECK_LAB_CACHE:-$HOME/.cache/pooldeck-lab}
dir=$(realpath -m "${LAB_DIR:-/var/tmp/pooldeck-lab}")
net=${LAB_NET:-10.77.0}
room=pooldeck-$(sha256sum <<<"$dir" | cut -c1-8)
beyond=192.0.2.2   # the host beyond the rack: an address of a documentation network, so it meets nobody's
storage=192.168.77 # the network of second NICs

# Commands run in the room's network: not `ip netns exec`, which hides /sys/fs/cgroup.
inside() { nsenter --net="/run/netns/$room" -- "$@"; }

# The control group hierarchies: one per controller with cgroups v1 (and v2 beside them for systemd's own use), or v2 alone.
hierarchies() { awk '$3 ~ "^cgroup2?$" && $2 ~ "^/sys/fs/cgroup" {print $2}' /proc/self/mounts; }

# One hierarchy that knows every process of the room.
register() { hierarchies | grep -m1 -E '/(pids|memory)$' || echo /sys/fs/cgroup; }

# join GROUP [CPUS]: the calling process moves into the room's group of that name, in every hierarchy.
join() {
  local top group part cpus=${2:-$(seq -s, 0 $(($(nproc --all) - 1)))}
  for top in $(hierarchies); do
    group=$top
    for part in "$room" ${1//\// }; do
      allow "$group"
      group=$group/$part
      mkdir -p "$group"
      [ ! -e "$group/cpuset.cpus" ] || [ -s "$group/cpuset.mems" ] || echo 0 >"$group/cpuset.mems"
      [ ! -e "$group/cpuset.cpus" ] || echo "$cpus" >"$group/cpuset.cpus" 2>/dev/null || true
    done
    echo "$BASHPID" >"$group/cgroup.procs"
    # A room is many machines: beside a compiler it is not to count as one process.
    [ ! -e "$top/$room/cpu.shares" ] || echo 8192 >"$top/$room/cpu.shares"
    [ ! -e "$top/$room/cpu.weight" ] || echo 800 >"$top/$room/cpu.weight"
  done
}
# With v2 a group's controllers are its children's only when it says so.
allow() { [ ! -s "$1/cgroup.controllers" ] || sed 's/[a-z]\+/+&/g' "$1/cgroup.controllers" >"$1/cgroup.subtree_control" 2>/dev/null || true; }

members() { find "$(register)/$room${1:+/$1}" -name cgroup.procs -exec cat {} + 2>/dev/null || true; }

# end GROUP ("" is the whole room): no process is left in it, and the groups are gone.
end() {
  local top deadline=$((SECONDS + 20)) list
  while list=$(members "$1") && [ -n "$list" ]; do
    thaw_group "$1"
    # shellcheck disable=SC2086  # a list of ids
    kill -KILL $list 2>/dev/null || true
    [ $SECONDS -lt $deadline ] || { echo "processes of \`$room/$1\` do not end: $list" >&2; return 1; }
    sleep 0.02
  done
  for top in $(hierarchies); do
    [ ! -d "$top/$room${1:+/$1}" ] || find "$top/$room${1:+/$1}" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

freeze_group() {
  local frozen=/sys/fs/cgroup/$room/$1/cgroup.freeze
  if [ -e "$frozen" ]; then echo 1 >"$frozen"; else echo FROZEN >"/sys/fs/cgroup/freezer/$room/$1/freezer.state"; fi
}
thaw_group() {
  local state
  find "/sys/fs/cgroup/freezer/$room${1:+/$1}" "/sys/fs/cgroup/$room${1:+/$1}" -name freezer.state -o -name cgroup.freeze 2>/dev/null \
    | while read -r state; do
      case $state in *freezer.state) echo THAWED >"$state" ;; *) echo 0 >"$state" ;; esac
    done || true
}

# wait_for SECONDS WHAT COMMAND…: until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || { echo "gave up waiting for $what" >&2; return 1; }
    sleep 0.05
  done
}

# serve NAME COMMAND…: a service of the room, started once, running until the room goes down.
serve() {
  local name=$1
  shift
  [ -z "$(members "service-$name")" ] || return 0
  (join "service-$name"; exec setsid nsenter --net="/run/netns/${SERVE_IN:-$room}" -- "$@") >"$dir/$name.log" 2>&1 </dev/null 9>&- &
}

network_up() {
  local space bridge
  for space in "$room" "$room-beyond"; do
    nsenter --net="/run/netns/$space" true 2>/dev/null || { # after a crash a file without a network may be left
      ip netns del "$space" 2>/dev/null || true
      ip netns add "$space"
    }
    ip -n "$space" link set lo up
  done
  for bridge in rack storage; do
    ip -n "$room" link show "$bridge" >/dev/null 2>&1 || ip -n "$room" link add "$bridge" type bridge
    ip -n "$room" link set "$bridge" up
  done
  ip -n "$room" addr replace "$net.1/24" dev rack
  # The way out of the rack ends at the host beyond it, which knows the rack and nothing behind it (no pod networks).
  ip -n "$room" link show out >/dev/null 2>&1 || ip -n "$room" link add out type veth peer name in netns "$room-beyond"
  ip -n "$room" addr replace 192.0.2.1/24 dev out
  ip -n "$room" link set out up
  ip -n "$room-beyond" addr replace "$beyond/24" dev in
  ip -n "$room-beyond" link set in up
  ip -n "$room-beyond" route replace "$net.0/24" via 192.0.2.1
  inside sysctl -qw net.ipv4.ip_forward=1
  machine_settings
  SERVE_IN=$room-beyond serve beyond python3 "$here/beyond.py" "$beyond" "$net"
  wait_for 10 "the host beyond the rack" inside python3 -c "import urllib.request as u; u.urlopen('http://$beyond/', timeout=1)"
}

# The servers' disks: a sparse file with a file system of its own, so that they do not look full where the machine's disk nearly is
# (kubelet would evict every pod).
disks_up() {
  mkdir -p "$dir/servers"
  mountpoint -q "$dir/servers" && return
  if [ ! -e "$dir/disks" ]; then
    truncate -s 96G "$dir/disks.new"
    mkfs.ext4 -q -E lazy_itable_init=1,lazy_journal_init=1 "$dir/disks.new"
    mv "$dir/disks.new" "$dir/disks"
  fi
  mount -o loop,discard "$dir/disks" "$dir/servers"
}

# What a server cannot set for itself, because it belongs to the machine.
machine_settings() {
  modprobe -qa overlay br_netfilter nf_conntrack 2>/dev/null || true                   # built in, or here already
  [ "$(cat /proc/sys/fs/inotify/max_user_instances)" -ge 8192 ] || sysctl -qw fs.inotify.max_user_instances=8192 # the 16th systemd uses up 128
  sysctl -qw net.netfilter.nf_conntrack_max=131072 || true                             # exactly what kube-proxy wants and may not write
}

# The folder that servers see as /lib/modules. Where all of the kernel is built in, modprobe is to say so, as it does elsewhere.
modules() {
  local release
  release=$(uname -r)
  [ ! -d "/lib/modules/$release" ] || { echo /lib/modules; return; }
  local made=$dir/kernel/lib/modules
  if [ ! -e "$made/$release/modules.dep" ]; then
    mkdir -p "$made/$release"
    : >"$made/$release/modules.order"
    printf 'kernel/%s.ko\n' fs/overlayfs/overlay net/bridge/br_netfilter net/netfilter/nf_conntrack >"$made/$release/modules.builtin"
    depmod -b "$dir/kernel" "$release" 2>/dev/null
  fi
  echo "$made"
}

network_down() {
  local space pid
  for space in "$room" "$room-beyond"; do
    [ -e "/run/netns/$space" ] || continue
    for pid in $(ip netns pids "$space" 2>/dev/null); do
      grep -qw "$pid" <<<"$own_line" || kill -KILL "$pid" 2>/dev/null || true
    done
    ip netns del "$space"
  done
}
own_line="$$ $PPID"

unmount_all() {
  local point
  awk -v top="$dir/" 'index($2, top) == 1 {print $2}' /proc/self/mounts | sort -r | while read -r point; do
    umount "$point" 2>/dev/null || umount -l "$point"
  done
}
