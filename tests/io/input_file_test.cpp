#include <engram/autograd/error.h>
#include <engram/io/input_file.h>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include "../temporary_folder.h"

using namespace engram;
namespace fs = std::filesystem;

TEST_CASE("InputFile: size and bytes from an offset on, fewer at the end") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "digits";
  std::ofstream(path) << "0123456789";
  const InputFile file("read", path);
  CHECK(file.size() == 10);
  std::array<std::byte, 4> bytes{};
  CHECK(file.read(3, bytes) == 4);
  CHECK(bytes[0] == std::byte{'3'});
  CHECK(file.read(8, bytes) == 2);
  CHECK(bytes[1] == std::byte{'9'});
  CHECK(file.read(10, bytes) == 0);
  CHECK(file.read(1'000'000, bytes) == 0);
  CHECK(file.read(0, {}) == 0);
}

TEST_CASE("InputFile: what is no regular file is refused, and a pipe is not waited for") {
  const TemporaryFolder folder;
  const std::string pipe = (folder.path() / "pipe").string(), none = folder.path() / "none";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(InputFile("read", pipe),
                       ("read: cannot read " + pipe + ": it is no regular file").c_str(),
                       DataError);
  CHECK_THROWS_WITH_AS(
      InputFile("read", folder.path()),
      ("read: cannot read " + folder.path().string() + ": it is no regular file").c_str(),
      DataError);
  CHECK_THROWS_WITH_AS(InputFile("read", none),
                       ("read: cannot read " + none + ": No such file or directory").c_str(),
                       DataError);
  CHECK_THROWS_AS(InputFile("read", std::string("a\0b", 3)), Error);
}
