"""What ranks do together. Every rank has all rows and the whole adapter; the base is whole on each or split by FSDP2, and in full
fine-tuning what is trained with it."""
import torch
import torch.distributed as dist
from torch.distributed.tensor import DTensor, distribute_tensor


def local(tensor):
    """This rank's part of a tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


@torch.no_grad()
def put(target, value):
    """Copies a value into a tensor; a whole one into a part by the part that belongs there."""
    if isinstance(target, DTensor) and not isinstance(value, DTensor):
        value = distribute_tensor(value.to(target.device), target.device_mesh, target.placements, src_data_rank=None)
    target.copy_(value)


class World:
    """One rank among others; alone where there is one."""

    def __init__(self, rank=0, size=1, device="cpu"):
        self.rank, self.size, self.device = rank, size, torch.device(device)

    def split(self, tuned):
        """Splits the base among the ranks, block by block, so that none of them ever has all of it on its device.

        An adapter stays whole on each; in full fine-tuning every rank has its part of what is trained and of its optimizer.
        """
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard
        mesh = init_device_mesh(self.device.type, (self.size,))
        adapter = set() if tuned.is_full else set(tuned.parameters.values())
        for layer in tuned.layers:
            fully_shard(layer, mesh=mesh, ignored_params=adapter)
        # The head is asked of chunk after chunk once the blocks are through.
        fully_shard(tuned.base, mesh=mesh, reshard_after_forward=False, ignored_params=adapter)
        for p in adapter:
            p.data = p.data.to(self.device)
        tuned.is_split = True
        if tuned.is_full:
            tuned.parameters = {name: p for name, p in tuned.base.named_parameters() if p.requires_grad}

    def whole(self, tensors):
        """The whole of each tensor, on the CPU of the first rank; nothing on the others, which all take part."""
        found = {}
        for name, tensor in tensors.items():
            full = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
            if self.rank == 0:
                found[name] = full.detach().cpu()
        return found

    def summed(self, tensors):
        """Sums tensors over the ranks, in place: one exchange for all of them."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors])):
            tensor.copy_(part.view_as(tensor))

    def figures(self, *numbers):
        """The sums of numbers over the ranks."""
        if self.size == 1:
            return list(numbers)
        tensor = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor)
        return tensor.tolist()

    def any(self, flag):
        """Whether a flag is up on any rank."""
        return self.figures(1.0 if flag else 0.0)[0] > 0

    def least(self, number):
        """The smallest of the ranks' numbers."""
        if self.size == 1:
            return number
        tensor = torch.tensor(number, dtype=torch.int64, device=self.device)
        dist.all_reduce(tensor, dist.ReduceOp.MIN)
        return int(tensor)

    def wait(self):
        self.any(False)


def batches(lengths, budget, size):
    """Micro-batches of places for each rank: [rank][batch][place].

    Longest first, dealt out in turn, so that ranks have alike; each of at most `budget` padded tokens, or of one row.
    Ranks without a row of their own have none; `rounds` pads them.
    """
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    shares = []
    for rank in range(size):
        share, batch = [], []
        for place in order[rank::size]:
            if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
                share.append(batch)
                batch = []
            batch.append(place)
        shares.append(share + [batch] if batch else share)
    return shares


def rounds(shares, rank):
    """The micro-batches of one rank, with empty ones at the end so that every rank computes as often as the others."""
    return shares[rank] + [[]] * (max(map(len, shares)) - len(shares[rank]))
