#!/usr/bin/env python3
"""Writes operations.json: PyTorch's results for the rows of the table of operations.

Run by hand when a row is added, with Debian's python3-torch (1.13), never by the tests:

    tests/golden/operations.py

Each case is {"inputs": [...], "output": ..., "cotangent": ..., "gradients": [...]}; a tensor is
{"shape": [...], "dtype": "f64", "values": [...]}, and a gradient is null where the input is not
floating. Inputs and cotangents are multiples of 1/64, exact in f32 too; all numbers are f64 with
full precision. A case's numbers depend on its name alone, so adding one changes no other.
"""

import json
import pathlib
import zlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
cases = {}


def spread(*shape, low=-2.0, high=2.0):
    """An input of numbers spread over (low, high) in random order: no ties, and none of them 0."""
    return lambda generator: draw(shape, low, high, generator)


def draw(shape, low, high, generator):
    n = int(torch.tensor(shape).prod()) if shape else 1
    cells = torch.randperm(n, generator=generator) + 0.2 + 0.5 * torch.rand(1, generator=generator)
    x = torch.round((low + (high - low) * cells / n) * 64) / 64
    x[x == 0] = 1 / 64
    return x.reshape(shape)


def positive(*shape):
    return spread(*shape, low=0.5, high=2.5)


def integers(values):
    return lambda generator: torch.tensor(values, dtype=torch.int64)


def mask(values):
    return lambda generator: torch.tensor(values, dtype=torch.bool)


def case(name, function, *inputs):
    """Runs the function; the gradients are those of its output weighted with the cotangent."""
    assert name not in cases, name
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    inputs = [make(generator) for make in inputs]
    for x in inputs:
        x.requires_grad_(x.is_floating_point())
    floating = [x for x in inputs if x.requires_grad]
    output = function(*inputs)
    cotangent = draw(tuple(output.shape), -1, 1, generator)
    gradients = torch.autograd.grad(output, floating, cotangent)
    gradients = iter(gradients)
    cases[name] = {
        "inputs": [described(x) for x in inputs],
        "output": described(output),
        "cotangent": described(cotangent),
        "gradients": [described(next(gradients)) if x.requires_grad else None for x in inputs],
    }


def described(x):
    dtype = {torch.float64: "f64", torch.int64: "i64", torch.bool: "boolean"}[x.dtype]
    values = x.detach().flatten()
    return {"shape": list(x.shape), "dtype": dtype,
            "values": (values.int() if dtype == "boolean" else values).tolist()}


# Elementwise

def binary(name, function, make=spread):
    case(name, function, make(2, 3), make(2, 3))
    case(f"{name}/broadcast-left", function, make(3, 1), make(2, 3, 2))
    case(f"{name}/broadcast-right", function, make(2, 3), make(1, 3))
    case(f"{name}/broadcast-both", function, make(2, 1), make(3))
    case(f"{name}/itself", lambda x: function(x, x), make(2, 2))


binary("add", torch.add)
binary("sub", torch.sub)
binary("mul", torch.mul)
binary("div", torch.div, positive)
binary("pow", torch.pow, positive)
binary("maximum", torch.maximum)
binary("minimum", torch.minimum)
binary("hypot", torch.hypot)

case("remainder", torch.remainder, lambda _: torch.tensor([-2.3, 0.7, 1.9, 2], dtype=torch.float64),
     lambda _: torch.tensor([0.75, -1.1, 0.6, 3], dtype=torch.float64))

case("add/number", lambda x: 1.5 + x + 0.5, spread(3))
case("sub/number", lambda x: 1.5 - (x - 0.5), spread(3))
case("mul/number", lambda x: 1.5 * (x * -3), spread(3))
case("div/number", lambda x: 1.5 / (x / 3), positive(4))
case("pow/number", lambda x: torch.pow(x, 3), spread(4))
case("pow/zero-base",
     lambda x: torch.pow(torch.tensor([0.0, 0, 0, 1]) * x, torch.tensor([0.0, 1, 2, 0])), spread(4))
case("sum_to", lambda x: x.sum_to_size(3, 1), spread(2, 3, 2))
case("sum_to/scalar", lambda x: x.sum(), spread(2, 3))

for function in [torch.neg, torch.exp, torch.square, torch.abs, torch.sign, torch.sin, torch.cos,
                 torch.erf, torch.tanh, torch.sigmoid, torch.relu, F.gelu]:
    case(function.__name__, function, spread(2, 4))
