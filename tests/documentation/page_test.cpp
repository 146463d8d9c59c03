#include "page.h"

#include <doctest/doctest.h>

using namespace engram::test;

TEST_CASE("programs of a page: each with the output that follows it directly") {
  const std::vector<Program> programs = programs_of(R"(# Title

```cpp
int main() {}
```

```text
one
two
```

```sh
make
```

```cpp
int main() {}
```
Words.
```text
not its output
```

```cpp
```)");
  REQUIRE(programs.size() == 3);
  CHECK(programs[0].number == 1);
  CHECK(programs[0].line == 3);
  CHECK(programs[0].output_line == 7);
  CHECK(programs[0].output == "one\ntwo\n");
  CHECK(programs[1].number == 2);
  CHECK(programs[1].line == 16);
  CHECK(programs[1].output_line == 0);
  CHECK(programs[1].output == "");
  CHECK(programs[2].line == 24);
  CHECK(programs_of("").empty());
}

TEST_CASE("what is printed agrees with what is shown") {
  CHECK(agrees("", ""));
  CHECK(agrees("a\nb\n", "a\nb\n"));
  CHECK_FALSE(agrees("a\nb\n", "a\n"));
  CHECK_FALSE(agrees("a\n", "a\nb\n"));
  CHECK_FALSE(agrees("", "a\n"));
  CHECK_FALSE(agrees("a\n", "a \n"));
}

TEST_CASE("… stands for characters of a line, or for lines") {
  CHECK(agrees("took … ms\n", "took 1.5 ms\n"));
  CHECK(agrees("took … ms\n", "took  ms\n"));
  CHECK(agrees("…|…|c\n", "a|b|b|c\n"));
  CHECK_FALSE(agrees("took … ms\n", "took 1.5 s\n"));
  CHECK_FALSE(agrees("took … ms\n", "took\n1.5 ms\n"));
  CHECK_FALSE(agrees("…ab…\n", "a\n"));

  CHECK(agrees("a\n…\nd\n", "a\nb\nc\nd\n"));
  CHECK(agrees("a\n…\nd\n", "a\nd\n"));
  CHECK(agrees("…\n", ""));
  CHECK_FALSE(agrees("a\n…\nd\n", "a\nb\nc\n"));
}

TEST_CASE("the first line that differs") {
  CHECK(first_difference("a\nb\nc\n", "a\nx\nc\n") == 2);
  CHECK(first_difference("a\nb\n", "a\n") == 2);
  CHECK(first_difference("a\n", "a\nb\n") == 2);
  CHECK(first_difference("a\n…\nd\n", "a\nb\nc\n") == 3);
  CHECK(first_difference("", "a\n") == 1);
}
