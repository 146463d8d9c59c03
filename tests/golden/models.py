#!/usr/bin/env python3
"""Writes models.json: the results of torchvision's models, with weights that both sides generate.

Element i of an entry of a state dict is a function of its name and i alone (`values`), so that no
weights are stored. For each model, in f64 on small images: logits in evaluation and in training,
sums of the gradients of each parameter, and of the state after five steps of SGD. Then the numbers
of keys and parameters of the unmodified models, for 1,000 classes.
Run with Debian's python3-torchvision 0.14: python3 models.py
"""
import json
import pathlib

import numpy
import torch
import torchvision


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def values(name, count):
    """Uniform in [-1, 1): SplitMix64 (Steele, Lea and Flood 2014) from the hash of the name on."""
    with numpy.errstate(over="ignore"):
        z = numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z += numpy.uint64(fnv1a(name))
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
    return torch.from_numpy((z >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-52 - 1)


def fill(model):
    state = model.state_dict()
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        unit = values(name, tensor.numel()).reshape(tensor.shape)
        if name.endswith("running_var") or (tensor.dim() == 1 and name.endswith("weight")):
            unit = 1 + 0.5 * unit  # variances, and the scales of normalisations
        elif tensor.dim() > 1:
            fan_in = tensor[0].numel()
            unit = unit * (3 / fan_in) ** 0.5 * 2 ** 0.5
        else:
            unit = 0.1 * unit
        tensor.copy_(unit)
    model.load_state_dict(state)


def summary(tensor):
    """Two numbers that depend on every element and its position: Σ x and Σ x·w."""
    flat = tensor.detach().double().flatten()
    weights = values("summary", flat.numel())
    return [float(flat.sum()), float((flat * weights).sum())]


def eighth_of_vgg(convolutions, batch_norm):
    """VGG with an eighth of all channels and units: the full one has 130 million parameters."""
    layers = []
    for count, channels in zip(convolutions, [8, 16, 32, 64, 64]):
        layers += [channels] * int(count) + ["M"]
    model = torchvision.models.vgg.VGG(
        torchvision.models.vgg.make_layers(layers, batch_norm), num_classes=10, init_weights=False)
    model.classifier[0] = torch.nn.Linear(64 * 7 * 7, 512)
    model.classifier[3] = torch.nn.Linear(512, 512)
    model.classifier[6] = torch.nn.Linear(512, 10)
    return model


def case(name, model, size, batch=2):
    model = model.double()
    fill(model)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0
    x = values("images", batch * 3 * size * size).reshape(batch, 3, size, size)
    y = torch.arange(batch) * 3 % 10
    result = {"name": name, "size": size, "batch": batch,
              "keys": len(model.state_dict()),
              "parameters": sum(p.numel() for p in model.parameters())}
    model.eval()
    result["evaluated"] = model(x).flatten().tolist()
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    for step in range(5):
        optimizer.zero_grad()
        out = model(x)
        logits, aux = out if isinstance(out, tuple) else (out, None)
        loss = torch.nn.functional.cross_entropy(logits, y)
        if aux is not None:
            loss = loss + 0.4 * torch.nn.functional.cross_entropy(aux, y)
        loss.backward()
        if step == 0:
            result["trained"] = logits.flatten().tolist()
            result["gradients"] = {n: summary(p.grad) for n, p in model.named_parameters()}
        optimizer.step()
    result["after"] = {n: summary(t) for n, t in model.state_dict().items()}
    print(name, loss.item(), flush=True)
    return result


def ready(name, **options):
    return getattr(torchvision.models, name)(num_classes=10, **options)


cases = [case("resnet18", ready("resnet18"), 40),
         case("resnet34", ready("resnet34"), 33),
         case("resnet50", ready("resnet50"), 65),
         case("vgg11", eighth_of_vgg("11222", False), 32),
         case("vgg13", eighth_of_vgg("22222", False), 32),
         case("vgg16", eighth_of_vgg("22333", False), 40),
         case("vgg11_bn", eighth_of_vgg("11222", True), 32),
         case("inception_v3", ready("inception_v3", init_weights=False, aux_logits=False), 139)]
for name in ["resnet18", "resnet34", "resnet50", "vgg11", "vgg11_bn", "inception_v3"]:
    options = {"init_weights": False} if name == "inception_v3" else {}
    model = getattr(torchvision.models, name)(**options)
    cases.append({"name": name, "keys": len(model.state_dict()),
                  "parameters": sum(p.numel() for p in model.parameters())})
path = pathlib.Path(__file__).with_name("models.json")
path.write_text("\n".join(json.dumps(c) for c in cases) + "\n")
print(path, path.stat().st_size, "bytes")
