#pragma once

/// Defined under the address and the thread sanitizer, which g++ and clang announce by different
/// macros. The memory pool then recycles nothing, so that every overrun, use after free and race is
/// seen.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ENGRAM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ENGRAM_SANITIZED 1
#endif
#endif
