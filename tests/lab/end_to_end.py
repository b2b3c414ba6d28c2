#!/usr/bin/env python3
"""The main job on servers that boot: pools created, resized and destroyed by the command line, with real Kubernetes in them."""
import base64
import json
import os
import re
import unittest
from concurrent.futures import ThreadPoolExecutor

from rack import HERE, Story, eventually

IMAGES = f"{os.environ.get('LAB_NET', '10.77.0')}.1:5000"


# A link and a rule of somebody else's, in words that look like ours.
BESIDE = ("ip link add veth1234abcd type veth peer name theirs0; "
          "iptables -A INPUT -p tcp --dport 9999 -m comment --comment 'for -j KUBE-SERVICES' -j ACCEPT")


class EndToEnd(Story):
    def every_node_is_ready(self, pool: str):
        members = self.rack.members(pool)
        nodes = self.rack.nodes(self.rack.control_plane()[pool])
        self.assertEqual(set(nodes), members, "the cluster's nodes are the servers that carry the pool's claim")
        self.assertEqual([name for name, ready in nodes.items() if not ready], [], "every node is Ready")

    def clients(self, plane: str) -> list[tuple[str, str]]:
        """The running clients: their pods and nodes, one on every node."""
        pods = json.loads(self.rack.kubectl(plane, "get", "pods", "-l", "app=client", "-o", "json"))["items"]
        return [(pod["metadata"]["name"], pod["spec"]["nodeName"]) for pod in pods if pod["status"]["phase"] == "Running"]

    def names_answer(self, pool: str):
        """From every node: the Service by its DNS name, and a host beyond the rack by name."""
        plane = self.rack.control_plane()[pool]
        self.rack.kubectl(plane, "rollout", "status", "deployment/page", "daemonset/client", "--timeout=300s")
        nodes = set(self.rack.nodes(plane))
        # Pods of a node that has left stay in the list until Kubernetes collects them, about a minute later.
        everywhere = lambda found: {node for _, node in found} == nodes and found
        clients = eventually("a client runs on every node and nowhere else", lambda: everywhere(self.clients(plane)), 150)
        for pod, node in clients:
            for url, word in (("http://page.default.svc.cluster.local", "hello"), ("http://beyond.lab", "beyond the rack")):
                fetch = lambda: word in self.rack.kubectl(plane, "exec", pod, "--", "timeout", "3", "wget", "-qO-", url)
                eventually(f"{url} answers on {node}", fetch, 60)

    def is_spare(self, *servers: str):
        for server in servers:
            self.assertEqual(self.rack.leftovers(server), [])

    def test_1_every_server_is_shown_with_its_size(self):
        def known():
            servers = {it["name"]: it for it in self.rack.json("server", "list")["servers"]}
            return len(servers) == 6 and all(it["capacity"] for it in servers.values()) and servers
        servers = eventually("all servers are known", known)
        self.assertEqual({name: it["capacity"]["cores"] for name, it in servers.items()}, {"s01": 2, "s02": 2, "s03": 1, "s04": 1, "s05": 2, "s06": 1})
        self.assertEqual({name: round(it["capacity"]["memory_bytes"] / 2**30) for name, it in servers.items()},
                         {"s01": 4, "s02": 4, "s03": 16, "s04": 8, "s05": 4, "s06": 4})

    def test_2_a_preview_alone_changes_nothing(self):
        text = self.rack.pooldeck("pool", "create", "web", "--cores", 1, "--memory", "15GiB", "--plan-only")
        self.assertIn("s03", text)
        self.assertEqual(self.rack.claims(), {})

    def test_3_a_pool_is_created_and_every_node_is_ready(self):
        self.rack.pooldeck("pool", "create", "web", "--cores", 1, "--memory", "15GiB", "--yes", "--wait")
        self.assertIn("s03", self.rack.members("web"))
        self.every_node_is_ready("web")

    def test_4_a_service_answers_by_name_and_pods_reach_a_host_beyond_the_rack(self):
        plane = self.rack.control_plane()["web"]
        self.rack.kubectl(plane, "apply", "-f", "-", feed=(HERE / "workload.yaml").read_text().replace("IMAGES", IMAGES))
        self.names_answer("web")

    def test_5_a_second_pool_stands_beside_it(self):
        self.rack.pooldeck("pool", "create", "lab", "--cores", 1, "--memory", "3GiB", "--yes", "--wait")
        self.every_node_is_ready("lab")
        self.assertEqual(self.rack.members("web") & self.rack.members("lab"), set())
        self.every_node_is_ready("web")

    def test_5b_two_servers_keep_a_copy_of_the_store_with_which_people_can_look(self):
        has_copy = lambda server: self.rack.on(server, "ls /var/lib/pooldeck/copy.db 2>/dev/null || true")
        kept = sorted(self.rack.control_plane().values())
        eventually("one server of each pool has a copy", lambda: all(has_copy(server) for server in kept))
        knows = lambda: {it["name"] for it in self.rack.json("--read-only", "pool", "list", state=copied(kept[0]))["pools"]} >= {"web", "lab"}

        def copied(server: str):
            file = self.rack.dir / "copy" / "pooldeck.db"
            file.parent.mkdir(mode=0o700, exist_ok=True)
            file.write_bytes(base64.b64decode(self.rack.on(server, "base64 -w 0 /var/lib/pooldeck/copy.db")))
            return file.parent
        eventually("the copy knows both pools", knows)
        text = (copied(kept[0]) / "pooldeck.db").read_bytes()
        for secret in (rb"PRIVATE KEY", rb"client-key-data", rb"\b[a-z0-9]{6}\.[a-z0-9]{16}\b"):
            self.assertIsNone(re.search(secret, text))

    def test_6_everything_answers_again_after_every_server_was_rebooted(self):
        with ThreadPoolExecutor() as room:
            list(room.map(lambda server: self.rack.lab("reboot", server), self.rack.servers()))
        for pool in ("web", "lab"):
            # kubelet waits for its API with growing pauses: a whole room that was rebooted takes up to three minutes.
            eventually(f"the nodes of {pool} are Ready again", lambda: all(self.rack.nodes(self.rack.control_plane()[pool]).values()), 300)
        self.names_answer("web")

    def test_7_a_pool_grows_in_one_step(self):
        before = self.rack.members("web")
        self.rack.pooldeck("pool", "resize", "web", "--cores", "+1", "--memory", "+7GiB", "--yes", "--wait")
        self.assertEqual(self.rack.members("web") - before, {"s04"})
        self.every_node_is_ready("web")
        self.names_answer("web")

    def test_8_one_dimension_goes_up_while_the_other_goes_down(self):
        self.rack.pooldeck("pool", "resize", "web", "--cores", "+1", "--memory", "-4GiB", "--confirm", "web", "--yes", "--wait")
        self.assertNotIn("s04", self.rack.members("web"))
        self.every_node_is_ready("web")
        self.names_answer("web")
        self.is_spare("s04")

    def test_8b_a_worker_is_set_aside_and_returned(self):
        plane = self.rack.control_plane()["web"]
        worker = min(self.rack.members("web") - {plane, "s03"})
        self.rack.pooldeck("server", "maintain", worker, "--until", "2h", "--reason", "new disk", "--confirm", "web", "--yes", "--wait")
        node = json.loads(self.rack.kubectl(plane, "get", "node", worker, "-o", "json"))
        self.assertTrue(node["spec"].get("unschedulable"))
        pods = json.loads(self.rack.kubectl(plane, "get", "pods", "-A", f"--field-selector=spec.nodeName={worker}", "-o", "json"))["items"]
        owners = {owner["kind"] for pod in pods for owner in pod["metadata"].get("ownerReferences", [])}
        self.assertLessEqual(owners, {"DaemonSet"}, "its pods went elsewhere")
        self.assertIn("maintenance", self.rack.pooldeck("server", "show", worker))
        self.rack.pooldeck("server", "return", worker, "--yes", "--wait")
        node = json.loads(self.rack.kubectl(plane, "get", "node", worker, "-o", "json"))
        self.assertFalse(node["spec"].get("unschedulable"))
        self.every_node_is_ready("web")

    def test_9a_a_pool_shrinks_and_what_it_gives_back_is_clean(self):
        before = self.rack.members("web")
        plane = self.rack.control_plane()["web"]
        gone = before - {"s03", plane}
        out = [word for server in sorted(gone) for word in ("--remove", server)]
        # A budget holds one of them up, until somebody who types its name overrides it.
        held, budget = min(gone), "default/kept"
        self.rack.kubectl(plane, "apply", "-f", "-", feed=json.dumps(kept(held)))
        self.rack.kubectl(plane, "rollout", "status", "deployment/kept", "--timeout=120s")
        run = str(self.rack.json("pool", "resize", "web", *out, "--confirm", "web", "--yes", "--no-wait")["run"]["id"])
        blocked = lambda: [pod["budget"] for it in self.rack.json("run", "show", run)["blocked"] for pod in it["pods"]]
        self.assertEqual(eventually("the drain waits for its budget", blocked), [budget])
        evict = ("run", "answer", run, held, "evict", "--budget", budget)
        self.assertIn("kept", self.rack.pooldeck(*evict, "--confirm", "default/other", code=1))
        self.rack.pooldeck(*evict, "--confirm", f"web {budget}")
        self.rack.pooldeck("run", "show", run, "--wait")
        # It keeps its pod in every other run, also in the one that ends the pool.
        self.rack.kubectl(plane, "delete", "deployment/kept", "pdb/kept", "--timeout=60s")
        self.assertEqual(before - self.rack.members("web"), gone)
        self.every_node_is_ready("web")
        self.is_spare(*gone)
        self.every_node_is_ready("lab")

    def test_9b_a_protected_pool_is_not_destroyed_by_a_key_press(self):
        before = self.rack.claims()
        self.assertIn("--confirm web", self.rack.pooldeck("pool", "destroy", "web", "--yes", "--wait", code=1))
        self.assertEqual(self.rack.claims(), before)

    def test_9b_things_that_are_not_ours_stand_beside_ours(self):
        self.rack.on("s03", f"{BESIDE}; sed -i '/pooldeck-end endpoint/d' /etc/hosts; echo '10.99.0.1 theirs' >>/etc/hosts")

    def test_9c_both_are_destroyed_and_every_server_is_spare_again(self):
        # Evicted, it comes back to the cordoned node at once: a drain that waits for its end has none.
        self.rack.kubectl(self.rack.control_plane()["web"], "apply", "-f", "-", feed=json.dumps(comes_back("s03")))
        with ThreadPoolExecutor() as room:
            list(room.map(lambda pool: self.rack.pooldeck("pool", "destroy", pool, "--confirm", pool, "--yes", "--wait"), ("web", "lab")))
        self.is_spare(*self.rack.servers())
        self.assertEqual(self.rack.claims(), {})
        theirs = self.rack.on("s03", "ip -br link show veth1234abcd; iptables-save; cat /etc/hosts")
        for word in ("veth1234abcd", "--dport 9999", "10.99.0.1 theirs"):
            self.assertIn(word, theirs)
        self.rack.on("s03", "ip link delete veth1234abcd; iptables -D INPUT -p tcp --dport 9999 -m comment --comment 'for -j KUBE-SERVICES' -j ACCEPT")

    def test_9d_the_same_servers_make_pools_of_other_names(self):
        self.rack.pooldeck("pool", "create", "again", "--cores", 3, "--memory", "11GiB", "--accept-less", "--yes", "--wait")
        self.every_node_is_ready("again")
        self.rack.pooldeck("pool", "destroy", "again", "--confirm", "again", "--yes", "--wait")
        self.is_spare(*self.rack.servers())


def kept(node: str) -> dict:
    """A Deployment on one node, and a budget that lets none of its pods go."""
    labels = {"app": "kept"}
    place = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": {
        "matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}}]}}
    pod = {"affinity": place, "terminationGracePeriodSeconds": 1,
           "containers": [{"name": "sleep", "image": f"{IMAGES}/busybox:1", "command": ["sleep", "1000000"]}]}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "kept"}, "spec": spec}
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "kept"},
              "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}}}
    return {"apiVersion": "v1", "kind": "List", "items": [deployment, budget]}


def comes_back(node: str) -> dict:
    """A Deployment that tolerates everything and has its place on one node."""
    pod = {
        "nodeSelector": {"kubernetes.io/hostname": node},
        "tolerations": [{"operator": "Exists"}],
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "sleep", "image": f"{IMAGES}/busybox:1", "command": ["sleep", "1000000"]}],
    }
    labels = {"app": "comes-back"}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "comes-back"}, "spec": spec}


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
