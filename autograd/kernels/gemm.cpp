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
  const auto left = [&](const OperandBlock& block) {
    pack_tiles(tiles, a, block, room);
    return room;
  };
  const auto right = [&](const OperandBlock& block, std::int64_t width, T* to) {
    b.pack(tiles, block, width, to);
  };
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
void gemm(const MatrixProduct<T>& product) {
  const auto [m, n, k, a, b, c, add] = product;
  // Rows without gaps are as long as the stored matrix is wide.
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
  if (n == 1 && (b.transposed || ldb == 1) && ldc == 1) {  // b and c are
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
