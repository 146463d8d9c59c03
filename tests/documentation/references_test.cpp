// What the pages refer to is there: the files of links, sources, scripts and programs.
#include "../temporary_folder.h"
#include "page.h"

#include <doctest/doctest.h>

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
