#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace engram::experiment {

struct Paragraph {
  std::string text;  ///< Markdown of which only `code` and **bold** are formatted
};
/// The first row is the header; the first column is aligned left, the others right. A table of
/// texts has all columns aligned left, and is a list in `to_text`.
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
  std::vector<Section> sections;  ///< the first one without its own title
};

/// GitHub's Markdown, with a note in the place of a picture that is not in the folder.
std::string to_markdown(const Report& report, const std::filesystem::path& folder);

/// A self-contained page: pictures are embedded.
std::string to_html(const Report& report, const std::filesystem::path& folder);

/// For the terminal: titles, texts and tables.
std::string to_text(const Report& report);

}  // namespace engram::experiment
