#!/usr/bin/env python3
"""Writes schedules.json: the rates of two groups under PyTorch's schedules over 200 steps.

Run by hand when a case is added, with Debian's python3-torch (1.13), never by the tests:

    tests/golden/schedules.py

The groups begin with the rates 0.1 and 0.03 and are those of SGD with momentum. "rates" holds, for
each group, the rates of steps 0 to 200; "momenta" the momenta of the first group where the schedule
sets them. A composite schedule has its parts under "schedules". ReduceLROnPlateau gets one of
"metrics" at each step.
"""

import json
import math
import pathlib

import torch
from torch.optim import lr_scheduler, swa_utils

STEPS = 200
RATES = (0.1, 0.03)
COMPOSED = ("ChainedScheduler", "SequentialLR")

# A loss that falls, stays, falls again and rises, with a ripple.
metrics = [float(f"{math.exp(-min(t, 40) / 15) + math.exp(-max(t - 110, 0) / 20) + 0.3 * max(t - 160, 0) / 40 + 0.01 * math.sin(2.1 * t):.6f}")
           for t in range(1, STEPS + 1)]


def make(optimizer, kind, schedules=None, **options):
    if kind in COMPOSED:
        parts = [make(optimizer, **each) for each in schedules]
        if kind == "SequentialLR":
            return lr_scheduler.SequentialLR(optimizer, parts, **options)
        return lr_scheduler.ChainedScheduler(parts)
    owner = swa_utils if kind == "SWALR" else lr_scheduler
    return getattr(owner, kind)(optimizer, **options)


cases = []


def case(kind, **options):
    optimizer = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(()))], "lr": rate}
                                 for rate in RATES], lr=1.0, momentum=0.9)
    schedule = make(optimizer, kind, **options)
    rates, momenta = [[] for _ in RATES], []
    for step in range(STEPS + 1):
        if step > 0:
            optimizer.step()
            schedule.step(*[metrics[step - 1]] if kind == "ReduceLROnPlateau" else [])
        for k, group in enumerate(optimizer.param_groups):
            rates[k].append(float(f"{group['lr']:.14g}"))
        momenta.append(float(f"{optimizer.param_groups[0]['momentum']:.14g}"))
    result = {"kind": kind, **options, "rates": rates}
    if any(momentum != 0.9 for momentum in momenta):
        result["momenta"] = momenta
    cases.append(result)


case("StepLR", step_size=30)
case("StepLR", step_size=1, gamma=0.97)
case("StepLR", step_size=500)

case("MultiStepLR", milestones=[30, 80, 81])
case("MultiStepLR", milestones=[150, 20, 20], gamma=0.5)
case("MultiStepLR", milestones=[])

case("ExponentialLR", gamma=0.97)
case("ExponentialLR", gamma=1.01)

case("PolynomialLR")
case("PolynomialLR", total_iters=150, power=2.0)
case("PolynomialLR", total_iters=200, power=0.5)
case("PolynomialLR", total_iters=1)

case("LinearLR")
case("LinearLR", start_factor=0.01, total_iters=50)
case("LinearLR", start_factor=1.0, end_factor=0.1, total_iters=250)
case("LinearLR", start_factor=0.5, total_iters=1)

case("ConstantLR")
case("ConstantLR", factor=0.25, total_iters=100)

case("CosineAnnealingLR", T_max=200)
case("CosineAnnealingLR", T_max=60, eta_min=0.001)
case("CosineAnnealingLR", T_max=1)

case("CosineAnnealingWarmRestarts", T_0=50)
case("CosineAnnealingWarmRestarts", T_0=10, T_mult=2, eta_min=0.001)
case("CosineAnnealingWarmRestarts", T_0=1, T_mult=3)

case("OneCycleLR", max_lr=0.5, total_steps=201)
case("OneCycleLR", max_lr=0.1, total_steps=300, pct_start=0.25, anneal_strategy="linear",
     div_factor=10.0, final_div_factor=100.0, base_momentum=0.8, max_momentum=0.9)
case("OneCycleLR", max_lr=0.5, total_steps=201, three_phase=True, pct_start=0.4)
case("OneCycleLR", max_lr=list(RATES), total_steps=240, cycle_momentum=False)

case("SWALR", swa_lr=0.05)
case("SWALR", swa_lr=0.2, anneal_epochs=100, anneal_strategy="linear")
case("SWALR", swa_lr=0.01, anneal_epochs=0)

case("ReduceLROnPlateau", patience=3)
case("ReduceLROnPlateau", factor=0.5, patience=5, cooldown=4, threshold=0.01, min_lr=0.002)
case("ReduceLROnPlateau", mode="max", factor=0.8, patience=20, threshold_mode="abs", threshold=0.1)
case("ReduceLROnPlateau", factor=0.3, patience=0, threshold_mode="abs", threshold=0.0, eps=1e-4)

case("ChainedScheduler", schedules=[{"kind": "ConstantLR", "factor": 0.1, "total_iters": 20},
                                    {"kind": "ExponentialLR", "gamma": 0.99}])
case("ChainedScheduler", schedules=[{"kind": "LinearLR", "total_iters": 10},
                                    {"kind": "StepLR", "step_size": 50},
                                    {"kind": "CosineAnnealingLR", "T_max": 250}])
case("ChainedScheduler", schedules=[{"kind": "MultiStepLR", "milestones": [50]}])

case("SequentialLR", milestones=[20],
     schedules=[{"kind": "LinearLR", "start_factor": 0.01, "total_iters": 20},
                {"kind": "CosineAnnealingLR", "T_max": 180}])
case("SequentialLR", milestones=[1, 60, 150],
     schedules=[{"kind": "ConstantLR", "factor": 0.1, "total_iters": 10},
                {"kind": "ExponentialLR", "gamma": 0.95}, {"kind": "PolynomialLR", "total_iters": 70},
                {"kind": "StepLR", "step_size": 20}])

lines = [f'"metrics": {json.dumps(metrics)}']
lines.append('"cases": [\n' + ",\n".join(json.dumps(each) for each in cases) + "\n]")
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"{path}: {len(cases)} cases")
