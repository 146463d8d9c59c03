#include <engram/autograd/dtype.h>

#include <string>

namespace engram {

void fail_among(const char* op, std::initializer_list<DType> needed, DType got) {
  std::string names;
  for (const DType& each : needed) {
    if (&each != needed.begin()) names += &each + 1 == needed.end() ? " or " : ", ";
    names += name_of(each);
  }
  fail<DTypeError>("{}: needs {}, got {}", op, names, got);
}

}  // namespace engram

fmt::format_context::iterator fmt::formatter<engram::DType>::format(
    engram::DType dtype, fmt::format_context& context) const {
  return fmt::format_to(context.out(), "{}", engram::name_of(dtype));
}
