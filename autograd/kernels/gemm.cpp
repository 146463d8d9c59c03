#include <engram/autograd/kernels/gemm.h>
#include <engram/autograd/kernels/gemv.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/kernels/product.h>

namespace engram::kernels {
namespace {

/// C (m, n) = A·B on one thread; a block of A and a panel of B are packed into `packed`.
template <class T>
void multiply_part(const ProductBlocks<T>& blocks, std::int64_t n, const Operand<T>& a,
                   const Operand<T>& b, bool add, T* c, std::int64_t ldc, T* packed) {
  const Tiles<T>& tiles = *blocks.tiles;
  const auto left = [&](const OperandBlock& block) {
    pack_tiles(tiles, a, block, packed);
    return packed;
  };
  const auto right = [&](const OperandBlock& block, std::int64_t width, T* to) {
    b.pack(tiles, block, width, to);
  };
  multiply(blocks, n, left, right, packed + blocks.left_capacity(), add, c, ldc);
}

constexpr std::int64_t outer_product = 8;  // depth up to which writing C takes most of the time

/// Parallel over the longer side of C, so that the operand packed by every thread is the shorter
/// one. An outer product, whose packing is cheap, is parallel over the rows: so each thread has in
/// its caches its part of C for the next loop over C.
template <class T>
void multiply_in_tiles(const Tiles<T>& tiles, std::int64_t m, std::int64_t n, std::int64_t k,
                       const Operand<T>& a, const Operand<T>& b, bool add, T* c, std::int64_t ldc) {
  const bool by_columns = n >= m && k > outer_product;
  const std::int64_t size = by_columns ? n : m, unit = by_columns ? tiles.lanes : tiles.rows;
  const std::int64_t units = (size + unit - 1) / unit;
  const std::int64_t parts = parts_of_product(units, m, n, k);

  const ProductBlocks<T> whole{&tiles, m, k};
  const std::int64_t part_capacity = whole.left_capacity() + whole.right_capacity();
  const Scratch<T> all_packed(parts * part_capacity);
  parallel_parts(parts, units, [=, &whole, &all_packed](auto part, auto first, auto last) {
    const std::int64_t begin = first * unit, end = std::min(last * unit, size);
    T* packed = all_packed.data() + part * part_capacity;
    if (by_columns) {
      multiply_part(whole, end - begin, a, b.starting_at(begin), add, c + begin, ldc, packed);
    } else {
      multiply_part<T>({whole.tiles, end - begin, k}, n, a.starting_at(begin), b, add,
                       c + begin * ldc, ldc, packed);
    }
  });
}

}  // namespace

template <class T>
void gemm(const MatrixProduct<T>& product) {
  const auto [m, n, k, a, b, c, add] = product;
  // Contiguous rows have the width of the stored matrix as their stride.
  const std::int64_t lda = a.row_stride ? a.row_stride : a.transposed ? m : k;
  const std::int64_t ldb = b.row_stride ? b.row_stride : b.transposed ? k : n;
  const std::int64_t ldc = c.row_stride ? c.row_stride : n;
  if (m == 0 || n == 0) return;
  if (k == 0) {  // an empty sum is 0
    for (std::int64_t i = 0; i < m && !add; ++i) std::fill_n(c.data + i * ldc, n, T{0});
    return;
  }
  if (m == 1 && (!a.transposed || lda == 1)) {  // a is a vector
    const MatrixVector<T> vector{
        b.transposed ? n : k, b.transposed ? k : n, b.data, ldb, a.data, c.data, add};
    return b.transposed ? gemv(vector) : gemv_transposed(vector);
  }
  if (n == 1 && (b.transposed || ldb == 1) && ldc == 1) {  // b and c are vectors
    const MatrixVector<T> vector{
        a.transposed ? k : m, a.transposed ? m : k, a.data, lda, b.data, c.data, add};
    return a.transposed ? gemv_transposed(vector) : gemv(vector);
  }
  const Operand<T> left = a.transposed ? Operand<T>{a.data, 1, lda} : Operand<T>{a.data, lda, 1};
  const Operand<T> right = b.transposed ? Operand<T>{b.data, ldb, 1} : Operand<T>{b.data, 1, ldb};
  multiply_in_tiles(tiles<T>(), m, n, k, left, right, add, c.data, ldc);
}

template void gemm(const MatrixProduct<float>&);
template void gemm(const MatrixProduct<double>&);

}  // namespace engram::kernels
