#!/usr/bin/env python3
"""hardware.py DIR CORES GIB: what a server of that size shows in /proc and /sys, as files to mount over its own.

Cores can be at most what the machine has: kubelet writes real CPU numbers into its cpusets. Memory can be anything.
"""
import os
import re
import sys

# Firmware and kernel keep some for themselves: a server sold with 4 GiB shows a little less.
KEPT = 0.016


def write(folder: str, name: str, content: str) -> None:
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(content + "\n")


def processors(folder: str, cores: int) -> None:
    span = f"0-{cores - 1}" if cores > 1 else "0"
    for name in ("online", "possible", "present"):
        write(folder, f"cpu/{name}", span)
    for name in ("isolated", "offline"):
        write(folder, f"cpu/{name}", "")
    write(folder, "cpu/kernel_max", str(cores - 1))
    with open("/proc/cpuinfo", encoding="ascii") as file:
        real = file.read().split("\n\n")[0]
    shown = []
    for core in range(cores):
        for name, content in (
            ("core_id", core), ("physical_package_id", 0), ("die_id", 0), ("cluster_id", 0),
            ("thread_siblings_list", core), ("core_cpus_list", core),
            ("core_siblings_list", span), ("package_cpus_list", span),
        ):
            write(folder, f"cpu/cpu{core}/topology/{name}", str(content))
        write(folder, f"cpu/cpu{core}/online", "1")
        text = real
        for field, content in (
            ("processor", core), ("physical id", 0), ("siblings", cores), ("core id", core),
            ("cpu cores", cores), ("apicid", core), ("initial apicid", core),
        ):
            text = re.sub(rf"^({field}\s*:) .*", rf"\1 {content}", text, flags=re.M)
        shown.append(text)
    write(folder, "cpuinfo", "\n\n".join(shown) + "\n")
    write(folder, "node/node0/cpulist", span)
    write(folder, "node/node0/distance", "10")
    for core in range(cores):
        link = os.path.join(folder, f"node/node0/cpu{core}")
        if not os.path.islink(link):
            os.symlink(f"../../cpu/cpu{core}", link)


def memory(folder: str, gib: int) -> None:
    total = int(gib * 1024 * 1024 * (1 - KEPT))
    shares = {"MemTotal": 1.0, "MemFree": 0.8, "MemAvailable": 0.9, "SwapTotal": 0.0, "SwapFree": 0.0}
    with open("/proc/meminfo", encoding="ascii") as file:
        text = file.read()
    for field, share in shares.items():
        text = re.sub(rf"^{field}:.*", f"{field}: {int(total * share):>14} kB", text, flags=re.M)
    write(folder, "meminfo", text.rstrip("\n"))
    write(folder, "node/node0/meminfo", f"Node 0 MemTotal:       {total} kB")
    for name in ("online", "possible", "has_cpu", "has_memory"):
        write(folder, f"node/{name}", "0")


if __name__ == "__main__":
    processors(sys.argv[1], int(sys.argv[2]))
    memory(sys.argv[1], int(sys.argv[3]))
