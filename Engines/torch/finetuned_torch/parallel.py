"""What ranks do together. Every rank has all rows and the whole adapter; the base is whole on each or split by FSDP2."""
import torch
import torch.distributed as dist


class World:
    """One rank among others; alone where there is one."""

    def __init__(self, rank=0, size=1, device="cpu"):
        self.rank, self.size, self.device = rank, size, torch.device(device)

    def split(self, tuned):
        """Splits the frozen base among the ranks. What is trained stays whole on each, so that checkpoints never depend on ranks."""
        from torch.distributed.fsdp import fully_shard
        trained = set(tuned.parameters.values())
        for layer in tuned.layers:
            fully_shard(layer, ignored_params=trained)
        fully_shard(tuned.base, ignored_params=trained)

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
