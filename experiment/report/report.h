#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace engram::experiment {

struct Paragraph {
  std::string text;  ///< `code` and **bold** are understood, nothing else
};
/// The first row is the head; the first column stands left, the others right. A table of texts has
/// all columns left, and is a list on the screen.
struct Table {
  std::vector<std::vector<std::string>> rows;
  bool text = false;
};
struct Picture {
  std::string file;  ///< in the report's folder: PNG or GIF
  std::string says;  ///< alternative text
};

struct Section {
  std::string title;
  std::vector<std::variant<Paragraph, Table, Picture>> blocks;

  void say(std::string text) { blocks.emplace_back(Paragraph{std::move(text)}); }
  void show(Table table) { blocks.emplace_back(std::move(table)); }
  void show(Picture picture) { blocks.emplace_back(std::move(picture)); }
};

struct Report {
  std::string title;
  std::vector<Section> sections;  ///< the first one stands under the report's title alone
};

/// GitHub's Markdown. Pictures that are not in the folder are left out, with a word about it.
std::string to_markdown(const Report& report, const std::filesystem::path& folder);

/// One page that needs no other file: pictures are part of it.
std::string to_html(const Report& report, const std::filesystem::path& folder);

/// For the screen: titles, texts and tables.
std::string to_text(const Report& report);

}  // namespace engram::experiment
