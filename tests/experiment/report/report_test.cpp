#include <engram/experiment/report/report.h>

#include "../../temporary_folder.h"

#include <doctest/doctest.h>

using namespace engram::experiment;

namespace {

Report report() {
  Section first{"", {}}, second{"1. <Paths> & more", {}};
  first.say("**Six** of `a|b`, 3 < 4.");
  second.show(Table{.rows = {{"name", "value"}, {"a|b", "1"}}});
  second.show(
      Table{.rows = {{"claim", "verdict"}, {"\"It\" is so.", "**confirmed**"}}, .text = true});
  second.show(Picture{"there.png", "A \"picture\""});
  second.show(Picture{"gone.png", "Another"});
  return {"Title & more", {first, second}};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("report: Markdown") {
  const TemporaryFolder folder;
  write_file(folder / "there.png", "abcd");
  CHECK(to_markdown(report(), folder.path()) == R"(# Title & more

**Six** of `a|b`, 3 < 4.

## 1. <Paths> & more

| name | value |
|---|---:|
| a\|b | 1 |

| claim | verdict |
|---|---|
| "It" is so. | **confirmed** |

![A "picture"](there.png)

(gone.png could not be drawn: gnuplot is missing or failed.)
)");
}

TEST_CASE("report: HTML that escapes what it is given and refers to nothing outside") {
  const TemporaryFolder folder;
  write_file(folder / "there.png", "abcd");
  const std::string html = to_html(report(), folder.path());
  CHECK(contains(html, "<title>Title &amp; more</title>"));
  CHECK(contains(html, "<p><b>Six</b> of <code>a|b</code>, 3 &lt; 4.</p>"));
  CHECK(contains(html, "<h2>1. &lt;Paths&gt; &amp; more</h2>"));
  CHECK(contains(html, "<tr><td>&quot;It&quot; is so.</td><td><b>confirmed</b></td></tr>"));
  CHECK(
      contains(html, "<img alt=\"A &quot;picture&quot;\" src=\"data:image/png;base64,YWJjZA==\">"));
  CHECK(contains(html, "gone.png could not be drawn"));
  for (const char* reference : {"http", "<link", "<script", "url(", "src=\"there"}) {
    CAPTURE(reference);
    CHECK_FALSE(contains(html, reference));
  }
}

TEST_CASE("report: base64 of every length") {
  const TemporaryFolder folder;
  const Report one{"", {Section{"", {Picture{"a.gif", ""}}}}};
  for (const auto& [bytes, text] : {std::pair("a", "YQ=="), {"ab", "YWI="}, {"abc", "YWJj"}}) {
    write_file(folder / "a.gif", bytes);
    CHECK(contains(to_html(one, folder.path()), std::string("image/gif;base64,") + text + "\""));
  }
}

TEST_CASE("report: on the screen, columns stand below each other and claims are a list") {
  const std::string text = to_text(report());
  CHECK(contains(text, "\nTitle & more\n============\n\nSix of `a|b`, 3 < 4.\n"));
  CHECK(contains(text, "name  value\na|b       1\n"));
  CHECK(contains(text, "\"It\" is so.\n    confirmed\n"));
  CHECK_FALSE(contains(text, "png"));
}
