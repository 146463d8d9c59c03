#!/usr/bin/env python3
"""Writes synaptic_intelligence.json: synaptic intelligence as a plain PyTorch loop over two tasks.

Run by hand when it changes, with Debian's python3-torch (1.13), never by the tests:

    tests/golden/synaptic_intelligence.py

The network is y = tanh(x W1' + b1) W2' + b2 in f64, the loss the cross entropy, the optimizer one
Adam for both tasks. A task's batches of two rows take turns. The path integral is computed as
Zenke et al. write it: the gradient without the penalty times the parameters' difference before and
after the step. "tasks" has x and y; "after" the parameters W1, b1, W2, b2 and the importances, in
that order, at the end of each.
"""

import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)

STEPS, BATCHES, ROWS, C, XI, LR = 40, 4, 2, 2.0, 0.05, 0.05
SIZES = [(4, 3), (4,), (3, 4), (3,)]

generator = torch.Generator().manual_seed(1)


def numbers(*shape):
    """Multiples of 1/1024: few digits in the file, and exact."""
    return torch.round(torch.randn(*shape, generator=generator) * 512) / 1024


def flat(tensors):
    return [float(f"{v:.14g}") for v in torch.cat([t.detach().flatten() for t in tensors])]


w = [numbers(*shape).requires_grad_() for shape in SIZES]
start = flat(w)
adam = torch.optim.Adam(w, lr=LR)
omega = [torch.zeros_like(p) for p in w]
center = [p.detach().clone() for p in w]
tasks, after = [], []

for task in range(2):
    x = numbers(BATCHES * ROWS, 3) * 4
    y = torch.randint(0, 3, (BATCHES * ROWS,), generator=generator)
    path = [torch.zeros_like(p) for p in w]
    for step in range(STEPS):
        rows = slice(step % BATCHES * ROWS, (step % BATCHES + 1) * ROWS)
        logits = torch.tanh(x[rows] @ w[0].T + w[1]) @ w[2].T + w[3]
        loss = torch.nn.functional.cross_entropy(logits, y[rows])
        clean = torch.autograd.grad(loss, w, retain_graph=True)
        penalty = sum((o * (p - c) ** 2).sum() for o, p, c in zip(omega, w, center))
        adam.zero_grad()
        (loss + C * penalty).backward()
        before = [p.detach().clone() for p in w]
        adam.step()
        path = [s - g * (p.detach() - b) for s, g, p, b in zip(path, clean, w, before)]
    omega = [torch.relu(o + s / ((p.detach() - c) ** 2 + XI))
             for o, s, p, c in zip(omega, path, w, center)]
    center = [p.detach().clone() for p in w]
    tasks.append({"x": x.flatten().tolist(), "y": y.tolist()})
    after.append({"parameters": flat(w), "importance": flat(omega)})

golden = {"strength": C, "damping": XI, "lr": LR, "steps": STEPS, "batches": BATCHES, "rows": ROWS,
           "start": start, "tasks": tasks, "after": after}
lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items())
pathlib.Path(__file__).with_suffix(".json").write_text("{\n" + lines + "\n}\n")