for function in [torch.log, torch.sqrt]:
    case(function.__name__, function, positive(2, 4))
case("leaky_relu", F.leaky_relu, spread(2, 4))
case("leaky_relu/slope", lambda x: F.leaky_relu(x, 0.25), spread(6))
case("softplus", F.softplus, spread(2, 4))
case("softplus/beta", lambda x: F.softplus(x, 2, 2), spread(6))
case("clamp", lambda x: torch.clamp(x, -1, 0.5), spread(2, 4))
case("where", lambda m, a, b: torch.where(m.bool(), a, b),
     mask([[1, 0, 0], [1, 1, 0]]), spread(2, 3), spread(2, 3))
case("where/broadcast", lambda m, a, b: torch.where(m.bool(), a, b),
     mask([[1], [0], [0]]), spread(2), spread(2, 1, 1))
case("where/number",
     lambda m, x: torch.where(m.bool(), x, 2.0) + torch.where(m.bool(), 3.0, x),
     mask([1, 0, 0]), spread(2, 3))


# Reductions

def reduction(name, function):
    """function(x, axes, keepdim)"""
    case(name, lambda x: function(x, tuple(range(x.dim())), False), spread(2, 3))
    case(f"{name}/last-axis", lambda x: function(x, (-1,), False), spread(2, 4))
    case(f"{name}/first-axis-keepdim", lambda x: function(x, (0,), True), spread(3, 2))
    case(f"{name}/outer-axes", lambda x: function(x, (0, 2), False), spread(2, 3, 2))
    case(f"{name}/outer-axes-keepdim", lambda x: function(x, (-1, 0), True), spread(2, 3, 2))


for function in [torch.sum, torch.mean, torch.logsumexp]:
    reduction(function.__name__, lambda x, axes, keepdim: function(x, axes, keepdim))
reduction("max", torch.amax)
reduction("min", torch.amin)
reduction("var", lambda x, axes, keepdim: torch.var(x, axes, unbiased=True, keepdim=keepdim))
case("var/population", lambda x: torch.var(x, 1, unbiased=False), spread(2, 3))
case("logsumexp/large", lambda x: torch.logsumexp(x + 1024, 1), spread(2, 3))


# Shapes

case("reshape", lambda x: x.reshape(3, -1), spread(2, 3))
case("reshape/same", lambda x: (x * 2).reshape(2, 3), spread(2, 3))
case("flatten", torch.flatten, spread(2, 3))
case("flatten/axes", lambda x: torch.flatten(x, 1, -2), spread(2, 1, 3, 2))
case("squeeze", torch.squeeze, spread(1, 3, 1))
case("squeeze/axis", lambda x: torch.squeeze(x, -1), spread(1, 3, 1))
case("unsqueeze", lambda x: torch.unsqueeze(x, -1), spread(2, 2))
case("expand", lambda x: x.expand(2, 3, 2), spread(3, 1))
case("expand/scalar", lambda x: x.expand(2, 2), spread())
case("permute", lambda x: x.permute(2, 0, -2), spread(2, 3, 2))
case("permute/four-axes", lambda x: x.permute(1, 3, 0, 2), spread(2, 3, 1, 2))
case("transpose", lambda x: x.transpose(0, 1), spread(2, 3))
case("transpose/outer-axes", lambda x: x.transpose(0, -1), spread(2, 2, 3))
case("cat", lambda *x: torch.cat(x), spread(2, 2), spread(1, 2), spread(0, 2))
case("cat/last-axis", lambda *x: torch.cat(x, -1), spread(2, 1), spread(2, 3))
case("cat/itself", lambda x: torch.cat([x, x], 1), spread(2, 2))
case("stack", lambda *x: torch.stack(x), spread(3), spread(3))
case("stack/last-axis", lambda x, y: torch.stack([x, y, x], -1), spread(2, 2), spread(2, 2))
case("slice", lambda x: x[1:3], spread(4, 2))
case("slice/last-axis", lambda x: x[:, -3:-1], spread(2, 4))
case("slice/empty", lambda x: x[:, 2:2], spread(2, 4))
case("split", lambda x: x.split(2)[1] * x.split(2)[0] + x.split(2)[1], spread(4, 2))
case("split/last-axis", lambda x: x.split(2, -1)[2] * 3, spread(2, 5))
case("pad", lambda x: F.pad(x, (1, 2)), spread(2, 2))
case("pad/two-axes-value", lambda x: F.pad(x, (1, 0, 2, 1), value=0.5), spread(2, 2, 1))
case("pad/crop", lambda x: F.pad(x, (-1, 1, 1, -1)), spread(2, 3))

