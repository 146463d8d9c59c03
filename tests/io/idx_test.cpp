#include <engram/autograd/create.h>
#include <engram/io/idx.h>

#include "../temporary_folder.h"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <string_view>

using namespace engram;
using namespace std::string_literals;

TEST_CASE("a file is its header and its bytes, and reads back as what was written") {
  const TemporaryFolder folder;
  const Tensor x = tensor({0, 1, 2, 127, 128, 255}, {2, 3}, u8);
  write_idx(folder / "x", x);
  CHECK(read_file(folder / "x") ==
        "\0\0\x08\x02"
        "\0\0\0\x02"
        "\0\0\0\x03"
        "\0\x01\x02\x7F\x80\xFF"s);
  for (const Shape& shape : {Shape{6}, Shape{2, 3}, Shape{1, 3, 2}, Shape{1, 2, 1, 3}}) {
    write_idx(folder / "x", view(x, shape));
    const Tensor back = read_idx(folder / "x");
    CHECK(back.shape() == shape);
    CHECK(std::ranges::equal(back.bytes(), x.bytes()));
  }
}

TEST_CASE("sizes of 0") {
  const TemporaryFolder folder;
  for (const Shape& shape : {Shape{0}, Shape{0, 28, 28}, Shape{5, 0}}) {
    write_idx(folder / "x", Tensor(shape, u8));
    CHECK(read_idx(folder / "x").shape() == shape);
  }
}

TEST_CASE("sizes are big-endian") {
  const TemporaryFolder folder;
  write_file(folder / "x",
             "\0\0\x08\x01"
             "\0\0\x01\x02"s +
                 std::string(258, 'x'));
  CHECK(read_idx(folder / "x").shape() == Shape{258});
}

TEST_CASE("broken files") {
  struct Case {
    std::string bytes;
    std::string_view error;  // after the name
  };
  const Case cases[] = {
      {"", ", offset 0: expected a magic number of 4 bytes, got 0 bytes"},
      {"\0\0\x08"s, ", offset 0: expected a magic number of 4 bytes, got 3 bytes"},
      {"\x1F\x8B\x08\x08"s,
       ", offset 0: expected a magic number from 0x00000801 to 0x00000804, got 0x1F8B0808"},
      {"\0\0\x0D\x03"s,  // floats
       ", offset 0: expected a magic number from 0x00000801 to 0x00000804, got 0x00000D03"},
      {"\x03\x08\0\0"s,  // little-endian
       ", offset 0: expected a magic number from 0x00000801 to 0x00000804, got 0x03080000"},
      {"\0\0\x08\0"s,
       ", offset 0: expected a magic number from 0x00000801 to 0x00000804, got 0x00000800"},
      {"\0\0\x08\x05"s,
       ", offset 0: expected a magic number from 0x00000801 to 0x00000804, got 0x00000805"},
      {"\0\0\x08\x03"s, ", offset 4: expected 12 bytes of sizes, got 0 bytes"},
      {"\0\0\x08\x03"
       "\0\0\0\x01\0\0\0\x01\0\0\0"s,
       ", offset 4: expected 12 bytes of sizes, got 11 bytes"},
      {"\0\0\x08\x01"
       "\0\0\0\x03"
       "ab"s,
       ", offset 8: expected 3 bytes for (3,), got 2 bytes"},
      {"\0\0\x08\x01"
       "\0\0\0\x03"
       "abcd"s,
       ", offset 8: expected 3 bytes for (3,), got 4 bytes"},
      {"\0\0\x08\x01"
       "\0\0\0\0"
       "a"s,
       ", offset 8: expected 0 bytes for (0,), got 1 bytes"},
      {"\0\0\x08\x01"
       "\xFF\xFF\xFF\xFF"
       "a"s,
       ", offset 8: expected 4294967295 bytes for (4294967295,), got 1 bytes"},
      {"\0\0\x08\x02"
       "\0\0\0\x02\0\0\0\x03"
       "abcde"s,
       ", offset 12: expected 6 bytes for (2, 3), got 5 bytes"},
      // 2^16 · 2^16 · 2^16 · 2^16 = 2^64, which 64 bits hold as 0.
      {"\0\0\x08\x04"
       "\0\x01\0\0"
       "\0\x01\0\0"
       "\0\x01\0\0"
       "\0\x01\0\0"s,
       ", offset 4: expected sizes that a file can hold, got (65536, 65536, 65536, 65536)"},
      {"\0\0\x08\x02"
       "\xFF\xFF\xFF\xFF"
       "\xFF\xFF\xFF\xFF"s,
       ", offset 4: expected sizes that a file can hold, got (4294967295, 4294967295)"},
      {"\0\0\x08\x03"
       "\xFF\xFF\xFF\xFF"
       "\xFF\xFF\xFF\xFF"
       "\0\0\0\0"s,
       ", offset 4: expected sizes that a file can hold, got (4294967295, 4294967295, 0)"},
  };
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "broken";
  for (const Case& broken : cases) {
    write_file(path, broken.bytes);
    const std::string error = fmt::format("read_idx: {}{}", path.native(), broken.error);
    CHECK_THROWS_WITH_AS(read_idx(path), error.c_str(), DataError);
  }
}

