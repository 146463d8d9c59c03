// The references of the pages exist: files of links, sources, scripts and programs.
#include "../temporary_folder.h"
#include "page.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <regex>

using namespace engram::test;
namespace fs = std::filesystem;

namespace {

const fs::path root = ENGRAM_SOURCE_DIR;

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
    found.push_back((*at)[1]);
  }
  return found;
}

std::int64_t lines_of(const fs::path& file) {
  const std::string text = read_file(file);
  return std::ranges::count(text, '\n');
}

/// Lines of the headers and sources in a folder and its subfolders.
std::int64_t lines_below(const fs::path& folder) {
  std::int64_t lines = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    if (entry.is_regular_file()) lines += lines_of(entry.path());
  }
  return lines;
}

/// Checks a stated number of lines, within 10 %.
void check_size(const std::string& what, std::int64_t lines, double said) {
  CHECK_MESSAGE(static_cast<double>(lines) == doctest::Approx(said).epsilon(0.1),
                what << " has " << lines << " lines now: correct README.md and docs/tour.md");
}

}  // namespace

TEST_CASE("links of the documentation lead to files") {
  for (const fs::path& page : pages()) {
    for (const std::string& link :
         matches(read_file(root / page), "\\]\\(([^)#:\\s]+)(?:#[^)\\s]*)?\\)")) {
      CHECK_MESSAGE(fs::exists(root / page.parent_path() / link),
                    page.string() << " links to " << link << ", which is not there");
    }
  }
}

TEST_CASE("sources, scripts and programs that the documentation names are there") {
  for (const fs::path& page : pages()) {
    const std::string text = read_file(root / page);
    for (const std::string& file :
         matches(text,
                 "`((?:autograd|io|nn|optim|data|continual|examples|bench|tests|docs)/[a-z0-9_/]+"
                 "\\.(?:h|cpp|py|json|md))`")) {
      CHECK_MESSAGE(fs::exists(root / file), page.string()
                                                 << " names " << file << ", which is not there");
    }
    for (const std::string& script : matches(text, "(?:^|[ \n`])(scripts/[a-z-]+)")) {
      CHECK_MESSAGE(fs::exists(root / script),
                    page.string() << " calls " << script << ", which is not there");
    }
    for (const std::string& program : matches(text, "build/release/(examples/[a-z_]+)")) {
      const bool exists = fs::exists(root / (program + ".cpp")) || fs::exists(root / program);
      CHECK_MESSAGE(exists, page.string() << " calls " << program << ", which is not there");
    }
  }
}

TEST_CASE("the sizes that README and the tour name") {
  std::int64_t engine = 0;
  for (const std::string name : {"tensor", "tape", "record", "gradients", "saved"}) {
    for (const std::string ending : {".h", ".cpp"}) {
      engine += lines_of(root / "autograd" / (name + ending));  // 0 where there is none
    }
  }
  check_size("tensor and tape", engine, 1200);
  check_size("autograd/ops", lines_below("autograd/ops"), 3200);
  check_size("autograd/kernels", lines_below("autograd/kernels"), 5100);
}
