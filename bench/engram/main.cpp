#include "makers.h"

int main() { return bench::serve<bench::make_network_work>("Engram"); }