TEST_CASE("every beginning of a file that is not the whole is refused") {
  const TemporaryFolder folder;
  write_idx(folder / "x", zeros({2, 3, 4}, u8));
  const std::string whole = read_file(folder / "x");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file(folder / "x", whole.substr(0, length));
    CHECK_THROWS_AS(read_idx(folder / "x"), DataError);
  }
}

TEST_CASE("what is no file that can be read") {
  const TemporaryFolder folder;
  const auto error = [](const std::filesystem::path& path, std::string_view what) {
    return fmt::format("read_idx: cannot read {}: {}", path.native(), what);
  };
  CHECK_THROWS_WITH_AS(read_idx(folder.path()),
                       error(folder.path(), "it is no regular file").c_str(), DataError);
  CHECK_THROWS_WITH_AS(read_idx("/dev/null"), error("/dev/null", "it is no regular file").c_str(),
                       DataError);
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(read_idx(folder / "pipe"),
                       error(folder / "pipe", "it is no regular file").c_str(), DataError);
  CHECK_THROWS_WITH_AS(read_idx(folder / "nothing"),
                       error(folder / "nothing", "No such file or directory").c_str(), DataError);
  CHECK_THROWS_WITH_AS(read_idx(std::string("/dev\0/null", 10)),
                       "read_idx: the path /dev goes on after a zero byte", Error);
  write_file(folder / "locked", "");
  std::filesystem::permissions(folder / "locked", std::filesystem::perms::none);
  if (::geteuid() != 0) {  // root reads everything
    CHECK_THROWS_WITH_AS(read_idx(folder / "locked"),
                         error(folder / "locked", "Permission denied").c_str(), DataError);
  }
}

TEST_CASE("tensors that the format does not take") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(write_idx(folder / "x", zeros({2})), "write_idx: needs u8, got f32",
                       DTypeError);
  CHECK_THROWS_WITH_AS(write_idx(folder / "x", zeros({}, u8)),
                       "write_idx: needs a rank from 1 to 4, got ()", ShapeError);
  CHECK_THROWS_WITH_AS(write_idx(folder / "x", zeros({1, 1, 1, 1, 1}, u8)),
                       "write_idx: needs a rank from 1 to 4, got (1, 1, 1, 1, 1)", ShapeError);
  CHECK_THROWS_WITH_AS(write_idx(folder / "x", zeros({std::int64_t{1} << 32, 0}, u8)),
                       "write_idx: a size of (4294967296, 0) does not fit 4 bytes", ShapeError);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("where writing fails, the old file stays and nothing is left behind") {
  const TemporaryFolder folder;
  write_file(folder / "x", "old");
  rlimit limit;
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit small = {.rlim_cur = 100, .rlim_max = limit.rlim_max};  // simulates a full disk
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string error;
  try {
    write_idx(folder / "x", zeros({1000}, u8));
  } catch (const Error& thrown) {
    error = thrown.what();
  }
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(error ==
        fmt::format("write_idx: cannot write {}: File too large", (folder / "x").native()));
  CHECK(read_file(folder / "x") == "old");

  CHECK_THROWS_WITH_AS(
      write_idx(folder.path(), zeros({1}, u8)),
      fmt::format("write_idx: cannot write {}: it is no regular file", folder.path().native())
          .c_str(),
      Error);
  CHECK_THROWS_AS(write_idx(folder / "no/folder", zeros({1}, u8)), Error);
  const std::filesystem::directory_iterator left(folder.path());
  CHECK(std::distance(begin(left), end(left)) == 1);
}
