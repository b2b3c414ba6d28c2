# shellcheck shell=bash disable=SC2154  # after room.sh
# One server: its identity, its disks, its power. Sourced by `lab`.

folder() { echo "$dir/servers/$1"; }
identity() { echo "$dir/identity/$1"; }
names() { find "$dir/servers" -mindepth 1 -maxdepth 1 ! -name lost+found -printf '%f\n' 2>/dev/null | sort; }
exists() { [ -e "$(folder "$1")/.made" ] || { echo "no server \`$1\` here" >&2; return 1; }; }

# specification NAME: cores, GiB, login, second NIC, own name in /etc/hosts; one line of the file `servers`.
specification() { awk -v name="$1" '$1 == name || $1 == "*" {print $2, $3, $4, $5, $6; exit}' "$here/servers"; }

number() {
  case $1 in
    s[0-9][0-9]) echo $((10 + 10#${1#s})) ;;
    f[0-9][0-9]) echo $((200 + 10#${1#f})) ;;
    *) echo "a server is called s01, s02 … or f01, f02 …, not \`$1\`" >&2; return 2 ;;
  esac
}
address() { echo "$net.$(number "$1")"; }

# The process that is PID 1 inside the server.
first_process() {
  local pid
  for pid in $(members "$1/box"); do
    [ "$(awk '/^NSpid/ {print $NF}' "/proc/$pid/status" 2>/dev/null)" != 1 ] || [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != systemd ] || { echo "$pid"; return; }
  done
}

# visit NAME COMMAND…: run it on the server as root, whatever its network and sshd are like.
visit() {
  local pid
  pid=$(first_process "$1")
  [ -n "$pid" ] || { echo "server \`$1\` is off" >&2; return 1; }
  shift
  # Into a server that is just going down one can enter and never come back: whoever only looks gives up after VISIT_WITHIN seconds.
  ${VISIT_WITHIN:+timeout -s KILL "$VISIT_WITHIN"} nsenter -t "$pid" -m -u -i -n -p -C -- env -i HOME=/root TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# answers NAME: its sshd lets us in (whatever its host key).
answers() {
  inside ssh -F "$dir/ssh_config" -o ConnectTimeout=2 -o ControlPath=none -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR "$1" true 9>&-
}

identify() {
  local own
  own=$(identity "$1")
  [ ! -s "$own/uuid" ] || return 0
  rm -rf "$own"
  mkdir -p "$own/etc/ssh"
  ssh-keygen -q -A -f "$own" >/dev/null
  sed -i "s/root@.*/root@$1/" "$own"/etc/ssh/*.pub
  cat /proc/sys/kernel/random/uuid >"$own/uuid.new"
  mv "$own/uuid.new" "$own/uuid"
}

# make NAME: its folder with a stock system of its own, powered off.
make() {
  local name=$1 server base cores gib login second named root file
  server=$(folder "$name")
  [ ! -e "$server/.made" ] || return 0
  read -r cores gib login second named <<<"$(specification "$name")"
  identify "$name"
  base=$("$here/base/build")
  wipe "$name"
  mkdir -p "$server"/{upper,work,root,hardware}
  echo "$base" >"$server/base"
  cp -a "$base/var/lib" "$server/var-lib" # on a file system of its own, as containerd wants: overlay on overlay is refused
  python3 "$here/hardware.py" "$server/hardware" "$cores" "$gib"
  attach "$name"
  root=$server/root
  cp -p "$(identity "$name")"/etc/ssh/* "$root/etc/ssh/"
  tr -d - <"$(identity "$name")/uuid" >"$root/etc/machine-id"
  echo "$name" >"$root/etc/hostname"
  printf '127.0.0.1\tlocalhost\n' >"$root/etc/hosts"
  [ "$named" != yes ] || printf '127.0.1.1\t%s.lab\t%s\n' "$name" "$name" >>"$root/etc/hosts"
  echo "nameserver $beyond" >"$root/etc/resolv.conf"
  printf '[Match]\nName=host0\n\n[Network]\nAddress=%s/24\nGateway=%s.1\n' "$(address "$name")" "$net" >"$root/etc/systemd/network/10-rack.network"
  [ "$second" = - ] || printf '[Match]\nName=%s0\n\n[Link]\nRequiredForOnline=no\n\n[Network]\nAddress=%s.%s/24\n' \
    "$second" "$storage" "$(number "$name")" >"$root/etc/systemd/network/20-$second.network"
  file=$root/root
  if [ "$login" != root ]; then
    chroot "$root" useradd -m -s /bin/bash "$login"
    echo "$login ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$login"
    chmod 440 "$root/etc/sudoers.d/$login"
    echo 'PermitRootLogin no' >"$root/etc/ssh/sshd_config.d/root.conf"
    file=$root/home/$login
  fi
  install -d -m 700 "$file/.ssh"
  install -m 600 "$dir/key.pub" "$file/.ssh/authorized_keys"
  [ "$login" = root ] || chroot "$root" chown -R "$login:" "/home/$login/.ssh"
  touch "$server/.made"
}

# attach NAME: its root file system, mounted.
attach() {
  local server
  server=$(folder "$1")
  mountpoint -q "$server/root" || mount -t overlay overlay -o "lowerdir=$(cat "$server/base"),upperdir=$server/upper,workdir=$server/work" "$server/root"
}

power_on() {
  [ -z "$(members "$1")" ] || return 0
  make "$1"
  attach "$1"
  setsid "$here/power" "$1" >>"$(folder "$1")/console" 2>&1 </dev/null 9>&- &
}

# As if the cord was pulled: no process of it gets another instruction.
power_off() { end "$1"; }

wipe() {
  local server
  server=$(folder "$1")
  [ -e "$server" ] || return 0
  power_off "$1"
  ! mountpoint -q "$server/root" || umount "$server/root" || umount -l "$server/root"
  rm -rf --one-file-system "$server"
}

# Secrets and names with which a person enters the room: a key, the servers' host keys, an ssh_config.
desk() {
  local name login _
  mkdir -p "$dir/slow"
  {
    printf 'Include %s/slow/*\n' "$dir"
    for name in $(names); do
      read -r _ _ login _ <<<"$(specification "$name")"
      printf 'Host %s %s\n  HostName %s\n  User %s\n' "$name" "$(address "$name")" "$(address "$name")" "$login"
    done
    printf 'Host *\n  IdentityFile %s/key\n  IdentitiesOnly yes\n  UserKnownHostsFile %s/known_hosts\n  StrictHostKeyChecking yes\n  BatchMode yes\n' "$dir" "$dir"
  } >"$dir/ssh_config.new"
  mv "$dir/ssh_config.new" "$dir/ssh_config"
}
known_hosts() {
  local name
  for name in $(names); do
    sed "s/^/$(address "$name") /" "$(identity "$name")"/etc/ssh/*.pub
  done >"$dir/known_hosts.new"
  mv "$dir/known_hosts.new" "$dir/known_hosts"
}

# boot NAME…: all at once, until each lets us in.
boot() {
  local name
  [ -f "$dir/key" ] || ssh-keygen -q -t ed25519 -N '' -C operator -f "$dir/key"
  for name in "$@"; do number "$name" >/dev/null; done
  local making=()
  for name in "$@"; do make "$name" & making+=($!); done
  for name in "${making[@]}"; do wait "$name"; done
  desk
  known_hosts
  for name in "$@"; do power_on "$name"; done
  for name in "$@"; do wait_for 90 "\`$name\` to answer" answers "$name"; done
}
