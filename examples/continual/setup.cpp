#include "continual/setup.h"

#include <fmt/format.h>

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
               {"epochs", setup.iterations ? 0 : setup.epochs},  // then they decide nothing
               {"method", setup.method},
               {"options", setup.options},
               {"seed", setup.seed},
               {"threads", setup.threads}};
  // Records from before there was a choice stay valid.
  if (setup.init != "default") json["init"] = setup.init;
  return json;
}

std::string key_of(const Setup& setup) {
  return fmt::format("{}-{}-{}", setup.method, setup.seed,
                     Fingerprint().add(to_json(setup).dump()).text());
}

Fingerprint& Fingerprint::add(const void* bytes, std::size_t count) {
  const auto* byte = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < count; ++i) hash_ = (hash_ ^ byte[i]) * 0x100000001b3;
  return *this;
}

std::string Fingerprint::text() const { return fmt::format("{:016x}", hash_); }

}  // namespace engram::examples::runs
