#!/usr/bin/env python3
"""Writes optimizers.json: the parameters of a small network trained by PyTorch's optimizers.

Run by hand when a case is added, with Debian's python3-torch (1.13), never by the tests:

    tests/golden/optimizers.py

NAdam runs with foreach=True: without it 1.13 multiplies mu_product_next by mu twice, against its
own documentation and later versions.

The network is y = tanh(x W1' + b1) W2' + b2 in f64, the loss the mean squared error of one of four
batches, which take turns, so that the gradients never vanish. Every case makes 1,000 steps; after
step 500 all learning rates are halved. "second" holds the options that differ in the biases' group,
or null where there is one group. With "sometimes", b2 enters the loss at every third step only, and
has no gradient at the others. "at" maps numbers of steps to the values of W1, b1, W2, b2.
"""

import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)

STEPS, HALVED_AFTER = 1000, 500
CHECKPOINTS = (1, 10, 100, 500, 1000)
BATCHES, ROWS = 4, 6
SIZES = {"W1": (4, 3), "b1": (4,), "W2": (2, 4), "b2": (2,)}


def numbers(*shape):
    """Multiples of 1/1024: few digits in the file, and exact."""
    return torch.round(torch.randn(*shape, generator=generator) * 512) / 1024


generator = torch.Generator().manual_seed(1)
start = {name: numbers(*shape) for name, shape in SIZES.items()}
x = numbers(BATCHES, ROWS, 3) * 2
y = numbers(BATCHES, ROWS, 2) * 2


def train(optimizer, options, second, sometimes):
    w = {name: value.clone().requires_grad_() for name, value in start.items()}
    groups = [{"params": [w["W1"], w["W2"]]}, {"params": [w["b1"], w["b2"]], **second}]
    if optimizer is torch.optim.NAdam:
        options = {**options, "foreach": True}
    optimizer = optimizer(groups if second else list(w.values()), **options)
    at = {}
    for step in range(1, STEPS + 1):
        batch = (step - 1) % BATCHES
        out = torch.tanh(x[batch] @ w["W1"].T + w["b1"]) @ w["W2"].T
        if not sometimes or step % 3 == 0:
            out = out + w["b2"]
        optimizer.zero_grad(set_to_none=True)
        loss = ((out - y[batch]) ** 2).mean()
        if options.get("maximize"):
            loss = -loss
        loss.backward()
        optimizer.step()
        if step == HALVED_AFTER:
            for group in optimizer.param_groups:
                group["lr"] /= 2
        if step in CHECKPOINTS:
            values = torch.cat([v.detach().flatten() for v in w.values()])
            assert values.isfinite().all() and values.abs().max() < 100
            at[step] = [float(f"{v:.14g}") for v in values]
    return at


cases = []


def case(name, kind, second=None, sometimes=False, **options):
    optimizer = {"SGD": torch.optim.SGD, "Adadelta": torch.optim.Adadelta,
                 "Adagrad": torch.optim.Adagrad, "RMSProp": torch.optim.RMSprop,
                 "Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW,
                 "NAdam": torch.optim.NAdam}[kind]
    at = train(optimizer, options, second or {}, sometimes)
    cases.append({"name": name, "optimizer": kind, "options": options, "second": second,
                  "sometimes": sometimes, "at": at})


case("SGD", "SGD", lr=0.05)
case("SGD, weight decay", "SGD", lr=0.05, weight_decay=0.01)
case("SGD, maximize", "SGD", lr=0.05, weight_decay=0.01, maximize=True)
case("SGD, two groups", "SGD", lr=0.05, second={"lr": 0.01, "weight_decay": 0.1})

case("momentum", "SGD", lr=0.01, momentum=0.9)
case("momentum, of 0", "SGD", lr=0.05, momentum=0.0, dampening=0.5)
case("momentum, dampening", "SGD", lr=0.05, momentum=0.9, dampening=0.5)
case("momentum, nesterov", "SGD", lr=0.01, momentum=0.9, nesterov=True)
case("momentum, nesterov, weight decay, maximize", "SGD", lr=0.01, momentum=0.8,
     nesterov=True, weight_decay=0.01, maximize=True)
case("momentum, two groups", "SGD", lr=0.01, momentum=0.9,
     second={"lr": 0.005, "momentum": 0.5, "weight_decay": 0.1})
case("momentum, dampening, weight decay, maximize", "SGD", lr=0.02, momentum=0.8,
     dampening=0.3, weight_decay=0.05, maximize=True)
