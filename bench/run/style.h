#pragma once

#include <string>

namespace bench {

/// Title and colour of a contestant in the pictures.
struct Style {
  const char* title;
  const char* colour;  ///< of Okabe and Ito
};

/// Other peers share the last style.
inline Style style(const std::string& contestant) {
  if (contestant == "Engram") return {"Engram", "#000000"};
  if (contestant == "floor") return {"hand-written C", "#e69f00"};
  if (contestant == "libtorch") return {"libtorch", "#0072b2"};
  if (contestant == "oneDNN") return {"oneDNN", "#009e73"};
  if (contestant == "limit") return {"the machine's limit", "#999999"};
  if (contestant == "one thread") return {"Engram with one thread", "#56b4e9"};
  if (contestant == "other build") return {"Engram's other build", "#d55e00"};
  return {"Engram's other work", "#cc79a7"};
}

}  // namespace bench
