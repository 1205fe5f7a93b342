# SPDX-License-Identifier: Apache-2.0
"""What the training scripts share: the optimiser's loop and accuracy in torch."""
import time

import numpy as np
import torch

import integer

WARM_UP = 0.1
LARGEST_GRADIENT = 1.0
REPORT_STEPS = 500


def prepare(seed):
    """One thread and fixed seeds, so that a run can be repeated. Returns: numpy Generator."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


def tensor(values):
    """int64 tensor of an integer array."""
    return torch.from_numpy(np.asarray(values, np.int64))


def fit(network, batches, steps, rate, decay=0.02):
    """Trains with AdamW and a one-cycle rate.

    Args:
        batches: iterator of (tokens int [B][S], targets): classes int [B][S], integer.IGNORED
            where there is none, or probabilities of the classes float32 [B][C].
        steps: number of batches. rate: highest learning rate.
        decay: weight decay of matrices.
    """
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [{"params": [p for p in trained if p.ndim > 1], "weight_decay": decay},
              {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps + 1,
                                                   pct_start=WARM_UP)
    criterion = torch.nn.CrossEntropyLoss(ignore_index=integer.IGNORED)
    network.train()
    start, total = time.time(), 0.0
    for step in range(1, steps + 1):
        tokens, targets = next(batches)
        scores = network(tensor(tokens)).flatten(0, -2)
        wanted = torch.from_numpy(targets) if targets.dtype == np.float32 else \
            tensor(targets).flatten()
        loss = criterion(scores, wanted)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, LARGEST_GRADIENT)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % REPORT_STEPS == 0:
            print(f"  step {step}/{steps}: loss {total / REPORT_STEPS:.3f}, "
                  f"{time.time() - start:.0f} s", flush=True)
            total = 0.0
    network.eval()


def torch_accuracy(network, tokens, answers, batch=128):
    """Accuracy of a Network in its present mode."""
    network.eval()
    with torch.no_grad():
        parts = [network(tensor(tokens[start:start + batch])).numpy()
                 for start in range(0, len(tokens), batch)]
    return integer.fraction_right(np.concatenate(parts), answers)