case("momentum, nesterov, weight decay", "SGD", lr=0.01, momentum=0.5, nesterov=True,
     weight_decay=0.1)
case("momentum, a gradient sometimes", "SGD", lr=0.01, momentum=0.9, dampening=0.1,
     sometimes=True)

case("Adadelta", "Adadelta")
case("Adadelta, rho, eps 1e-3", "Adadelta", lr=0.1, rho=0.95, eps=1e-3)
case("Adadelta, weight decay, maximize", "Adadelta", lr=0.5, weight_decay=0.01, maximize=True)
case("Adadelta, two groups", "Adadelta", lr=0.5,
     second={"lr": 0.1, "rho": 0.5, "eps": 1e-2, "weight_decay": 0.1})
case("Adadelta, a gradient sometimes", "Adadelta", sometimes=True)

case("Adagrad", "Adagrad")
case("Adagrad, eps 1e-2", "Adagrad", lr=0.05, eps=1e-2)
case("Adagrad, lr decay, accumulator, weight decay", "Adagrad", lr=0.1, lr_decay=0.01,
     initial_accumulator_value=0.1, weight_decay=0.01)
case("Adagrad, maximize", "Adagrad", maximize=True, weight_decay=0.01)
case("Adagrad, two groups", "Adagrad", lr=0.05, second={"lr": 0.01, "eps": 1e-2})
case("Adagrad, a gradient sometimes", "Adagrad", lr=0.05, lr_decay=0.01, sometimes=True)

case("RMSProp", "RMSProp", lr=1e-3)
case("RMSProp, eps 1e-2", "RMSProp", lr=1e-3, eps=1e-2, alpha=0.9)
case("RMSProp, centered", "RMSProp", lr=1e-3, centered=True, eps=1e-3)
case("RMSProp, momentum", "RMSProp", lr=1e-3, momentum=0.9, eps=1e-3)
case("RMSProp, centered, momentum, weight decay, maximize", "RMSProp", lr=1e-3, momentum=0.5,
     centered=True, weight_decay=0.01, eps=1e-2, maximize=True)
case("RMSProp, two groups", "RMSProp", lr=1e-3,
     second={"lr": 5e-4, "alpha": 0.9, "momentum": 0.5})

case("Adam", "Adam")
case("Adam, eps 1e-2", "Adam", lr=0.01, eps=1e-2)
case("Adam, betas, weight decay", "Adam", lr=0.01, betas=(0.8, 0.99), weight_decay=0.01)
case("Adam, amsgrad", "Adam", lr=0.01, betas=(0.9, 0.9), amsgrad=True)
case("Adam, amsgrad, eps 1e-2, weight decay, maximize", "Adam", lr=0.01, betas=(0.9, 0.9),
     amsgrad=True, eps=1e-2, weight_decay=0.01, maximize=True)
case("Adam, two groups", "Adam", lr=0.01, second={"lr": 1e-3, "betas": (0.5, 0.9)})
case("Adam, a gradient sometimes", "Adam", lr=0.01, sometimes=True)
case("AdamW", "AdamW", lr=0.01, weight_decay=0.1)
case("AdamW, amsgrad, two groups", "AdamW", lr=0.01, weight_decay=0.1, amsgrad=True, eps=1e-2,
     second={"weight_decay": 0.0})
case("AdamW, maximize", "AdamW", lr=0.01, weight_decay=0.1, maximize=True)
case("AdamW, a gradient sometimes", "AdamW", lr=0.01, weight_decay=0.01, betas=(0.8, 0.99),
     sometimes=True)

case("NAdam", "NAdam", lr=2e-3)
case("NAdam, eps 1e-2, weight decay", "NAdam", lr=0.01, eps=1e-2, weight_decay=0.01)
case("NAdam, betas, momentum decay", "NAdam", lr=5e-3, betas=(0.8, 0.99), momentum_decay=0.1)
case("NAdam, two groups", "NAdam", lr=2e-3,
     second={"lr": 1e-3, "betas": (0.5, 0.9), "momentum_decay": 0.01})
case("NAdam, a gradient sometimes", "NAdam", lr=2e-3, sometimes=True)

document = {"start": [v for value in start.values() for v in value.flatten().tolist()],
            "x": x.flatten().tolist(), "y": y.flatten().tolist()}
lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in document.items()]
lines.append('"cases": [\n' + ",\n".join(json.dumps(each) for each in cases) + "\n]")
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"{path}: {len(cases)} cases")
