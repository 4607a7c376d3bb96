"""How ranks find each other: through the folder of the request. No names of hosts, no fixed ports."""
import contextlib
import fcntl
import json
import os
import socket
import struct
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


def interface(host):
    """The name of this machine's interface that has an address; None where none has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                told = fcntl.ioctl(probe.fileno(), 0x8915, struct.pack("256s", name.encode()[:15]))  # SIOCGIFADDR
                if socket.inet_ntoa(told[20:24]) == host:
                    return name
    return None


def missing(ranks, seconds, cause=None):
    return Failure(PEER_LOST, "engine.ranks_missing", f"Rank {', '.join(map(str, ranks))} did not come within {seconds:g} s.", None,
                   "Look at stderr.log for why it did not start.", cause)


def meet(folder, meeting, rank, size, backend, seconds, collective_seconds):
    """Joins the group of exactly `size` ranks. Raises Failure (74) naming who is missing."""
    path = os.path.join(folder, f"rendezvous-{meeting}.json")
    towards = os.environ.get("FINETUNED_TORCH_TOWARDS")
    # Names of nodes need not resolve, and a node has several networks: the one on the route to the others is meant.
    name = interface(address(towards)) if towards else "lo"
    if name:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", name)
        if towards:
            os.environ.setdefault("NCCL_SOCKET_IFNAME", name)
    end, wait = time.monotonic() + seconds, timedelta(seconds=seconds)
    if rank == 0:
        host = address(towards)
        store = dist.TCPStore(host, 0, size, True, wait, wait_for_workers=False)
        write_whole(path, json.dumps({"address": host, "port": store.port, "ranks": size}).encode())
    else:
        # Listing the folder has a network file system look anew.
        while os.path.basename(path) not in os.listdir(folder):
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
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=timedelta(seconds=collective_seconds))
    if rank == 0:
        os.unlink(path)
    return store
