#include "finetune/setup.h"

namespace engram::examples::finetuning {

Json to_json(const Pretraining& p) {
  return {{"width", p.width},   {"customers", p.customers}, {"images", p.images},
          {"epochs", p.epochs}, {"batch", p.batch},         {"lr", p.lr}};
}

Json to_json(const Setup& s) {
  return {{"family", s.family}, {"target", s.target}, {"way", s.way}, {"images", s.images},
          {"seed", s.seed},     {"steps", s.steps},   {"lr", s.lr},   {"weights", s.weights}};
}

}  // namespace engram::examples::finetuning
