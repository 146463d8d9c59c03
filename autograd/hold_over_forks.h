#pragma once

#include <pthread.h>

#include <mutex>

namespace engram {

/// Has every fork wait until no other thread holds the mutex that `get`, a lambda without captures,
/// returns: a child finds it unlocked, and what it guards whole.
template <class Get>
void hold_over_forks(Get) {
  pthread_atfork([] { Get{}().lock(); }, [] { Get{}().unlock(); }, [] { Get{}().unlock(); });
}

}  // namespace engram
