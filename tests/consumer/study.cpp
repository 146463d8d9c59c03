#include <engram/experiment/experiment.h>

#include <cstdlib>
#include <filesystem>

// Stores a run, and finds it again.
int main() {
  std::filesystem::remove("runs.db");
  engram::experiment::Store store("runs.db");
  store.run("study", {{"seed", 1}}).finish({{"accuracy", 0.5}});
  return store.run("study", {{"seed", 1}}).outcome() ? EXIT_SUCCESS : EXIT_FAILURE;
}
