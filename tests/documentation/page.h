#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// The pages of the documentation, as read by the tests: the programs and their output.
namespace engram::test {

/// README.md and docs/*.md, as paths from the root of the sources.
std::vector<std::filesystem::path> pages();

/// A ```cpp block, and the ```text block that follows it with only blank lines between.
struct Program {
  int number;               ///< on its page, from 1
  int line;                 ///< where its ```cpp stands, from 1
  int output_line;          ///< where its ```text stands; 0 if none follows
  std::string output = "";  ///< its output on the page; empty if none follows
};

std::vector<Program> programs_of(std::string_view page);

/// Whether `printed` matches the page. In a line `…` matches any characters, such as a time that
/// differs between runs; a line of `…` alone matches any number of lines.
bool agrees(std::string_view shown, std::string_view printed);

/// The first line of `shown` with which `printed` no longer agrees, from 1.
int first_difference(std::string_view shown, std::string_view printed);

}  // namespace engram::test
