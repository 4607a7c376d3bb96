"""How ranks find each other: through the folder of the request. No names of hosts, no fixed ports."""
import json
import os
import socket
import time
from datetime import timedelta

import torch.distributed as dist

from .contract import PEER_LOST, Failure, write_whole


def address(towards=None):
    """This machine's address on the route towards another, or the loopback's."""
    if not towards:
        return "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((towards, 9))
        return probe.getsockname()[0]


def missing(ranks, seconds, cause=None):
    return Failure(PEER_LOST, "engine.ranks_missing", f"Rank {', '.join(map(str, ranks))} did not come within {seconds:g} s.", None,
                   "Look at stderr.log for why it did not start.", cause)


def meet(folder, meeting, rank, size, backend, seconds, collective_seconds):
    """Joins the group of exactly `size` ranks. Raises Failure (74) naming who is missing."""
    path = os.path.join(folder, f"rendezvous-{meeting}.json")
    end, wait = time.monotonic() + seconds, timedelta(seconds=seconds)
    if rank == 0:
        host = address(os.environ.get("FINETUNED_TORCH_TOWARDS"))
        store = dist.TCPStore(host, 0, size, True, wait, wait_for_workers=False)
        write_whole(path, json.dumps({"address": host, "port": store.port, "ranks": size}).encode())
    else:
        while not os.path.exists(path):
            if time.monotonic() > end:
                raise missing([0], seconds)
            time.sleep(0.02)
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        store = dist.TCPStore(found["address"], found["port"], size, False, wait, wait_for_workers=False)
    store.set(f"here/{rank}", str(os.getpid()))
    absent = list(range(size))
    while absent:
        absent = [other for other in absent if not store.check([f"here/{other}"])]
        if absent and time.monotonic() > end:
            raise missing(absent, seconds)
        if absent:
            time.sleep(0.02)
    if "FINETUNED_TORCH_TOWARDS" not in os.environ:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=timedelta(seconds=collective_seconds))
    if rank == 0:
        os.unlink(path)
    return store
