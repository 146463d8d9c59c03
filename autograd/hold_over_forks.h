#pragma once

#include <pthread.h>

#include <mutex>

namespace engram {

/// Makes every fork wait for the mutex that `get`, a lambda without captures, returns: in the child
/// the mutex is unlocked, and the data it guards is consistent.
template <class Get>
void hold_over_forks(Get) {
  pthread_atfork([] { Get{}().lock(); }, [] { Get{}().unlock(); }, [] { Get{}().unlock(); });
}

}  // namespace engram
