#!/usr/bin/env python3
"""Writes edges.json: PyTorch's results at the edges of floating point.

Run by hand when a case is added, with Debian's python3-torch (1.13), never by the tests:

    tests/golden/edges.py

An input consists of the numbers under "edges": `line` is all of them, `pairs` the two operands of
every pair, `rows` the rows (a, b, 1) of every pair of "few", `powers` the pairs of "few" with small
integer exponents. The result is computed for 8 concatenated copies, so that vectorised loops are
used, and written for one. The gradients are those for each of "cotangents"; for a result with rows
of three, (cotangent, 1, -1).

A case is {"f32": [...], "f64": [...]}: the value, then for each cotangent the gradient of each
input. A list of numbers is written as text, with `*n` after a number repeated n times. null is a
missing gradient.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

inf, nan = float("inf"), float("nan")
copies = 8
cotangents = [1.0, 0.0, inf, nan, "largest"]
dtypes = {"f32": torch.float32, "f64": torch.float64}
cases = {}


def numbers(dtype):
    """The edges, and the subset used in rows."""
    limits = torch.finfo(dtype)
    denormal = limits.tiny / 1024
    few = [nan, inf, -inf, 0.0, -0.0, denormal, limits.max, -limits.max, 1.0]
    return few + [-denormal, limits.tiny, -limits.tiny, -2.0, 0.5], few


def pairs_of(a, b, dtype):
    return [torch.tensor([x for x in a for _ in b], dtype=dtype),
            torch.tensor([y for _ in a for y in b], dtype=dtype)]


def inputs(kind, dtype):
    edges, few = numbers(dtype)
    if kind == "line":
        return [torch.tensor(edges, dtype=dtype)]
    if kind == "pairs":
        return pairs_of(edges, edges, dtype)
    if kind == "few-pairs":
        return pairs_of(few, few, dtype)
    if kind == "powers":
        return pairs_of(edges, [0.0, 1.0, 2.0, -1.0, 3.0], dtype)
    if kind == "shares":  # targets in [0, 1]
        return pairs_of(edges, [0.0, 1.0, 0.25], dtype)
    assert kind == "rows"
    a, b = pairs_of(few, few, dtype)
    return [torch.stack([a, b, torch.ones_like(a)], 1)]


def text(x):
    """The numbers of a tensor, run-length encoded."""
    digits = 9 if x.dtype == torch.float32 else 17
    words = [f"{value:.{digits}g}" for value in x.detach().flatten().tolist()]
    runs = []
    for word in words:
        if runs and runs[-1][0] == word:
            runs[-1][1] += 1
        else:
            runs.append([word, 1])
    return " ".join(word if n == 1 else f"{word}*{n}" for word, n in runs)


def one_copy(name, x):
    """The numbers that are equal in all copies."""
    parts = x.detach().reshape(copies, -1)
    for part in parts[1:]:
        if not torch.equal(torch.nan_to_num(part, 7.5), torch.nan_to_num(parts[0], 7.5)):
            print(f"{name}: the copies differ")
    return parts[0]


def case(name, kind, function, reduces=False):
    """`reduces`: the result is one number for all copies."""
    assert name not in cases, name
    cases[name] = {}
    for dtype_name, dtype in dtypes.items():
        x = [torch.cat([each] * (1 if reduces else copies)) for each in inputs(kind, dtype)]
        for each in x:
            each.requires_grad_()
        y = function(*x)
        write = text if reduces else lambda t: text(one_copy(name, t))
        results = [write(y)]
        for cotangent in cotangents:
            if not y.requires_grad:
                break
            dy = torch.full_like(y, torch.finfo(dtype).max if cotangent == "largest" else cotangent)
            if y.dim() == 2 and y.shape[1] == 3:
                dy[:, 1:] = torch.tensor([1.0, -1.0])
            gradients = torch.autograd.grad(y, x, dy, retain_graph=True, allow_unused=True)
            results += [None if g is None else write(g) for g in gradients]
        cases[name][dtype_name] = results


# Functions of one number

for name in ["exp", "log", "sqrt", "square", "abs", "sign", "sin", "cos", "erf", "neg",
             "tanh", "sigmoid", "relu"]:
    case(name, "line", getattr(torch, name))
case("gelu", "line", F.gelu)
case("leaky_relu", "line", F.leaky_relu)
case("leaky_relu/slope", "line", lambda x: F.leaky_relu(x, 0.25))
case("softplus", "line", F.softplus)
case("softplus/beta", "line", lambda x: F.softplus(x, 2, 2))
case("clamp", "line", lambda x: torch.clamp(x, -1, 0.75))
case("clamp/infinite", "line", lambda x: torch.clamp(x, -inf, 0))
for number in [0, 1, 2, 0.5, -1, -2.5, inf, -inf]:
    case(f"pow/{number:g}", "line", lambda x: torch.pow(x, number))
for name, number in [("zero", 0.0), ("three", 3.0), ("infinity", inf)]:
    case(f"div/by-{name}", "line", lambda x: x / number)
    case(f"div/{name}-by", "line", lambda x: number / x)
    case(f"mul/{name}", "line", lambda x: x * number)
    case(f"remainder/by-{name}", "line", lambda x: torch.remainder(x, number))

# Of two

case("add", "pairs", torch.add)
case("sub", "pairs", torch.sub)
case("mul", "pairs", torch.mul)
case("div", "pairs", torch.div)
case("pow", "pairs", torch.pow)
case("pow/powers", "powers", torch.pow)
case("maximum", "pairs", torch.maximum)
case("minimum", "pairs", torch.minimum)
case("hypot", "pairs", torch.hypot)
case("remainder", "pairs", torch.remainder)
case("floor_divide", "pairs", lambda a, b: torch.floor_divide(a.detach(), b.detach()))
case("where", "few-pairs", lambda a, b: torch.where(a < b, a, b))
for name, function in [("==", torch.eq), ("!=", torch.ne), ("<", torch.lt), ("<=", torch.le),
                       (">", torch.gt), (">=", torch.ge)]:
    case(name, "few-pairs", lambda a, b: function(a, b).to(torch.uint8).to(a.dtype))

# Reductions, and operations on rows

case("sum", "rows", lambda x: x.sum(1))
case("mean", "rows", lambda x: x.mean(1))
case("max", "rows", lambda x: x.amax(1))
case("min", "rows", lambda x: x.amin(1))
case("var", "rows", lambda x: x.var(1))
case("var/population", "rows", lambda x: x.var(1, unbiased=False))
case("var/none-left", "line", lambda x: x.reshape(-1, 1).var(1))
case("logsumexp", "rows", lambda x: x.logsumexp(1))
case("argmax", "rows", lambda x: x.detach().argmax(1).to(x.dtype))
case("softmax", "rows", lambda x: F.softmax(x, 1))
case("log_softmax", "rows", lambda x: F.log_softmax(x, 1))
case("layer_norm", "rows", lambda x: F.layer_norm(x, [3]))
case("linear", "rows", lambda x: F.linear(x, torch.tensor([[1.0, 0, -2]], dtype=x.dtype)))
case("matmul", "few-pairs", lambda a, b: (a[:, None, None] @ b[:, None, None]).reshape(-1))
case("max_pool2d", "rows", lambda x: F.max_pool2d(x[:, None, None], (1, 3)).reshape(-1))
case("avg_pool2d", "rows", lambda x: F.avg_pool2d(x[:, None, None], (1, 3)).reshape(-1))
case("adaptive_avg_pool2d", "rows",
     lambda x: F.adaptive_avg_pool2d(x[:, None, None], 1).reshape(-1))

case("batch_norm", "rows",
     lambda x: F.batch_norm(x[None], None, None, training=True)[0])
case("batch_norm/evaluating", "rows",
     lambda x: F.batch_norm(x, x.new_tensor([0, 1, -2]), x.new_tensor([1, 4, 0.25])))
kernel = [[[[1.0, 0, -2]]]]
case("conv2d", "rows",
     lambda x: F.conv2d(x[:, None, None], x.new_tensor(kernel)).reshape(-1))
case("conv2d_input_gradient", "rows",
     lambda x: F.conv_transpose2d(x[:, None, None, :1], x.new_tensor(kernel)).reshape(-1, 3))
case("conv2d_weight_gradient", "rows",
     lambda x: F.conv2d(x[None, :, None], x.new_tensor([[[[1.0]]]]).expand(len(x), 1, 1, 1),
                        groups=len(x)).reshape(-1, 3))

# Operations that move numbers, and add those that are moved to one place


def index(x, columns):
    return torch.tensor([columns]).expand(len(x), 3)


case("clone", "rows", lambda x: x.clone())
case("cast", "rows", lambda x: x.double().to(x.dtype))
case("reshape", "rows", lambda x: x.reshape(-1).reshape(x.shape))
case("flatten", "rows", lambda x: x.flatten())
case("squeeze", "rows", lambda x: x[None].squeeze(0))
case("unsqueeze", "rows", lambda x: x.unsqueeze(1)[:, 0])
case("expand", "rows", lambda x: x[:, :1].expand(-1, 3))
case("permute", "rows", lambda x: x[:, None].permute(0, 2, 1).reshape(-1, 3))
case("transpose", "rows", lambda x: x[:, None].transpose(1, 2).reshape(-1, 3))
case("slice", "rows", lambda x: x[:, 1:2].reshape(-1))
case("split", "rows", lambda x: x.split(1, 1)[2].reshape(-1))
case("pad", "rows", lambda x: F.pad(x[:, :2], (1, 0), value=7.0))
case("cat", "rows", lambda x: torch.cat([x[:, 1:], x[:, :1]], 1))
case("stack", "rows", lambda x: torch.stack([x[:, 2], x[:, 0], x[:, 1]], 1))
case("outer", "rows", lambda x: torch.outer(x.reshape(-1), x.new_tensor([-2.0])).reshape(-1, 3))
case("sum_to", "rows", lambda x: x.sum(1, keepdim=True).reshape(-1))
case("gather", "rows", lambda x: x.gather(1, index(x, [2, 0, 0])))
case("scatter_add", "rows",
     lambda x: torch.zeros_like(x).scatter_add(1, index(x, [2, 0, 0]), x))
case("index_select", "rows", lambda x: x.index_select(1, torch.tensor([2, 0, 0])))
case("index_add", "rows",
     lambda x: torch.zeros_like(x).index_add(1, torch.tensor([2, 0, 0]), x))
case("embedding", "rows", lambda x: F.embedding(torch.arange(len(x)), x))

# Losses

for name, function in [("mse_loss", F.mse_loss), ("l1_loss", F.l1_loss),
                       ("huber_loss", F.huber_loss)]:
    case(f"{name}/none", "pairs", lambda x, t: function(x, t, reduction="none"))
    case(f"{name}/sum", "line", lambda x: function(x, torch.ones_like(x), reduction="sum"), True)
    case(f"{name}/mean", "line", lambda x: function(x, torch.ones_like(x)), True)
case("huber_loss/delta", "few-pairs",
     lambda x, t: F.huber_loss(x, t, reduction="none", delta=0.375))
bce = F.binary_cross_entropy_with_logits
case("bce_with_logits/none", "shares", lambda x, t: bce(x, t, reduction="none"))
case("bce_with_logits/pos-weight", "shares",
     lambda x, t: bce(x, t, pos_weight=torch.full_like(x, 3), reduction="none"))
case("bce_with_logits/weight", "shares",
     lambda x, t: bce(x, t, torch.zeros_like(x), reduction="none"))
case("bce_with_logits/mean", "line", lambda x: bce(x, torch.ones_like(x)), True)
case("kl_div/none", "few-pairs", lambda x, t: F.kl_div(x, t, reduction="none"))
case("kl_div/log-target", "few-pairs",
     lambda x, t: F.kl_div(x, t, reduction="none", log_target=True))
case("kl_div/mean", "line", lambda x: F.kl_div(x, torch.ones_like(x)), True)


def labels(x):
    """0, 1, 2, ignored, 0, ..."""
    one = torch.tensor([0, 1, 2, -100]).repeat(x.shape[0])[:x.shape[0] // copies]
    return one.repeat(copies)


def weight(x):
    return torch.tensor([0.5, 0, 2], dtype=x.dtype)


case("cross_entropy/none", "rows", lambda x: F.cross_entropy(x, labels(x), reduction="none"))
case("cross_entropy/weight", "rows",
     lambda x: F.cross_entropy(x, labels(x), weight(x), reduction="none"))
case("cross_entropy/smoothing", "rows",
     lambda x: F.cross_entropy(x, labels(x), reduction="none", label_smoothing=0.25))
case("cross_entropy/smoothing-weight", "rows",
     lambda x: F.cross_entropy(x, labels(x), weight(x), reduction="none", label_smoothing=0.25))
case("cross_entropy/all-ignored", "rows",
     lambda x: F.cross_entropy(x, torch.full_like(x[:, 0], -100).long()), True)
case("cross_entropy/probabilities", "rows",
     lambda x: F.cross_entropy(x, torch.tensor([[0.25, 0, 0.75]], dtype=x.dtype).expand_as(x),
                               reduction="none"))
case("nll_loss/none", "rows", lambda x: F.nll_loss(x, labels(x), reduction="none"))
case("nll_loss/weight", "rows", lambda x: F.nll_loss(x, labels(x), weight(x), reduction="none"))
case("nll_loss/all-ignored", "rows",
     lambda x: F.nll_loss(x, torch.full_like(x[:, 0], -100).long()), True)

if __name__ == "__main__":
    path = pathlib.Path(__file__).with_suffix(".json")
    lines = [f"{json.dumps(name)}: {json.dumps(cases[name])}" for name in sorted(cases)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")
