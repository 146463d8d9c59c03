#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/kernels/gemv.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>

namespace engram::kernels {
namespace {

/// C (m, n) = A·B on one thread; a block of A and a panel of B are packed into `room`.
template <class T>
void multiply_part(const ProductBlocks<T>& blocks, std::int64_t n, const Operand<T>& a,
                   const Operand<T>& b, bool add, T* c, std::int64_t ldc, T* room) {
  const Tiles<T>& tiles = *blocks.tiles;
  const auto left = [&](std::int64_t top, std::int64_t bottom, std::int64_t p, std::int64_t depth) {
    pack_tiles(tiles, tiles.rows, a, top, bottom, p, depth, room);
    return room;
  };
  const auto right = [&](std::int64_t j, std::int64_t columns, std::int64_t p, std::int64_t depth,
                         std::int64_t width,
                         T* to) { b.pack(tiles, j, columns, p, depth, width, to); };
  multiply(blocks, n, left, right, room + blocks.left_room(), add, c, ldc);
}

constexpr std::int64_t outer_product = 8;  // depth up to which the memory of C is all that counts

/// The threads share the longer side, so that what each packs for itself is the shorter operand. Of
/// an outer product, where nothing is to be packed, they share the rows, and so have in their
/// caches what the next loop over C wants of them.
template <class T>
void multiply_in_tiles(const Tiles<T>& tiles, std::int64_t m, std::int64_t n, std::int64_t k,
                       const Operand<T>& a, const Operand<T>& b, bool add, T* c, std::int64_t ldc) {
  const bool by_columns = n >= m && k > outer_product;
  const std::int64_t size = by_columns ? n : m, unit = by_columns ? tiles.lanes : tiles.rows;
  const std::int64_t units = (size + unit - 1) / unit;
  const std::int64_t parts = parts_of_product(units, m, n, k);

  const ProductBlocks<T> whole{&tiles, m, k};
  const std::int64_t room_of_part = whole.left_room() + whole.right_room();
  const Scratch<T> room(parts * room_of_part);
  parallel_parts(parts, units, [=, &whole, room = room.data()](auto part, auto first, auto last) {
    const std::int64_t begin = first * unit, end = std::min(last * unit, size);
    T* own_room = room + part * room_of_part;
    if (by_columns) {
      multiply_part(whole, end - begin, a, b.starting_at(begin), add, c + begin, ldc, own_room);
    } else {
      multiply_part<T>({whole.tiles, end - begin, k}, n, a.starting_at(begin), b, add,
                       c + begin * ldc, ldc, own_room);
    }
  });
}

}  // namespace

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, bool add, T* c) {
  gemm(transpose_a, transpose_b, m, n, k, a, transpose_a ? m : k, b, transpose_b ? k : n, add, c,
       n);
}

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, std::int64_t lda, const T* b, std::int64_t ldb, bool add, T* c,
          std::int64_t ldc) {
  if (m == 0 || n == 0) return;
  if (k == 0) {  // an empty sum is 0
    for (std::int64_t i = 0; i < m && !add; ++i) std::fill_n(c + i * ldc, n, T{0});
    return;
  }
  if (m == 1 && (!transpose_a || lda == 1)) {  // a is a vector
    return transpose_b ? gemv(n, k, b, ldb, a, add, c) : gemv_transposed(k, n, b, ldb, a, add, c);
  }
  if (n == 1 && (transpose_b || ldb == 1) && ldc == 1) {  // b and c are
    return transpose_a ? gemv_transposed(k, m, a, lda, b, add, c) : gemv(m, k, a, lda, b, add, c);
  }
  const Operand<T> left = transpose_a ? Operand<T>{a, 1, lda} : Operand<T>{a, lda, 1};
  const Operand<T> right = transpose_b ? Operand<T>{b, ldb, 1} : Operand<T>{b, 1, ldb};
  multiply_in_tiles(tiles<T>(), m, n, k, left, right, add, c, ldc);
}

#define INSTANTIATE(T)                                                                             \
  template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const T*, const T*,     \
                     bool, T*);                                                                    \
  template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const T*, std::int64_t, \
                     const T*, std::int64_t, bool, T*, std::int64_t);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace engram::kernels
