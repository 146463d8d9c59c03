#pragma once

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

// The tests of this folder read the sources as text, to check conventions beyond the compiler's.
namespace engram::test {

inline const std::filesystem::path source_root = ENGRAM_SOURCE_DIR;

/// The files in a folder and its subfolders with these endings, as paths from the root.
inline std::vector<std::filesystem::path> source_files(const std::string& folder,
                                                       const std::set<std::string>& endings) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_root / folder)) {
    if (endings.contains(entry.path().extension().string())) {
      files.push_back(std::filesystem::relative(entry.path(), source_root));
    }
  }
  return files;
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(source_root / file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The first group of every match.
inline std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern, std::regex::ECMAScript | std::regex::multiline);
  std::vector<std::string> found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), regex);
       at != std::sregex_iterator(); ++at) {
    found.push_back((*at)[1]);
  }
  return found;
}

}  // namespace engram::test
