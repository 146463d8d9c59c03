#include <engram/experiment/report/report.h>
#include <engram/experiment/report/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

namespace engram::experiment {
namespace {

namespace fs = std::filesystem;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string escaped(std::string text) {
  text = replaced(std::move(text), "&", "&amp;");
  text = replaced(std::move(text), "<", "&lt;");
  text = replaced(std::move(text), ">", "&gt;");
  return replaced(std::move(text), "\"", "&quot;");
}

/// Replaces the marks in turn by begin and end.
std::string marked(std::string text, std::string_view mark, std::string_view begin,
                   std::string_view end) {
  bool open = false;
  for (std::size_t at = 0; (at = text.find(mark, at)) != text.npos; open = !open) {
    text.replace(at, mark.size(), open ? end : begin);
  }
  return text;
}

std::string inline_html(const std::string& text) {
  return marked(marked(escaped(text), "**", "<b>", "</b>"), "`", "<code>", "</code>");
}

std::string missing(const Picture& picture) {
  return fmt::format("({} could not be drawn: gnuplot is missing or failed.)", picture.file);
}

std::optional<std::string> bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;  // 24 bits
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

std::string markdown(const Table& table) {
  std::string text;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    for (const std::string& cell : table.rows[r]) text += "| " + replaced(cell, "|", "\\|") + " ";
    text += "|\n";
    if (r > 0) continue;
    for (std::size_t i = 0; i < table.rows[0].size(); ++i) {
      text += i == 0 || table.text ? "|---" : "|---:";
    }
    text += "|\n";
  }
  return text + "\n";
}

std::string html(const Table& table) {
  std::string text = table.text ? "<table class=\"text\">\n" : "<table>\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const char* cell = r == 0 ? "th" : "td";
    text += "<tr>";
    for (const std::string& value : table.rows[r]) {
      text += fmt::format("<{0}>{1}</{0}>", cell, inline_html(value));
    }
    text += "</tr>\n";
  }
  return text + "</table>\n";
}

/// Wraps the text at spaces into lines of at most 100 characters, including the indentation.
std::string wrapped(const std::string& text, const std::string& indentation = "") {
  std::string lines, line;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!line.empty() && indentation.size() + width(line) + 1 + width(word) > 100) {
      lines += indentation + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    begin = end + 1;
  }
  return lines + indentation + line + "\n";
}

/// A table of texts as a list: each row as its first cell, with the others indented below.
std::string listed(const Table& table) {
  std::string text;
  for (std::size_t r = 1; r < table.rows.size(); ++r) {
    for (std::size_t i = 0; i < table.rows[r].size(); ++i) {
      text += wrapped(replaced(table.rows[r][i], "**", ""), i == 0 ? "" : "    ");
    }
    text += "\n";
  }
  return text;
}

std::string plain(const Table& table) {
  if (table.text) return listed(table);
  std::vector<std::size_t> widths;
  for (const auto& row : table.rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : table.rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - width(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i == 0 ? row[i] + space : space + row[i]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text + "\n";
}

constexpr const char* stylesheet = R"(
body { max-width: 830px; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; color: #222; }
img { max-width: 100%; }
table { border-collapse: collapse; margin: 1em 0; font-size: 14px; }
th, td { border: 1px solid #ccc; padding: 3px 8px; text-align: right; vertical-align: top; }
th { background: #f4f4f4; }
th:first-child, td:first-child, table.text th, table.text td { text-align: left; }
)";

}  // namespace

std::string to_markdown(const Report& report, const fs::path& folder) {
  std::string text = "# " + report.title + "\n\n";
  for (const Section& section : report.sections) {
    if (&section != &report.sections.front()) text += "## " + section.title + "\n\n";
    for (const auto& block : section.blocks) {
      text +=
          std::visit(Overloaded{[](const Paragraph& p) { return p.text + "\n\n"; },
                                [](const Table& table) { return markdown(table); },
                                [&](const Picture& picture) {
                                  return (fs::exists(folder / picture.file)
                                              ? fmt::format("![{}]({})", picture.says, picture.file)
                                              : missing(picture)) +
                                         "\n\n";
                                }},
                     block);
    }
  }
  return text.substr(0, text.size() - 1);
}

std::string to_html(const Report& report, const fs::path& folder) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n"
      "<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
      escaped(report.title), stylesheet);
  for (const Section& section : report.sections) {
    if (&section != &report.sections.front()) {
      text += fmt::format("<h2>{}</h2>\n", escaped(section.title));
    }
    for (const auto& block : section.blocks) {
      text += std::visit(
          Overloaded{
              [](const Paragraph& p) { return fmt::format("<p>{}</p>\n", inline_html(p.text)); },
              [](const Table& table) { return html(table); },
              [&](const Picture& picture) {
                const auto bytes = bytes_of(folder / picture.file);
                if (!bytes) return fmt::format("<p>{}</p>\n", escaped(missing(picture)));
                return fmt::format("<p><img alt=\"{}\" src=\"data:image/{};base64,{}\"></p>\n",
                                   escaped(picture.says),
                                   picture.file.ends_with(".gif") ? "gif" : "png", base64(*bytes));
              }},
          block);
    }
  }
  return text + "</body>\n</html>\n";
}

std::string to_text(const Report& report) {
  std::string text;
  for (const Section& section : report.sections) {
    const std::string& title = &section == &report.sections.front() ? report.title : section.title;
    text += fmt::format("\n{}\n{:=<{}}\n\n", title, "", width(title));
    for (const auto& block : section.blocks) {
      text += std::visit(
          Overloaded{[](const Paragraph& p) { return wrapped(replaced(p.text, "**", "")) + "\n"; },
                     [](const Table& table) { return plain(table); },
                     [](const Picture&) { return std::string(); }},
          block);
    }
  }
  return text;
}

}  // namespace engram::experiment
