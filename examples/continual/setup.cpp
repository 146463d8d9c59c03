#include "continual/setup.h"

namespace engram::examples::runs {

Json to_json(const Setup& setup) {
  Json json = {{"dataset", setup.dataset},
               {"images", setup.images},
               {"scenario", setup.scenario},
               {"incremental", setup.incremental},
               {"tasks", setup.tasks},
               {"validation", setup.validation},
               {"pad", setup.pad},
               {"hidden", setup.hidden},
               {"layers", setup.layers},
               {"dropout", setup.dropout},
               {"optimizer", setup.optimizer},
               {"lr", setup.lr},
               {"schedule", setup.schedule},
               {"reset_optimizer", setup.reset_optimizer},
               {"batch", setup.batch},
               {"iterations", setup.iterations},
               {"epochs", setup.iterations ? 0 : setup.epochs},  // unused with iterations
               {"method", setup.method},
               {"options", setup.options},
               {"seed", setup.seed},
               {"threads", setup.threads}};
  // Left out if default, so that records of earlier versions stay valid.
  if (setup.init != "default") json["init"] = setup.init;
  return json;
}

}  // namespace engram::examples::runs
