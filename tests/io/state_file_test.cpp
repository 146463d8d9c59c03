#include <engram/autograd/create.h>
#include <engram/autograd/error.h>
#include <engram/autograd/state.h>
#include <engram/io/state_file.h>

#include <fmt/format.h>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>

using namespace engram;
namespace fs = std::filesystem;

namespace {

/// A temporary folder for a test case.
struct Folder {
  fs::path path = fs::temp_directory_path() / fmt::format("engram-state-{}", ::getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }
};

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The bytes of a file with this header and `data` bytes of data.
std::string file(const std::string& header, std::size_t data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, '\0');
}

}  // namespace

TEST_CASE("a state read back is the state that was saved") {
  const Folder folder;
  const fs::path path = folder.path / "all.safetensors";
  const StateDict state{{"images", tensor({0, 1, 255}, {3, 1}, u8)},
                        {"fc.weight", tensor({1.5, -2, 0, 1e-40, 3, 4}, {2, 3})},
                        {"steps", full({}, -7, i64)},
                        {"mask", tensor({1, 0, 1}, boolean)},
                        {"nothing", zeros({2, 0, 3})},
                        {"nothing wide", zeros({0, std::int64_t{1} << 53})},
                        {"dépôt \"x\" \\ \n\x7f", tensor({1e-300, 0.1}, f64)}};
  save(state, path);
  const StateDict loaded = load(path);
  REQUIRE(loaded.size() == state.size());
  auto each = loaded.begin();
  for (const auto& [name, value] : state) {
    CHECK(each->name == name);
    CHECK(each->value.dtype() == value.dtype());
    CHECK(each->value.shape() == value.shape());
    CHECK(std::ranges::equal(each->value.bytes(), value.bytes()));
    ++each;
  }
  CHECK(folder.files() == 1);
}

TEST_CASE("an empty state is a file too") {
  const Folder folder;
  save({}, folder.path / "empty");
  const std::string header = R"({"__metadata__":{"format":"engram","version":"2"}})";
  CHECK(read(folder.path / "empty") == file(header + "      ", 0));
  CHECK(load(folder.path / "empty").empty());
}

TEST_CASE("the bytes of a small file") {
  const Folder folder;
  save({{"m", tensor({7}, u8)}, {"b", tensor({0, 1}, boolean)}, {"w", tensor({1}, f64)}},
       folder.path / "small");
  const std::string header = R"({"__metadata__":{"format":"engram","version":"2"},)"
                             R"("m":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},)"
                             R"("b":{"dtype":"BOOL","shape":[2],"data_offsets":[9,11]},)"
                             R"("w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
  const std::string padding((8 - header.size() % 8) % 8, ' ');
  const std::string bytes =
      file(header + padding, 0) + std::string("\0\0\0\0\0\0\xf0\x3f\x07\0\1", 11);
  CHECK(read(folder.path / "small") == bytes);
}

TEST_CASE("what other programs write is read: white space, metadata, escapes, any order") {
  const Folder folder;
  const std::string header =
      " { \"b\\u00e9\\ud83d\\ude00\\/\" :\t{ \"data_offsets\" : [ 4 , 8 ],\n \"shape\":[ ] , "
      "\"dtype\":\"F32\"},\r\"__metadata__\":{\"format\":\"pt\"}, "
      "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]} } ";
  write(folder.path / "f", file(header, 8));
  const StateDict state = load(folder.path / "f");
  REQUIRE(state.size() == 2);
  CHECK(state.begin()->name == "bé😀/");
  CHECK(state["bé😀/"].shape() == Shape{});
  CHECK(state["a"].shape() == Shape{1});
}

