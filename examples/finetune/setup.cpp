#include "finetune/setup.h"

namespace engram::examples::finetuning {

double chosen_lr(const std::string& target, const std::string& way) {
  if (way == "head") return 1e-2;
  if (way == "layerwise") return 3e-3;
  if (way == "scratch") return target == "hand" ? 1e-3 : 3e-3;
  return 1e-3;
}

Json to_json(const Pretraining& p) {
  return {{"width", p.width},   {"customers", p.customers}, {"images", p.images},
          {"epochs", p.epochs}, {"batch", p.batch},         {"lr", p.lr}};
}

Json to_json(const Setup& s) {
  return {{"family", s.family}, {"target", s.target}, {"way", s.way}, {"images", s.images},
          {"seed", s.seed},     {"steps", s.steps},   {"lr", s.lr},   {"weights", s.weights}};
}

}  // namespace engram::examples::finetuning
