#include <engram/autograd/inspect/draw_tape.h>

#include <fmt/format.h>

#include <algorithm>

namespace engram {
namespace {

/// A leaf's name, or its dtype and shape if it has none.
std::string name_of_leaf(const Tensor& leaf, const StateDict& names) {
  for (const auto& [name, value] : names) {
    if (value.is(leaf)) return name;
  }
  return fmt::format("{}{}", leaf.dtype(), leaf.shape());
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string to_string(const Tape& tape, const StateDict& names) {
  std::size_t width = 0;
  for (std::size_t k = 0; k < tape.size(); ++k) {
    width = std::max(width, std::string_view(tape.op(k)).size());
  }
  const std::size_t digits = tape.size() ? std::to_string(tape.size() - 1).size() : 0;
  std::string text;
  for (std::size_t k = 0; k < tape.size(); ++k) {
    text += fmt::format("{:{}}  {:{}} ", k, digits, tape.op(k), width);
    for (const auto& [node, leaf] : tape.inputs(k)) {
      text += ' ';
      text += node >= 0 ? std::to_string(node) : leaf.defined() ? name_of_leaf(leaf, names) : "·";
    }
    text += fmt::format(" -> {}\n", tape.shape(k));
  }
  return text;
}

std::string to_dot(const Tape& tape, const StateDict& names) {
  std::string nodes, edges;
  std::vector<Tensor> leaves;
  const auto leaf_number = [&](const Tensor& leaf) {
    const auto at = std::ranges::find_if(leaves, [&](const Tensor& each) { return each.is(leaf); });
    const auto number = at - leaves.begin();
    if (at == leaves.end()) {
      leaves.push_back(leaf);
      nodes += fmt::format("  leaf{} [label={}, shape=ellipse]\n", number,
                           quoted(name_of_leaf(leaf, names)));
    }
    return number;
  };
  for (std::size_t k = 0; k < tape.size(); ++k) {
    nodes += fmt::format("  op{} [label={}]\n", k,
                         quoted(fmt::format("{} {}", tape.op(k), tape.shape(k))));
    for (const auto& [node, leaf] : tape.inputs(k)) {
      if (node >= 0) {
        edges += fmt::format("  op{} -> op{}\n", node, k);
      } else if (leaf.defined()) {
        edges += fmt::format("  leaf{} -> op{}\n", leaf_number(leaf), k);
      }
    }
  }
  return "digraph tape {\n  node [shape=box]\n" + nodes + edges + "}\n";
}

}  // namespace engram