case("gather", lambda x, i: x.gather(1, i), spread(2, 3), integers([[2, 0, 2, 2], [1, 0, 0, 0]]))
case("gather/first-axis", lambda x, i: x.gather(0, i), spread(3, 2), integers([[1], [1]]))
case("scatter_add", lambda x, i, y: x.scatter_add(1, i, y),
     spread(2, 3), integers([[2, 0], [2, 1]]), spread(2, 2))
case("scatter_add/first-axis", lambda x, i, y: x.scatter_add(0, i, y),
     spread(2, 2), integers([[1, 1], [1, 0], [1, 1]]), spread(3, 2))
case("index_select", lambda x, i: x.index_select(0, i), spread(3, 2), integers([2, 0, 2]))
case("index_select/last-axis", lambda x, i: x.index_select(-1, i), spread(2, 3), integers([1, 1]))
case("index_add", lambda x, i, y: x.index_add(0, i, y),
     spread(2, 2), integers([1, 0, 1]), spread(3, 2))
case("index_add/last-axis", lambda x, i, y: x.index_add(-1, i, y),
     spread(2, 3), integers([1, 1]), spread(2, 2))
case("embedding", F.embedding, integers([[3, 0], [3, 1]]), spread(4, 2))
case("clone", torch.clone, spread(2, 2))
case("cast", lambda x: x * 2, spread(2, 2))


# Linear algebra

def matmul(variant, a, b, transpose_a=False, transpose_b=False):
    case("matmul" + variant,
         lambda x, y: torch.matmul(x.mT if transpose_a else x, y.mT if transpose_b else y),
         spread(*a), spread(*b))


matmul("", (2, 3), (3, 4))
matmul("/transpose-a", (3, 2), (3, 4), transpose_a=True)
matmul("/transpose-b", (2, 3), (4, 3), transpose_b=True)
matmul("/transpose-both", (3, 2), (4, 3), transpose_a=True, transpose_b=True)
matmul("/batch", (2, 2, 3), (2, 3, 2))
matmul("/batch-transpose-both", (2, 3, 2), (2, 2, 3), transpose_a=True, transpose_b=True)
matmul("/broadcast-left", (2, 3), (2, 3, 2))
matmul("/broadcast-right-transpose-b", (2, 2, 3), (2, 3), transpose_b=True)
matmul("/broadcast-both-transpose-a", (2, 1, 3, 2), (3, 3, 1), transpose_a=True)
case("matmul/itself", lambda x: torch.matmul(x, x), spread(3, 3))
case("linear", F.linear, spread(3, 4), spread(2, 4), spread(2))
case("linear/no-bias", F.linear, spread(3, 4), spread(2, 4))
case("linear/vector", F.linear, spread(4), spread(2, 4), spread(2))
case("linear/three-axes", F.linear, spread(2, 2, 3), spread(2, 3), spread(2))
case("outer", torch.outer, spread(3), spread(4))


# Convolution

strided = dict(stride=(2, 3), padding=(1, 2), dilation=(2, 1), groups=2)


def conv2d(variant, x, weight, **options):
    case("conv2d" + variant, lambda x, w, b: F.conv2d(x, w, b, **options),
         spread(*x), spread(*weight), spread(weight[0]))


conv2d("", (2, 2, 4, 3), (3, 2, 3, 2))
case("conv2d/no-bias", F.conv2d, spread(1, 2, 3, 3), spread(2, 2, 2, 2))
conv2d("/pointwise", (2, 3, 2, 2), (2, 3, 1, 1))
conv2d("/stride", (1, 1, 5, 5), (2, 1, 2, 2), stride=(2, 3))
conv2d("/padding", (1, 1, 2, 3), (2, 1, 3, 3), padding=(2, 1))
conv2d("/dilation", (1, 1, 5, 5), (1, 1, 2, 3), dilation=(3, 2))
conv2d("/depthwise", (1, 2, 3, 3), (4, 1, 2, 2), groups=2)
conv2d("/all", (2, 2, 6, 5), (4, 1, 2, 3), **strided)
case("conv2d_input_gradient", lambda dy, w: torch.nn.grad.conv2d_input((1, 2, 3, 3), w, dy),
     spread(1, 3, 2, 2), spread(3, 2, 2, 2))
