#pragma once

#include "common/contestant.h"

// Engram's works, by subject.
namespace bench {

Work make_network_work(std::istringstream& words);    // network.cpp
Work make_optimizer_work(std::istringstream& words);  // optimizer.cpp
Work make_chain_work(std::istringstream& words);      // chain.cpp
Work make_kernel_work(std::istringstream& words);     // kernels.cpp
Work make_loader_work(std::istringstream& words);     // loader.cpp

}  // namespace bench
