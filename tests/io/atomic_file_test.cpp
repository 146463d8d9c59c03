#include <engram/autograd/error.h>
#include <engram/autograd/state.h>
#include <engram/io/atomic_file.h>
#include <engram/io/state_file.h>

#include "../temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <string>

using namespace engram;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
  AtomicFile file("test", path);
  file.write(text.data(), text.size());
  file.finish();
}

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), {});
}

}  // namespace

TEST_CASE("AtomicFile: what is no regular file is refused and stays") {
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

TEST_CASE("a path with a zero byte is not taken for what stands before it") {
  const TemporaryFolder folder;
  const std::string name = (folder / "a").string();
  const std::string path = name + std::string("\0b", 2);
  const auto text = [&](const char* caller) {
    return fmt::format("{}: the path {} goes on after a zero byte", caller, name);
  };
  write_file(name, "old");
  CHECK_THROWS_WITH_AS(write(path, "new"), text("test").c_str(), Error);
  CHECK_THROWS_WITH_AS(save({}, path), text("save").c_str(), Error);
  CHECK_THROWS_WITH_AS(load(path), text("load").c_str(), Error);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("AtomicFile: a symbolic link stays, what it leads to is written") {
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

TEST_CASE("AtomicFile: symbolic links in a circle") {
  const TemporaryFolder folder;
  const std::string path = (folder / "a").string();
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  CHECK_THROWS_WITH_AS(
      write(path, "new"),
      fmt::format("test: cannot write {}: Too many levels of symbolic links", path).c_str(), Error);
}

TEST_CASE("AtomicFile: what it replaces leaves its mode, a new file has the usual one") {
  const TemporaryFolder folder;
  const auto mode = [](const fs::path& path) { return fs::status(path).permissions(); };
  write_file(folder / "private", "old");
  fs::permissions(folder / "private", fs::perms(0600));
  write(folder / "private", "new");
  CHECK(mode(folder / "private") == fs::perms(0600));
  CHECK(read_file(folder / "private") == "new");
  write_file(folder / "open", "old");
  fs::permissions(folder / "open", fs::perms(0666));
  write(folder / "open", "new");
  CHECK(mode(folder / "open") == fs::perms(0666));

  const mode_t before = ::umask(027);
  write(folder / "first", "new");
  ::umask(before);
  CHECK(mode(folder / "first") == fs::perms(0640));
}

TEST_CASE("AtomicFile: the longest names that there are") {
  const TemporaryFolder folder;
  for (const std::size_t length : {244, 245, 254, 255}) {
    const std::string name(length, 'n');
    write(folder / name, "new");
    CHECK(read_file(folder / name) == "new");
  }
  CHECK(files_in(folder.path()) == 4);
  CHECK_THROWS_AS(write(folder / std::string(256, 'n'), "new"), Error);
}

TEST_CASE("AtomicFile: a constructor that throws leaves nothing behind, and no name comes twice") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(write(folder.path() / "none" / "name", "new"), Error);
  CHECK(files_in(folder.path()) == 0);
  std::set<std::string> names;
  for (int i = 0; i < 3; ++i) {
    AtomicFile file("test", folder / "name");
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      const std::string name = entry.path().filename();
      if (name != "name") names.insert(name);
    }
    file.finish();
  }
  CHECK(names.size() == 3);
}

TEST_CASE("AtomicFile: what a killed process left is swept, what a living one writes is not") {
  const TemporaryFolder folder;
  int told[2];
  REQUIRE(::pipe(told) == 0);
  const auto writer = [&] {  // writes half of the file, and waits
    const pid_t child = ::fork();
    if (child > 0) return child;
    AtomicFile file("test", folder / "name");
    file.write("half", 4);
    if (::write(told[1], "x", 1) == 1) ::pause();
    ::_exit(0);
  };
  char byte;
  const pid_t first = writer(), second = writer();
  REQUIRE(::read(told[0], &byte, 1) == 1);
  REQUIRE(::read(told[0], &byte, 1) == 1);
  ::kill(first, SIGKILL);
  REQUIRE(::waitpid(first, nullptr, 0) == first);
  REQUIRE(files_in(folder.path()) == 2);
  write_file(folder / "name.of another.tmp", "");
  write_file(folder / "name2.1-0.tmp", "");

  write(folder / "name", "new");
  CHECK(read_file(folder / "name") == "new");
  CHECK(files_in(folder.path()) == 4);  // with that of the second
  const std::string living = fmt::format("name.{}-", second);
  CHECK(std::ranges::any_of(fs::directory_iterator(folder.path()), [&](const auto& entry) {
    return entry.path().filename().string().starts_with(living);
  }));

  ::kill(second, SIGKILL);
  REQUIRE(::waitpid(second, nullptr, 0) == second);
  write(folder / "name", "newer");
  CHECK(files_in(folder.path()) == 3);
  ::close(told[0]);
  ::close(told[1]);
}

TEST_CASE("AtomicFile: a name without a folder") {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write("name", "new");
  fs::current_path(before);
  CHECK(read_file(folder / "name") == "new");
  CHECK(files_in(folder.path()) == 1);
}
