#include <engram/autograd/error.h>
#include <engram/autograd/new_file.h>

#include "../temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace engram;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
  NewFile file("test", path);
  file.write(text.data(), text.size());
  file.finish();
}

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), {});
}

}  // namespace

TEST_CASE("NewFile: what is no regular file is refused and stays") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "folder");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  fs::create_symlink("pipe", folder / "link");
  for (const char* name : {"folder", "pipe", "link"}) {
    const fs::file_status before = fs::symlink_status(folder / name);
    CHECK_THROWS_WITH_AS(
        write(folder / name, "new"),
        fmt::format("test: cannot write {}: it is no regular file", (folder / name).string())
            .c_str(),
        Error);
    CHECK(fs::symlink_status(folder / name).type() == before.type());
  }
  CHECK(files_in(folder.path()) == 3);
}

TEST_CASE("NewFile: a symbolic link stays, what it leads to is written") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "there");
  write_file(folder / "there/old", "old");
  fs::create_symlink("there/old", folder / "link");
  fs::create_symlink(folder / "link", folder / "link to link");
  fs::create_symlink("there/none", folder / "link to nothing");

  write(folder / "link to link", "new");
  CHECK(fs::is_symlink(folder / "link to link"));
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(read_file(folder / "there/old") == "new");

  write(folder / "link to nothing", "first");
  CHECK(fs::is_symlink(folder / "link to nothing"));
  CHECK(read_file(folder / "there/none") == "first");
  CHECK(files_in(folder / "there") == 2);
}

TEST_CASE("NewFile: symbolic links in a circle") {
  const TemporaryFolder folder;
  const std::string path = (folder / "a").string();
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  CHECK_THROWS_WITH_AS(
      write(path, "new"),
      fmt::format("test: cannot write {}: Too many levels of symbolic links", path).c_str(), Error);
}
