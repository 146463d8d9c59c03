#include <engram/autograd/dtype.h>

fmt::format_context::iterator fmt::formatter<engram::DType>::format(
    engram::DType dtype, fmt::format_context& context) const {
  return fmt::format_to(context.out(), "{}", engram::name_of(dtype));
}
