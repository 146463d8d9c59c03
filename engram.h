#pragma once

#include <engram/autograd/create.h>
#include <engram/autograd/dtype.h>
#include <engram/autograd/error.h>
#include <engram/autograd/memory.h>
#include <engram/autograd/ops/activation.h>
#include <engram/autograd/ops/arithmetic.h>
#include <engram/autograd/ops/compare.h>
#include <engram/autograd/ops/linalg.h>
#include <engram/autograd/ops/math.h>
#include <engram/autograd/ops/reduce.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/autograd/shape.h>
#include <engram/autograd/tape.h>
#include <engram/autograd/tensor.h>
#include <engram/autograd/threads.h>