TEST_CASE("a file of a later format is refused, one of other programs is not asked") {
  const Folder folder;
  const std::string path = (folder.path / "f").string();
  const auto metadata = [&](const char* format, const char* version) {
    write(path, file(fmt::format(R"({{"__metadata__":{{"format":"{}","version":"{}"}}}})", format,
                                 version),
                     0));
  };
  for (const char* version : {"1", "2"}) {
    metadata("engram", version);
    CHECK(load(path).empty());
  }
  metadata("engram", "3");
  CHECK_THROWS_WITH_AS(
      load(path),
      fmt::format("load: {}, offset 57: the format version is 3, this version of Engram reads 1 to "
                  "2: load the file with the version that wrote it, or a later one",
                  path)
          .c_str(),
      DataError);
  for (const char* version : {"", "0", "-1", "2.0", "two", "99999999999"}) {
    metadata("engram", version);
    CHECK_THROWS_WITH_AS(load(path),
                         fmt::format("load: {}, offset {}: the format version \"{}\" is no number",
                                     path, 56 + std::strlen(version), version)
                             .c_str(),
                         DataError);
    metadata("pt", version);
    CHECK(load(path).empty());
  }
}

TEST_CASE("saving over a file replaces it, failing leaves it as it was") {
  const Folder folder;
  const fs::path path = folder.path / "state";
  save({{"w", ones({1})}}, path);
  save({{"w", ones({2})}}, path);
  CHECK(load(path)["w"].shape() == Shape{2});

  // Simulates a full disk.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  CHECK_THROWS_WITH_AS(save({{"w", ones({1000})}}, path),
                       fmt::format("save: cannot write {}: File too large", path.string()).c_str(),
                       Error);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(load(path)["w"].shape() == Shape{2});
  CHECK(folder.files() == 1);
}