case("conv2d_input_gradient/all",
     lambda dy, w: torch.nn.grad.conv2d_input((2, 2, 6, 5), w, dy, **strided),
     spread(2, 4, 3, 3), spread(4, 1, 2, 3))
case("conv2d_weight_gradient", lambda x, dy: torch.nn.grad.conv2d_weight(x, (3, 2, 2, 2), dy),
     spread(2, 2, 3, 3), spread(2, 3, 2, 2))
case("conv2d_weight_gradient/all",
     lambda x, dy: torch.nn.grad.conv2d_weight(x, (4, 1, 2, 3), dy, **strided),
     spread(2, 2, 6, 5), spread(2, 4, 3, 3))


# Pooling

def pooling(name, function, shape, *arguments, **options):
    case(name, lambda x: function(x, *arguments, **options), spread(*shape))


pooling("max_pool2d", F.max_pool2d, (2, 2, 4, 5), 2)
pooling("max_pool2d/overlap-padding", F.max_pool2d, (1, 2, 4, 5), (3, 2), (2, 1), (1, 0))
pooling("max_pool2d/dilation", F.max_pool2d, (1, 1, 5, 6), 2, 1, 0, (2, 3))
pooling("max_pool2d/ceil", F.max_pool2d, (1, 1, 5, 6), 3, (3, 2), ceil_mode=True)
pooling("max_pool2d/ceil-all", F.max_pool2d, (1, 1, 6, 7), 3, (2, 3), 1, (2, 1), ceil_mode=True)
pooling("avg_pool2d", F.avg_pool2d, (2, 2, 4, 5), 2)
pooling("avg_pool2d/overlap-padding", F.avg_pool2d, (1, 2, 4, 5), (3, 2), (2, 1), (1, 1))
pooling("avg_pool2d/exclude-padding", F.avg_pool2d, (1, 1, 4, 5), 3, 2, 1, False, False)
pooling("avg_pool2d/ceil", F.avg_pool2d, (1, 1, 6, 5), 3, 2, (1, 0), True)
pooling("avg_pool2d/ceil-exclude-padding", F.avg_pool2d, (1, 1, 6, 4), 3, 2, 1, True, False)
pooling("adaptive_avg_pool2d", F.adaptive_avg_pool2d, (2, 2, 4, 6), (2, 3))
pooling("adaptive_avg_pool2d/uneven", F.adaptive_avg_pool2d, (1, 2, 5, 7), (3, 4))
pooling("adaptive_avg_pool2d/enlarge", F.adaptive_avg_pool2d, (1, 1, 2, 3), (3, 5))
pooling("adaptive_avg_pool2d/global", F.adaptive_avg_pool2d, (2, 2, 3, 4), 1)


# Softmax and losses

for function in [F.softmax, F.log_softmax]:
    case(function.__name__, lambda x: function(x, 1), spread(2, 4))
    case(f"{function.__name__}/first-axis", lambda x: function(x, 0), spread(3, 2))
    case(f"{function.__name__}/middle-axis", lambda x: function(x, 1), spread(2, 3, 2))

labels = integers([2, 0, -100, 1])
pixels = integers([[0, 1, 2], [2, -100, 0]])
class_weights = torch.tensor([0.5, 2, 1.25])
shares = spread(2, 3, low=0.1, high=0.9)


def cross_entropy(variant, shape, target, **options):
    case("cross_entropy" + variant, lambda x, y: F.cross_entropy(x, y, **options),
         spread(*shape), target)


cross_entropy("", (4, 3), labels)
cross_entropy("/sum", (4, 3), labels, reduction="sum")
cross_entropy("/none", (4, 3), labels, reduction="none")
cross_entropy("/weight", (4, 3), labels, weight=class_weights)
cross_entropy("/label-smoothing", (4, 3), labels, label_smoothing=0.25)
cross_entropy("/label-smoothing-weight-none", (4, 3), labels,
              label_smoothing=0.25, weight=class_weights, reduction="none")
