#pragma once

/// Defined under the address and the thread sanitizer, of which g++ and clang tell in ways of their
/// own. The memory pool steps aside then, so that they see every overrun, use after free and race.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ENGRAM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ENGRAM_SANITIZED 1
#endif
#endif
