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
  wait_for 60 "\`$1\` to go down" another_boot "$1" "$before"
  wait_for 90 "\`$1\` to answer" answers "$1"
}
another_boot() { local now && now=$(visit "$1" cat /proc/sys/kernel/random/boot_id) && [ "$now" != "$2" ]; }

# A file system of 64 MB over the folder, holding what the folder holds and then filled up.
fault_disk_full() {
  visit "$1" sh -eu -s "$2" <<'REMOTE'
folder=$1 image=/run/full-$(echo "$1" | tr / -)
size=$(($(du -sm "$folder" | cut -f1) + 64))
truncate -s "${size}M" "$image"
mkfs.ext4 -q -F "$image"
mkdir -p "$image.d"
mount -o loop "$image" "$image.d"
cp -a "$folder/." "$image.d/"
head -c "${size}M" /dev/zero >"$image.d/.full" 2>/dev/null || true
mount --move "$image.d" "$folder" 2>/dev/null || { mount --bind "$image.d" "$folder"; umount "$image.d"; }
REMOTE
}
# shellcheck disable=SC2016  # expanded on the server
fault_disk_free() { visit "$1" sh -c 'umount -l "$1" && rm -rf "/run/full-$(echo "$1" | tr / -)"*' - "$2"; }

fault_rekey() {
  rm -f "$(identity "$1")"/etc/ssh/*
  ssh-keygen -q -A -f "$(identity "$1")" >/dev/null
  cp -p "$(identity "$1")"/etc/ssh/* "$(folder "$1")/root/etc/ssh/"
  visit "$1" systemctl restart ssh
}

# The clock itself is the machine's: what a script asks for the time tells another one.
fault_clock() {
  visit "$1" sh -eu -s "$2" <<'REMOTE'
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