cross_entropy("/label-smoothing-weight", (4, 3), labels, label_smoothing=0.25, weight=class_weights)
cross_entropy("/ignore-index", (4, 3), integers([2, 1, 0, 1]), ignore_index=1)
cross_entropy("/pixels", (2, 3, 3), pixels, weight=class_weights)
cross_entropy("/pixels-none", (2, 3, 3), pixels, weight=class_weights, reduction="none")
cross_entropy("/probabilities", (2, 3), shares)
cross_entropy("/probabilities-smoothing-weight", (2, 3), shares,
              label_smoothing=0.25, weight=class_weights)


def nll_loss(variant, shape, target, **options):
    case("nll_loss" + variant, lambda x, y: F.nll_loss(x, y, **options), spread(*shape), target)


nll_loss("", (4, 3), labels)
nll_loss("/sum-weight", (4, 3), labels, reduction="sum", weight=class_weights)
nll_loss("/none-weight", (4, 3), labels, reduction="none", weight=class_weights)
nll_loss("/pixels-weight", (2, 3, 3), pixels, weight=class_weights)


def unit(*shape):
    return spread(*shape, low=0, high=1)


for name, function, target in [
        ("mse_loss", F.mse_loss, spread), ("l1_loss", F.l1_loss, spread),
        ("huber_loss", F.huber_loss, spread),
        ("bce_with_logits", F.binary_cross_entropy_with_logits, unit)]:
    case(name, function, spread(2, 3), target(2, 3))
    case(f"{name}/sum", lambda x, t: function(x, t, reduction="sum"), spread(2, 3), target(2, 3))
    case(f"{name}/none", lambda x, t: function(x, t, reduction="none"), spread(2, 3), target(2, 3))
case("huber_loss/delta", lambda x, t: F.huber_loss(x, t, delta=0.375), spread(2, 4), spread(2, 4))
case("bce_with_logits/weights",
     lambda x, t: F.binary_cross_entropy_with_logits(
         x, t, torch.tensor([[0.5], [2]]), pos_weight=torch.tensor([1, 3, 0.5])),
     spread(2, 3), unit(2, 3))
case("kl_div", F.kl_div, spread(2, 3), unit(2, 3))
case("kl_div/batchmean", lambda x, t: F.kl_div(x, t, reduction="batchmean"),
     spread(2, 3), unit(2, 3))
case("kl_div/none", lambda x, t: F.kl_div(x, t, reduction="none"), spread(2, 3), unit(2, 3))
case("kl_div/log-target", lambda x, t: F.kl_div(x, t, reduction="sum", log_target=True),
     spread(2, 3), spread(2, 3))


# Normalisation

def batch_norm(x, weight=None, bias=None):
    return F.batch_norm(x, None, None, weight, bias, training=True)


def batch_norm_in_use(x, weight=None, bias=None):
    return F.batch_norm(x, torch.tensor([0.5, -1, 0]), torch.tensor([1, 2, 0.25]), weight, bias)


case("batch_norm", batch_norm, spread(4, 3), spread(3), spread(3))
case("batch_norm/images", batch_norm, spread(2, 3, 2, 2), spread(3), spread(3))
case("batch_norm/sequences", batch_norm, spread(2, 2, 20), spread(2), spread(2))
case("batch_norm/no-parameters", batch_norm, spread(3, 2, 2))
case("batch_norm/bias-only", lambda x, bias: batch_norm(x, None, bias), spread(3, 2, 2), spread(2))
case("batch_norm/in-use", batch_norm_in_use, spread(2, 3, 2), spread(3), spread(3))
case("batch_norm/in-use-no-parameters", batch_norm_in_use, spread(2, 3))
case("layer_norm", lambda x, w, b: F.layer_norm(x, [4], w, b), spread(3, 4), spread(4), spread(4))
case("layer_norm/two-axes", lambda x, w, b: F.layer_norm(x, [2, 3], w, b),
     spread(2, 2, 2, 3), spread(2, 3), spread(2, 3))
case("layer_norm/eps", lambda x: F.layer_norm(x, [3, 2], eps=0.5), spread(3, 2))
case("layer_norm/weight-only", lambda x, w: F.layer_norm(x, [20], w), spread(2, 20), spread(20))

if __name__ == "__main__":
    path = pathlib.Path(__file__).with_suffix(".json")
    lines = [f"{json.dumps(name)}: {json.dumps(cases[name])}" for name in sorted(cases)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")
