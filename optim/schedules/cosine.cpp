#include <engram/optim/schedules/anneal.h>
#include <engram/optim/schedules/cosine.h>

namespace engram::optim {
namespace {

double share(std::int64_t t, std::int64_t length) {
  return static_cast<double>(t) / static_cast<double>(length);
}

}  // namespace

CosineAnnealingLR::operator Schedule() const {
  check(T_max >= 1, "CosineAnnealingLR: T_max must be at least 1, got {}", T_max);
  return {"CosineAnnealingLR", [*this](double base_lr, std::int64_t t) {
            return anneal(Anneal::cos, base_lr, eta_min, share(t, T_max));
          }};
}

CosineAnnealingWarmRestarts::operator Schedule() const {
  check(T_0 >= 1, "CosineAnnealingWarmRestarts: T_0 must be at least 1, got {}", T_0);
  check(T_mult >= 1, "CosineAnnealingWarmRestarts: T_mult must be at least 1, got {}", T_mult);
  return {"CosineAnnealingWarmRestarts", [*this](double base_lr, std::int64_t t) {
            std::int64_t length = T_0;
            if (T_mult == 1) t %= length;
            for (; t >= length; length *= T_mult) t -= length;
            return anneal(Anneal::cos, base_lr, eta_min, share(t, length));
          }};
}

}  // namespace engram::optim
