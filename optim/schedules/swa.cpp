#include <engram/optim/schedules/swa.h>

namespace engram::optim {

SWALR::operator Schedule() const {
  check(swa_lr > 0, "SWALR: swa_lr must be above 0, got {}", swa_lr);
  check(anneal_epochs >= 0, "SWALR: anneal_epochs must be at least 0, got {}", anneal_epochs);
  return {"SWALR", [*this](double base_lr, std::int64_t t) {
            if (t >= anneal_epochs) return swa_lr;
            return anneal(anneal_strategy, base_lr, swa_lr,
                          static_cast<double>(t) / static_cast<double>(anneal_epochs));
          }};
}

}  // namespace engram::optim
