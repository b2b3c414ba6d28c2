# shellcheck shell=bash disable=SC2154  # after room.sh and server.sh
# What goes wrong in a server room, on demand. Sourced by `lab`. Each fault ends with its opposite or with `lab reset NAME`.

fault_cut() { inside ip link set "vb-$1" down; }
fault_mend() { inside ip link set "vb-$1" up; }
fault_freeze() { freeze_group "$1/box"; }
fault_thaw() { thaw_group "$1/box"; }

fault_reboot() {
  local before
  before=$(visit "$1" cat /proc/sys/kernel/random/boot_id)
  visit "$1" systemctl reboot
  wait_for 200 "\`$1\` to go down" another_boot "$1" "$before"
  wait_for 90 "\`$1\` to answer" answers "$1"
}
another_boot() { local now && now=$(VISIT_WITHIN=10 visit "$1" cat /proc/sys/kernel/random/boot_id) && [ "$now" != "$2" ]; }

# A small file system over the folder that holds what the folder holds and is then filled up. Freed, it is large and stays until
# the server goes off: then the folder is again as it was before.
fault_disk_full() {
  visit "$1" sh -eus "$2" <<'REMOTE'
size=$(($(du -sm "$1" | cut -f1) + 16))
mkdir -p /run/full
mount -t tmpfs -o "size=${size}m,mode=$(stat -c %a "$1")" full /run/full
cp -a "$1/." /run/full/
head -c "${size}M" /dev/zero >/run/full/.full 2>/dev/null || true
while head -c 4096 /dev/zero >>/run/full/.full; do :; done 2>/dev/null # the last page
mount --bind /run/full "$1"
umount /run/full
REMOTE
}
fault_disk_free() {
  visit "$1" rm -f "$2/.full"
  visit "$1" mount -o remount,size=8g "$2"
}

fault_rekey() {
  rm -f "$(identity "$1")"/etc/ssh/*
  ssh-keygen -q -A -f "$(identity "$1")" >/dev/null
  cp -p "$(identity "$1")"/etc/ssh/* "$(folder "$1")/root/etc/ssh/"
  visit "$1" systemctl restart ssh
}

# The clock itself is the machine's: what a script asks for the time tells another one.
fault_clock() {
  visit "$1" sh -eus -- "$2" <<'REMOTE'
umount /usr/bin/date 2>/dev/null || true
[ "$1" != 0 ] || exit 0
mkdir -p /run/clock
cp /usr/bin/date /run/clock/right
cat >/run/clock/wrong <<WRONG
#!/bin/sh
for word in "\$@"; do
  case \$word in -d* | --date* | -s* | --set* | -f* | --file* | -r* | --reference*) exec /run/clock/right "\$@" ;; esac
done
exec /run/clock/right --date="$1 seconds" "\$@"
WRONG
chmod 755 /run/clock/wrong
mount --bind /run/clock/wrong /usr/bin/date
REMOTE
}

login_of() { awk '{print $3}' <<<"$(specification "$1")"; }
fault_no_sudo() { visit "$1" sed -i 's/NOPASSWD: //' "/etc/sudoers.d/$(login_of "$1")"; }
fault_sudo() { visit "$1" sed -i 's/(ALL) ALL/(ALL) NOPASSWD: ALL/' "/etc/sudoers.d/$(login_of "$1")"; }

fault_slow() {
  rm -f "$dir/slow/$1"
  [ "$2" = 0 ] || printf 'Host %s %s\n  ProxyCommand python3 %s/delay.py %%h %%p %s\n' "$1" "$(address "$1")" "$here" "$2" >"$dir/slow/$1"
}

# reset NAME… [--new]: stock again.
reset() {
  local name list=() new=
  for name in "$@"; do [ "$name" = --new ] && new=1 || list+=("$name"); done
  for name in "${list[@]}"; do
    wipe "$name"
    [ -z "$new" ] || rm -rf "$(identity "$name")"
  done
  boot "${list[@]}"
}
