#include <engram/experiment/report/published.h>

#include <doctest/doctest.h>

using namespace engram::experiment;

TEST_CASE("PublishedFigure: with its standard error where there is one") {
  CHECK(to_text(PublishedFigure{94.3}) == "94.30");
  CHECK(to_text(PublishedFigure{94.314, 0.108}) == "94.31 ± 0.11");
}
