#include "makers.h"

int main() {
  using namespace bench;
  return serve<make_network_work, make_optimizer_work, make_chain_work, make_kernel_work,
               make_loader_work>("");
}