TEST_CASE("what cannot be written is refused and leaves nothing") {
  const Folder folder;
  const fs::path nowhere = folder.path / "none" / "state";
  CHECK_THROWS_WITH_AS(
      save({}, nowhere),
      fmt::format("save: cannot write {}: No such file or directory", nowhere.string()).c_str(),
      Error);
  CHECK_THROWS_WITH_AS(save({{std::string(1025, 'x'), ones({1})}}, folder.path / "s"),
                       "save: a name of 1025 bytes is longer than 1024", Error);
  for (const char* name :
       {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\x80", "\xf4\x90\x80\x80"}) {
    CHECK_THROWS_WITH_AS(save({{name, ones({1})}}, folder.path / "s"), "save: a name is not UTF-8",
                         Error);
  }
  CHECK_THROWS_WITH_AS(save({{"__metadata__", ones({1})}}, folder.path / "s"),
                       "save: the format keeps the name \"__metadata__\" for itself", Error);
  CHECK(folder.files() == 0);
}

TEST_CASE("a header that load would refuse for its size is not written") {
  const Folder folder;
  StateDict state;
  const Tensor shared = ones({1});
  for (int i = 0; i < 50'000; ++i) {  // each quote takes two bytes in the header
    state.add(fmt::format("{:05}", i) + std::string(1019, '"'), shared);
  }
  std::size_t bytes =
      1 + 50'000 + std::strlen(R"({"__metadata__":{"format":"engram","version":"2"})");
  for (std::size_t i = 0; i < 50'000; ++i) {
    bytes += 2 + 5 + 2 * 1019;
    bytes +=
        fmt::format(R"(:{{"dtype":"F32","shape":[1],"data_offsets":[{},{}]}})", 4 * i, 4 * i + 4)
            .size();
  }
  CHECK_THROWS_WITH_AS(
      save(state, folder.path / "s"),
      fmt::format("save: 50000 names and shapes take {} bytes, at most 100000000 are allowed",
                  (bytes + 7) / 8 * 8)
          .c_str(),
      Error);
  CHECK(folder.files() == 0);
}

TEST_CASE("what is no file is refused") {
  const Folder folder;
  const std::string none = (folder.path / "none").string();
  CHECK_THROWS_WITH_AS(load(none),
                       fmt::format("load: cannot read {}: No such file or directory", none).c_str(),
                       DataError);
  CHECK_THROWS_WITH_AS(
      load(folder.path),
      fmt::format("load: cannot read {}: it is no regular file", folder.path.string()).c_str(),
      DataError);
}

TEST_CASE("every kind of broken file gets its own words") {
  const std::string w = R"("w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  const auto with = [](const char* fields) {
    return file(fmt::format("{{\"w\":{{{}}}}}", fields), 8);
  };
  const std::string long_name(1025, 'n');

  const struct {
    std::string bytes;
    std::string message;  // behind the file's name
  } table[] = {
      {"", "offset 0: expected 8 bytes, got 0"},
      {"1234567", "offset 0: expected 8 bytes, got 7"},
      {file("{}", 0).substr(0, 9), "offset 0: a header of 2 bytes is announced, 1 follow"},
      {std::string(8, '\xff'),
       "offset 0: a header of 18446744073709551615 bytes is announced, 0 follow"},
      {file("", 0), "offset 8: expected '{', found the end of the header"},
      {file("[]", 0), "offset 8: expected '{', found '['"},
      {file("{", 0), "offset 9: expected a string, found the end of the header"},
      {file("{}x", 0), "offset 10: expected the end of the header, found 'x'"},
      {file(std::string("{}\0", 3), 0),
       "offset 10: expected the end of the header, found the byte 0x00"},
      {file("{" + w + ",}", 8), "offset 62: expected a string, found '}'"},
      {file("{" + w + w + "}", 8), "offset 61: expected ',' or '}', found '\"'"},
      {file("{" + w, 8), "offset 61: expected ',' or '}', found the end of the header"},
      {file("{w}", 0), "offset 9: expected a string, found 'w'"},
      {file("{\"w}", 0), "offset 12: expected '\"', found the end of the header"},
      {file("{\"w\n\"}", 0), "offset 11: expected '\"', found the byte 0x0a"},
      {file("{\"\\x\"}", 0), "offset 11: expected an escape, found 'x'"},
      {file("{\"\\u00g0\"}", 0), "offset 14: expected a hexadecimal digit, found 'g'"},
      {file("{\"\\ud800\"}", 0), "offset 11: half of a surrogate pair"},
      {file("{\"\\ud800\\u0041\"}", 0), "offset 11: half of a surrogate pair"},
      {file("{\"\\udc00\\ud800\"}", 0), "offset 11: half of a surrogate pair"},
      {file("{\"\xc3(\":1}", 0), "offset 10: the string is not UTF-8"},
      {file("{\"" + long_name + "\":{}}", 0), "offset 9: a name of 1025 bytes is longer than 1024"},
      {file("{\"w\"}", 0), "offset 12: expected ':', found '}'"},
      {file("{\"w\":1}", 0), "offset 13: expected '{', found '1'"},
      {file("{\"w\":{}}", 0), "offset 15: \"w\": \"dtype\" is missing"},
      {file("{\"__metadata__\":{\"a\":{}}}", 0), "offset 29: expected a string, found '{'"},
      {with(R"("dtype":"F32","shape":[2])"), "offset 40: \"w\": \"data_offsets\" is missing"},
      {with(R"("dtype":"F16","shape":[2],"data_offsets":[0,8])"),
       "offset 27: \"w\": the dtype \"F16\" is none of F32, F64, I64, U8, BOOL"},
      {with(R"("dtype":"F32","dtype":"F32")"), "offset 36: \"w\": \"dtype\" is given twice"},
      {with(R"("color":1)"), "offset 22: \"w\": the field \"color\" is unknown"},
      {with(R"("shape":[-1])"), "offset 23: expected a number, found '-'"},
      {with(R"("shape":[1.5])"), "offset 24: expected ',' or ']', found '.'"},
      {with(R"("shape":[1e3])"), "offset 24: expected ',' or ']', found 'e'"},
      {with(R"("shape":[01])"), "offset 23: the number begins with 0"},
      {with(R"("shape":[9223372036854775808])"), "offset 23: the number is too large"},
      {with(R"("shape":[1,1,1,1,1,1,1,1,1])"), "offset 39: more than 8 numbers"},
      {with(R"("shape":[[[[[[[[[[[[[[)"), "offset 23: expected a number, found '['"},
      {with(R"("data_offsets":[0])"), "offset 32: \"w\": data_offsets holds 1 numbers, expected 2"},
      {with(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"),
       "offset 61: \"w\": data_offsets 8 to 0 do not lie within 8 bytes of data"},
      {with(R"("dtype":"F32","shape":[2],"data_offsets":[0,9])"),
       "offset 61: \"w\": data_offsets 0 to 9 do not lie within 8 bytes of data"},
      {with(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"),
       "offset 61: \"w\": data_offsets hold 8 bytes, shape (3,) of f32 needs 12"},
      {with(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"),
       "offset 81: \"w\": a tensor of shape (4294967296, 4294967296) is too large"},
      {with(R"("dtype":"U8","shape":[9223372036854775807,0],"data_offsets":[0,0])"),
       "offset 80: \"w\": a tensor of shape (9223372036854775807, 0) is too large"},
      {with(R"("dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0])"),
       "offset 81: \"w\": a tensor of shape (0, 9223372036854775807) is too large"},
      {file("{" + w + "," + w + "}", 8), "offset 62: \"w\" is named twice"},
      {file("{" + w + R"(,"v":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8),
       "offset 123: \"v\": the data begins at 4, expected 8"},
      {with(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"),
       "offset 62: \"w\": the data begins at 4, expected 0"},
      {file("{" + w + "}", 11), "offset 70: 3 bytes follow the last tensor"},
      {file("{" + w + "}", 7),
       "offset 61: \"w\": data_offsets 0 to 8 do not lie within 7 bytes of data"},
      {file("{}", 1), "offset 10: 1 bytes follow the last tensor"},
      {file(R"({"m":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", 0) + "\1" + '\0' + "\2",
       "offset 65: expected a BOOL of 0 or 1, got 2"},
  };
  const Folder folder;
  const std::string path = (folder.path / "broken").string();
  for (const auto& [bytes, message] : table) {
    write(path, bytes);
    CHECK_THROWS_WITH_AS(load(path), fmt::format("load: {}, {}", path, message).c_str(), DataError);
  }
}

TEST_CASE("a header beyond 100 MB is not read into memory") {
  const Folder folder;
  const fs::path path = folder.path / "sparse";
  write(path,
        std::string("\0\xe1\xf5\x05\1\0\0\0", 8).replace(4, 1, 1, '\0').replace(0, 1, 1, '\1'));
  fs::resize_file(path, 8 + 100'000'001);
  CHECK_THROWS_WITH_AS(
      load(path),
      fmt::format("load: {}, offset 0: a header of 100000001 bytes is announced, at "
                  "most 100000000 are allowed",
                  path.string())
          .c_str(),
      DataError);
}

TEST_CASE("no file cut short or with one byte changed does more than throw DataError") {
  const Folder folder;
  const fs::path path = folder.path / "state";
  save({{"a", tensor({1, 2, 3}, u8)}, {"b.c", tensor({1, 0}, {1, 2}, boolean)}}, path);
  const std::string good = read(path);
  int loaded = 0, refused = 0;
  const auto attempt = [&](const std::string& bytes) {
    write(path, bytes);
    try {
      load(path);
      ++loaded;
    } catch (const DataError&) {
      ++refused;
    }
  };
  for (std::size_t length = 0; length < good.size(); ++length) attempt(good.substr(0, length));
  CHECK(loaded == 0);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char byte : {'\0', '9', '{', '"', '\\', '\xff'}) {
      attempt(std::string(good).replace(at, 1, 1, byte));
    }
  }
  CHECK(loaded + refused == static_cast<int>(7 * good.size()));
  CHECK(refused > static_cast<int>(5 * good.size()));
}
